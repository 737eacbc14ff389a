//! Holds the application's document against the code of one of its functions.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::Path;

use axum::Router;
use axum::body::Body;
use http::{Method, Request, header};
use serde_json::{Map, Value, json};
use tower::ServiceExt as _;

use super::document::About;
use super::operations::Function;
use crate::service::{Baseline, baseline};

/// The file beside the manifest. In a function's folder it describes one that does not describe itself.
const FILE: &str = "openapi.json";

const MANIFEST: &str = "spin.toml";

/// Names the folder into which each function writes its part: `cargo jenny openapi` sets it.
const PARTS: &str = "JENNY_OPENAPI_PARTS";

/// The member of an operation that names its function.
const FUNCTION: &str = "x-function";

/// Compares the application's `openapi.json` with what a function's code says, asks the router for the methods
/// that it really answers to, and looks for layers that its handlers need and do not have. The test that
/// [`function!`](crate::function) makes calls this. A router that is not described is not looked at.
///
/// Where `JENNY_OPENAPI_PARTS` names a folder, the function's part is written there and nothing compared.
///
/// # Panics
///
/// When they differ, with what to do about it.
pub fn verify<F: Function>(function: F, about: About) {
    let Some(operations) = function.operations() else {
        return;
    };
    let own = Path::new(about.folder).join(FILE);
    assert!(
        !own.exists(),
        "{} is not needed: the function describes itself. Delete the file",
        own.display()
    );
    operations.assert_layers();
    let part = operations.document(about);
    futures::executor::block_on(ask_for_methods(&function.into(), &part));
    if let Some(folder) = env::var_os(PARTS) {
        let file = Path::new(&folder).join(format!("{}.json", about.name));
        fs::write(file, part.to_string()).expect("the folder of parts can be written");
        return;
    }
    let mut folders = Path::new(about.folder).ancestors();
    let root = folders
        .find(|folder| folder.join(MANIFEST).is_file())
        .unwrap_or_else(|| panic!("there is no {MANIFEST} above {}", about.folder));
    let text = fs::read_to_string(root.join(FILE)).unwrap_or_default();
    let document = serde_json::from_str(&text).unwrap_or_default();
    if let Some(place) = difference(about.name, &document, &part) {
        panic!(
            "{FILE} is not what the code of {} says: {place}.\nIf the code is right, write the file anew and \
             look at its difference:\n\n    cargo jenny openapi\n",
            about.name
        );
    }
}

/// The first difference between the application's document and a function's part of it.
fn difference(function: &str, document: &Value, part: &Value) -> Option<String> {
    let (document, part) = (comparable(document), comparable(part));
    let mut own = Map::new();
    for (path, item) in members(&document["paths"]) {
        let is_own = |operation: &Value| operation[FUNCTION] == function;
        let operations = members(item).filter(|(_, operation)| is_own(operation));
        let operations: Map<String, Value> = operations
            .map(|(method, operation)| {
                let mut operation = operation.clone();
                operation
                    .as_object_mut()
                    .map(|members| members.remove(FUNCTION));
                (method.clone(), operation)
            })
            .collect();
        if !operations.is_empty() {
            own.insert(path.clone(), operations.into());
        }
    }
    if let Some(place) = place(&Value::Object(own), &part["paths"]) {
        return Some(format!("paths {place}"));
    }
    members(&part["components"]).find_map(|(section, components)| {
        members(components).find_map(|(name, component)| {
            let known = &document["components"][section][name];
            let rest = place(known, component)?;
            Some(
                format!("components {section} {name} {rest}")
                    .trim_end()
                    .to_owned(),
            )
        })
    })
}

/// Without the recorded examples: code does not say what a running service answers.
fn comparable(document: &Value) -> Value {
    let mut document = document.clone();
    if !document.is_object() {
        return Value::Null;
    }
    let paths = document["paths"].as_object_mut();
    let items = paths.into_iter().flat_map(Map::values_mut);
    for operation in items
        .filter_map(Value::as_object_mut)
        .flat_map(Map::values_mut)
    {
        if let Some(body) = operation.get_mut("requestBody") {
            without_example(body);
        }
        let responses = operation
            .get_mut("responses")
            .and_then(Value::as_object_mut);
        for response in responses.into_iter().flat_map(Map::values_mut) {
            without_example(response);
        }
    }
    let responses = document["components"]["responses"].as_object_mut();
    for response in responses.into_iter().flat_map(Map::values_mut) {
        let examples = response.pointer_mut("/content/application~1problem+json/examples");
        let examples = examples.and_then(Value::as_object_mut);
        for example in examples.into_iter().flat_map(Map::values_mut) {
            *example = json!(example["summary"]);
        }
    }
    document
}

fn without_example(of: &mut Value) {
    let content = of.pointer_mut("/content/application~1json");
    if let Some(content) = content.and_then(Value::as_object_mut) {
        content.remove("example");
    }
}

/// The names that lead to the first member that differs: `schemas Tag properties name`.
fn place(old: &Value, new: &Value) -> Option<String> {
    if old == new {
        return None;
    }
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
    Some(names.join(" "))
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// Each path of the document is asked what it answers to, which is what is described.
async fn ask_for_methods(router: &Router, document: &Value) {
    let service = baseline(router.clone(), Baseline::default());
    for (path, item) in members(&document["paths"]) {
        let described: BTreeSet<String> = members(item)
            .map(|(method, _)| method.to_uppercase())
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
    use super::*;

    /// What `tags` says of itself.
    fn part(member: &str) -> Value {
        json!({
            "paths": { "/tags": { "get": { "operationId": "GetTags", "responses": {
                "200": { "content": { "application/json": { "schema": {} } } },
            } } } },
            "components": { "schemas": { "Tag": { "properties": { member: {}, "name": {} } } } },
        })
    }

    /// The application's document, with another function's operation and a recorded example.
    fn document() -> Value {
        let mut document = part("label");
        let get = &mut document["paths"]["/tags"]["get"];
        get[FUNCTION] = "tags".into();
        get["responses"]["200"]["content"]["application/json"]["example"] = json!({ "tags": [] });
        document["paths"]["/labels"] = json!({ "get": { FUNCTION: "labels" } });
        document["components"]["schemas"]["Label"] = json!({});
        document
    }

    #[test]
    fn a_part_is_compared_with_what_is_its_functions() {
        assert_eq!(difference("tags", &document(), &part("label")), None);
        for (change, expected) in [
            (part("title"), "components schemas Tag properties label"),
            (json!({ "paths": {} }), "paths /tags"),
        ] {
            let found = difference("tags", &document(), &change);
            assert_eq!(found.as_deref(), Some(expected));
        }
        for (pointer, value, expected) in [
            (
                "/paths/~1tags/get/operationId",
                json!("GetLabels"),
                "paths /tags get operationId",
            ),
            ("/paths", json!({}), "paths /tags"),
            ("/components/schemas", json!({}), "components schemas Tag"),
        ] {
            let mut document = document();
            *document.pointer_mut(pointer).expect("is there") = value;
            let found = difference("tags", &document, &part("label"));
            assert_eq!(found.as_deref(), Some(expected));
        }
        assert!(difference("tags", &Value::Null, &part("label")).is_some());
    }

    #[test]
    fn what_a_function_no_longer_describes_is_found() {
        let mut document = document();
        document["paths"]["/tags/{tag}"] = json!({ "get": { FUNCTION: "tags" } });
        let found = difference("tags", &document, &part("label"));
        assert_eq!(found.as_deref(), Some("paths /tags/{tag}"));
    }
}
