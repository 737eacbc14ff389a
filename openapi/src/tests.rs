use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::*;

const MANIFEST: &str = r#"
[application]
name = "shop"
version = "1.2.3"
description = "Sells"

[[trigger.http]]
route = "/hats"
component = "hats"

[[trigger.http]]
route = "/hats/:size"
component = "hats"

[[trigger.http]]
route = "/shoes"
component = "shoes"
"#;

fn document(paths: &[&str], schema: &Value) -> Value {
    let paths = paths
        .iter()
        .map(|path| ((*path).to_owned(), json!({ "get": {} })));
    json!({
        "info": { "license": { "name": "MIT" } },
        "paths": Value::Object(paths.collect()),
        "components": { "schemas": { "Price": schema } },
        "tags": [{ "name": "Wares", "description": "What is sold." }],
    })
}

/// Merges what lies in a folder of these files.
fn merged(files: &[(&str, Value)]) -> Merged {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("spin.toml"), MANIFEST).expect("is written");
    for (function, document) in files {
        let path = folder.path().join(fragment(function));
        fs::create_dir_all(path.parent().expect("a folder")).expect("is made");
        fs::write(path, document.to_string()).expect("is written");
    }
    merge(&folder.path().join("spin.toml")).expect("is merged")
}

#[test]
fn documents_that_go_together_are_one() {
    let price = json!({ "type": "integer" });
    let merged = merged(&[
        ("hats", document(&["/hats", "/hats/{size}"], &price)),
        ("shoes", document(&["/shoes"], &price)),
        ("elsewhere", document(&["/elsewhere"], &json!({}))),
    ]);
    assert!(merged.faults.is_empty(), "{:?}", merged.faults);
    let paths = merged.document["paths"].as_object().expect("paths");
    assert_eq!(
        paths.keys().collect::<Vec<_>>(),
        ["/hats", "/hats/{size}", "/shoes"]
    );
    assert_eq!(merged.document["components"]["schemas"]["Price"], price);
    assert_eq!(merged.document["tags"].as_array().map(Vec::len), Some(1));
    assert_eq!(merged.document["info"]["title"], "shop");
    assert_eq!(merged.document["info"]["version"], "1.2.3");
}

#[test]
fn a_function_without_a_document_is_named() {
    let hats = document(&["/hats", "/hats/{size}"], &json!({}));
    let merged = merged(&[("hats", hats)]);
    assert_eq!(merged.faults, ["shoes is missing: it has no openapi.json."]);
}

#[test]
fn routes_that_the_manifest_and_a_document_do_not_agree_on_are_named() {
    let merged = merged(&[
        ("hats", document(&["/hats", "/caps"], &json!({}))),
        ("shoes", document(&["/shoes"], &json!({}))),
    ]);
    let faults = [
        "hats does not describe /hats/{size}, which spin.toml gives to it.",
        "hats describes /caps, which spin.toml does not give to it.",
    ];
    assert_eq!(merged.faults, faults);
}

#[test]
fn one_name_for_two_things_is_a_fault() {
    let merged = merged(&[
        (
            "hats",
            document(&["/hats", "/hats/{size}"], &json!({ "type": "integer" })),
        ),
        ("shoes", document(&["/shoes"], &json!({ "type": "string" }))),
    ]);
    let fault = "shoes and another function mean different things by components schemas Price.";
    assert_eq!(merged.faults, [fault]);
}

#[test]
fn what_cannot_be_read_is_an_error_that_names_the_file() {
    let error = merge(Path::new("nowhere/spin.toml")).expect_err("is not there");
    assert_eq!(error.to_string(), "nowhere/spin.toml cannot be read");

    let folder = tempfile::tempdir().expect("a folder");
    let manifest = folder.path().join("spin.toml");
    for (text, why) in [
        ("[[[", "is no manifest"),
        ("[application]", "[[trigger.http]]"),
    ] {
        fs::write(&manifest, text).expect("is written");
        let error = merge(&manifest).expect_err("is no manifest").to_string();
        assert!(
            error.contains("spin.toml is no") && error.contains(why),
            "{error}"
        );
    }

    fs::write(&manifest, MANIFEST).expect("is written");
    let path = folder.path().join(fragment("hats"));
    fs::create_dir_all(path.parent().expect("a folder")).expect("is made");
    fs::write(&path, "{").expect("is written");
    let error = merge(&manifest).expect_err("is no JSON");
    assert!(
        error.to_string().ends_with("openapi.json is no JSON"),
        "{error}"
    );
}
