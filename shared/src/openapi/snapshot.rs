//! Holds a function's checked-in document against its code.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::Path;

use axum::Router;
use axum::body::Body;
use http::{Method, Request, header};
use serde_json::Value;
use tower::ServiceExt as _;

use super::document::About;
use super::operations::Function;
use crate::service::{Baseline, baseline};

/// The file in the function's folder.
const FILE: &str = "openapi.json";

/// The variable that has the file written rather than compared.
const UPDATE: &str = "UPDATE_OPENAPI";

/// The member in which a test of the component keeps what the service answered (`jenny_test::Examples`).
const EXAMPLES: &str = "x-examples";

/// Compares a function's `openapi.json` with what its code says, or writes it where `UPDATE_OPENAPI` is
/// set, and asks the router for the methods that it really answers to. The test that
/// [`function!`](crate::function) makes calls this.
///
/// # Panics
///
/// When they differ, with what to do about it.
pub fn verify<F: Function>(function: F, about: About) {
    let file = Path::new(about.folder).join(FILE);
    let Some(operations) = function.operations() else {
        assert!(
            !file.exists(),
            "{FILE} describes a router without operations: make it with `operations!`, or delete the file"
        );
        return;
    };
    let checked_in = fs::read_to_string(&file).unwrap_or_default();
    let mut document = operations.document(about);
    keep_examples(&mut document, &checked_in);
    let mut text = serde_json::to_string_pretty(&document).expect("a document is JSON");
    text.push('\n');
    futures::executor::block_on(ask_for_methods(&function.into(), &document));
    if env::var_os(UPDATE).is_some() {
        fs::write(&file, text).expect("the function's folder can be written");
        return;
    }
    if let Some(difference) = difference(about.name, &checked_in, &text) {
        panic!("{difference}");
    }
}

/// Takes over the recorded answers from the checked-in document, but for those of operations that are
/// there no more: code does not say what a running service answers.
fn keep_examples(document: &mut Value, checked_in: &str) {
    let checked_in: Value = serde_json::from_str(checked_in).unwrap_or_default();
    let Some(examples) = checked_in[EXAMPLES].as_object() else {
        return;
    };
    let items = document["paths"].as_object().into_iter().flatten();
    let operations = items.flat_map(|(_, item)| item.as_object().into_iter().flatten());
    let ids: BTreeSet<&str> = operations
        .filter_map(|(_, operation)| operation["operationId"].as_str())
        .collect();
    let mut kept = examples.clone();
    kept.retain(|id, _| ids.contains(id.as_str()));
    if !kept.is_empty() {
        document[EXAMPLES] = Value::Object(kept);
    }
}

/// What differs first, and what to do about it.
fn difference(function: &str, checked_in: &str, text: &str) -> Option<String> {
    let (line, (old, new)) = first_difference(checked_in, text)?;
    let parsed = [checked_in, text].map(|text| serde_json::from_str::<Value>(text).ok());
    let place = match parsed {
        [Some(old), Some(new)] => format!(" of {}", place(&old, &new)),
        _ => String::new(),
    };
    Some(format!(
        "functions/{function}/{FILE} is not what the code says{place}, from line {line} on:\n\
         - {old}\n+ {new}\n\
         If the code is right, write the file and look at its difference:\n\n    \
         {UPDATE}=1 cargo test --workspace --lib openapi_json\n\n\
         Then `cargo jenny openapi` merges it into the application's document.\n"
    ))
}

/// The names that lead to the first member that differs: `components schemas Tag properties name`.
fn place(old: &Value, new: &Value) -> String {
    let mut names: Vec<&str> = Vec::new();
    let (mut old, mut new) = (old, new);
    while let (Value::Object(of_old), Value::Object(of_new)) = (old, new) {
        let all: BTreeSet<&String> = of_old.keys().chain(of_new.keys()).collect();
        let mut differing = all.into_iter();
        let Some(name) = differing.find(|name| of_old.get(*name) != of_new.get(*name)) else {
            break;
        };
        names.push(name);
        (old, new) = (&old[name], &new[name]);
    }
    names.join(" ")
}

fn first_difference<'a>(old: &'a str, new: &'a str) -> Option<(usize, (&'a str, &'a str))> {
    if old == new {
        return None;
    }
    let lines = old.lines().count().max(new.lines().count());
    let line = |text: &'a str, index| text.lines().nth(index).unwrap_or("(the end)");
    let differing = (0..lines).map(|index| (index + 1, (line(old, index), line(new, index))));
    differing.into_iter().find(|(_, (old, new))| old != new)
}

/// Each path of the document is asked what it answers to, which is what is described.
async fn ask_for_methods(router: &Router, document: &Value) {
    let service = baseline(router.clone(), Baseline::default());
    for (path, item) in document["paths"].as_object().expect("an object of paths") {
        let described: BTreeSet<String> = item
            .as_object()
            .expect("an object of operations")
            .keys()
            .map(|method| method.to_uppercase())
            .filter(|method| method != "OPTIONS")
            .collect();
        let path = path.replace(['{', '}'], "");
        let request = Request::builder().method(Method::OPTIONS).uri(&path);
        let request = request.body(Body::empty()).expect("a request");
        let response = service
            .clone()
            .oneshot(request)
            .await
            .expect("routers are infallible");
        let allow = response.headers().get(header::ALLOW);
        let allow = allow
            .and_then(|allow| allow.to_str().ok())
            .unwrap_or_default();
        let answered: BTreeSet<String> = allow
            .split(',')
            .map(|method| method.trim().to_owned())
            .collect();
        assert_eq!(
            answered, described,
            "the methods that {path} answers to, and those described"
        );
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_change_is_told_by_the_name_of_what_changed() {
        let document = |member: &str| {
            let properties = json!({ member: { "type": "string" }, "name": {} });
            json!({ "components": { "schemas": { "Tag": { "properties": properties } } } })
        };
        let text = |document: &Value| serde_json::to_string_pretty(document).expect("is JSON");
        let (old, new) = (text(&document("label")), text(&document("title")));

        assert_eq!(difference("tags", &old, &old), None);
        let told = difference("tags", &old, &new).expect("they differ");
        for part in [
            "functions/tags/openapi.json is not what the code says of components schemas Tag properties label,",
            "from line 6 on",
            "UPDATE_OPENAPI=1 cargo test",
        ] {
            assert!(told.contains(part), "{told}");
        }
        for checked_in in ["", "no JSON"] {
            let told = difference("tags", checked_in, &new).expect("they differ");
            assert!(
                told.contains("is not what the code says, from line 1 on"),
                "{told}"
            );
        }
    }

    #[test]
    fn recorded_answers_stay_with_their_operations() {
        let code = || json!({ "paths": { "/tags": { "get": { "operationId": "GetTags" } } } });
        let recorded = json!({ "200": { "tags": [] } });
        for (checked_in, expected) in [
            (
                json!({ "x-examples": { "GetTags": recorded } }),
                json!({ "GetTags": recorded }),
            ),
            (
                json!({ "x-examples": { "GetTags": recorded, "GetLabels": recorded } }),
                json!({ "GetTags": recorded }),
            ),
            (
                json!({ "x-examples": { "GetLabels": recorded } }),
                Value::Null,
            ),
            (json!({}), Value::Null),
        ] {
            let mut document = code();
            keep_examples(&mut document, &checked_in.to_string());
            assert_eq!(document["x-examples"], expected, "{checked_in}");
        }
        let mut document = code();
        keep_examples(&mut document, "no JSON");
        assert_eq!(document, code());
    }
}
