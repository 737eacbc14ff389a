//! The application's document has what is written by hand for functions that do not describe themselves.
//!
//! Of those that do, a test of each holds the document against its code.

use serde_json::Value;

use crate::check::finding::Report;
use crate::check::project::Project;
use crate::openapi;

pub(super) fn check(project: &Project) -> Vec<Report> {
    let document = match project.read(openapi::FILE).map(|text| parsed(&text)) {
        Some(None) => {
            let message = "it is no JSON: restore it, and run `cargo jenny openapi`";
            return vec![Report::at(openapi::FILE, message.to_owned())];
        }
        Some(Some(document)) => document,
        None => Value::Null,
    };
    let functions = project.functions().iter();
    let functions = functions.filter(|name| project.component(name).is_some());
    functions
        .filter_map(|name| {
            let file = format!("functions/{name}/{}", openapi::FILE);
            let text = project.read(&file)?;
            let Some(by_hand) = parsed(&text) else {
                return Some(Report::at(&file, "it is no JSON".to_owned()));
            };
            let paths = by_hand["paths"].as_object().into_iter().flatten();
            let is_there = |(path, item): (&String, &Value)| {
                let methods = item.as_object().into_iter().flatten();
                let known = &document["paths"][path];
                methods.into_iter().all(|(method, operation)| {
                    known[method][jenny_openapi::FUNCTION] == **name
                        && without_additions(&known[method]) == without_additions(operation)
                })
            };
            (!paths.into_iter().all(is_there)).then(|| {
                let message = format!("{file} is not in it: run `cargo jenny openapi`");
                Report::at(openapi::FILE, message)
            })
        })
        .collect()
}

/// Without what merging and recording add.
fn without_additions(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members
                .iter()
                .filter(|(name, _)| *name != jenny_openapi::FUNCTION && *name != "example");
            members
                .map(|(name, member)| (name.clone(), without_additions(member)))
                .collect()
        }
        Value::Array(items) => items.iter().map(without_additions).collect(),
        value => value.clone(),
    }
}

fn parsed(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::fixture::{Fixture, messages};

    const BY_HAND: &str = r#"{ "paths": { "/hello": { "get": {} } } }"#;
    const WITH_IT: &str = r#"{ "paths": { "/hello": { "get": { "x-function": "hello" } } } }"#;

    #[test]
    fn an_application_without_documents_is_in_order() {
        assert!(check(&Fixture::new().load()).is_empty());
    }

    #[test]
    fn what_is_written_by_hand_and_not_merged_is_found() {
        let by_hand = || Fixture::new().with("functions/hello/openapi.json", BY_HAND);
        for fixture in [by_hand(), by_hand().with("openapi.json", "{}")] {
            let found = messages(check(&fixture.load()));
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].contains("run `cargo jenny openapi`"), "{found:?}");
        }
        assert!(check(&by_hand().with("openapi.json", WITH_IT).load()).is_empty());
    }

    #[test]
    fn what_is_no_json_is_found() {
        for file in ["openapi.json", "functions/hello/openapi.json"] {
            let found = messages(check(&Fixture::new().with(file, "{").load()));
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with(file), "{found:?}");
        }
    }
}
