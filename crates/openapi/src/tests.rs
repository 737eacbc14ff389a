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
    let fault = "shoes is missing: there is no functions/shoes/openapi.json.";
    assert_eq!(merged.faults, [fault]);
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

/// A function that answers one path, with problems that it shares, and what it has recorded.
fn recording(path: &str, id: &str, recorded: &Value) -> Value {
    let not_found = json!({ "content": { "application/problem+json": {
        "examples": { "not-found": { "summary": "Not found", "value": "as rendered" } },
    } } });
    json!({
        "info": { "license": { "name": "MIT" } },
        "paths": { path: { "post": {
            "operationId": id,
            "requestBody": { "content": { "application/json": { "schema": {} } } },
            "responses": {
                "201": { "content": { "application/json": { "schema": {} } } },
                "404": { "$ref": "#/components/responses/NotFound" },
            },
        } } },
        "components": { "responses": { "NotFound": not_found } },
        "x-examples": { id: recorded },
    })
}

fn hats_of_all_sizes() -> Value {
    document(&["/hats", "/hats/{size}"], &json!({}))
}

#[test]
fn recorded_answers_are_shown_where_they_are_described() {
    let recorded = json!({ "request": "asked", "201": "answered", "not-found": "refused" });
    let merged = merged(&[
        ("hats", hats_of_all_sizes()),
        ("shoes", recording("/shoes", "CreateShoes", &recorded)),
    ]);

    assert!(merged.faults.is_empty(), "{:?}", merged.faults);
    let operation = &merged.document["paths"]["/shoes"]["post"];
    let shown = |value: &Value| value["content"]["application/json"]["example"].clone();
    assert_eq!(shown(&operation["requestBody"]), "asked");
    assert_eq!(shown(&operation["responses"]["201"]), "answered");
    let pointer =
        "/components/responses/NotFound/content/application~1problem+json/examples/not-found";
    let problem = json!({ "summary": "Not found", "value": "refused" });
    assert_eq!(merged.document.pointer(pointer), Some(&problem));
    assert_eq!(merged.document.get("x-examples"), None);
}

#[test]
fn a_problem_is_shown_as_the_first_function_of_the_manifest_recorded_it() {
    let manifest = MANIFEST.replace(
        "[[trigger.http]]\nroute = \"/hats/:size\"\ncomponent = \"hats\"\n",
        "",
    );
    let (before, after) = manifest.split_once("[[trigger").expect("has routes");
    let capes = "[[trigger.http]]\nroute = \"/capes\"\ncomponent = \"capes\"\n";
    let of = |function: &str| {
        let recorded = json!({ "not-found": function });
        (
            format!("/{function}"),
            format!("Create-{function}"),
            recorded,
        )
    };
    // A function more changes nothing, whatever it is called, if it comes later.
    for (manifest, expected) in [
        (manifest.clone(), "hats"),
        (format!("{manifest}{capes}"), "hats"),
        (format!("{before}{capes}[[trigger{after}"), "capes"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("spin.toml"), manifest).expect("is written");
        for function in ["capes", "hats", "shoes"] {
            let (path, id, recorded) = of(function);
            let file = folder.path().join(fragment(function));
            fs::create_dir_all(file.parent().expect("a folder")).expect("is made");
            fs::write(file, recording(&path, &id, &recorded).to_string()).expect("is written");
        }
        let merged = merge(&folder.path().join("spin.toml")).expect("is merged");
        assert!(merged.faults.is_empty(), "{:?}", merged.faults);
        let content = &merged.document["components"]["responses"]["NotFound"]["content"];
        let examples = &content["application/problem+json"]["examples"];
        assert_eq!(examples["not-found"]["value"], expected);
    }
}

#[test]
fn an_example_of_what_is_not_described_is_a_fault() {
    for (id, name) in [
        ("CreateShoes", "200"),
        ("CreateShoes", "gone"),
        ("CreateBoots", "201"),
    ] {
        let mut shoes = recording("/shoes", "CreateShoes", &json!({}));
        shoes["x-examples"] = json!({ id: { name: "recorded" } });
        let merged = merged(&[("hats", hats_of_all_sizes()), ("shoes", shoes)]);
        let [fault] = &merged.faults[..] else {
            panic!("{:?}", merged.faults);
        };
        assert!(
            fault.contains(id) && fault.contains("which it does not describe"),
            "{fault}"
        );
    }
}

#[test]
fn the_guide_says_what_is_true_of_this_application() {
    let shoes = recording("/shoes", "CreateShoes", &json!({}));
    let guide = |shoes: Value| {
        let merged = merged(&[("hats", hats_of_all_sizes()), ("shoes", shoes)]);
        let text = merged.document["info"]["description"].as_str();
        text.expect("there is one").to_owned()
    };
    assert!(guide(shoes.clone()).contains("no answer has the status 429"));

    let mut limited = shoes;
    limited["paths"]["/shoes"]["post"]["responses"]["429"] = json!({});
    assert!(!guide(limited).contains("429"));
}

#[test]
fn what_an_application_says_of_itself_comes_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = folder.path().join("spin.toml");
    let own = folder.path().join(GUIDE);
    fs::create_dir_all(own.parent().expect("a folder")).expect("is made");
    fs::write(own, "Try the hats on.\n").expect("is written");
    fs::write(&manifest, MANIFEST).expect("is written");

    let merged = merge(&manifest).expect("is merged");

    let text = merged.document["info"]["description"].as_str();
    let text = text.expect("there is one");
    assert!(text.starts_with("Try the hats on.\n\n**Errors**"), "{text}");
}
