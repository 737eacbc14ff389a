//! Real answers, which a test of the component records in the application's document (`jenny_test::Examples`).
//!
//! They outlive the document that they stand in: code does not say what a running service answers.

use serde_json::{Map, Value};

use crate::merged::members;

/// The member of a problem's example that names the operation which was answered so. Functions share the
/// description of a problem, and one of them shows it.
const OPERATION: &str = "x-operation";

/// Takes over the examples of the document that was there before, as far as what they are examples of still
/// is.
pub(crate) fn keep(document: &mut Value, before: &Value) {
    for (path, item) in members(&before["paths"]) {
        for (method, old) in members(item) {
            let Some(new) = member(&mut document["paths"], &[path, method]) else {
                continue;
            };
            keep_of(new.get_mut("requestBody"), &old["requestBody"]);
            for (status, response) in members(&old["responses"]) {
                keep_of(member(new, &["responses", status]), response);
            }
        }
    }
    let ids = ids(document);
    for (name, response) in members(&before["components"]["responses"]) {
        let old = &response["content"]["application/problem+json"]["examples"];
        for (slug, example) in members(old) {
            let owner = example[OPERATION].as_str().unwrap_or_default();
            let path = [
                "components",
                "responses",
                name,
                "content",
                "application/problem+json",
                "examples",
                slug,
            ];
            if ids.iter().any(|id| id == owner)
                && let Some(new) = member(document, &path)
            {
                *new = example.clone();
            }
        }
    }
}

fn keep_of(new: Option<&mut Value>, old: &Value) {
    let example = &old["content"]["application/json"]["example"];
    let content = new.and_then(|new| member(new, &["content", "application/json"]));
    if let Some(content) = content
        && !example.is_null()
    {
        content["example"] = example.clone();
    }
}

fn member<'v>(value: &'v mut Value, path: &[&str]) -> Option<&'v mut Value> {
    path.iter()
        .try_fold(value, |value, name| value.get_mut(*name))
}

fn ids(document: &Value) -> Vec<String> {
    let items = members(&document["paths"]).filter_map(|(_, item)| item.as_object());
    let operations = items.flat_map(Map::values);
    operations
        .filter_map(|operation| Some(operation["operationId"].as_str()?.to_owned()))
        .collect()
}
