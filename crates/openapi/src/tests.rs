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

/// Merges these parts, in a folder of their own.
fn merged(parts: &[(&str, Value)]) -> Merged {
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = folder.path().join("spin.toml");
    fs::write(&manifest, MANIFEST).expect("is written");
    merge(&manifest, &named(parts)).expect("is merged")
}

fn named(parts: &[(&str, Value)]) -> BTreeMap<String, Value> {
    let parts = parts.iter();
    parts
        .map(|(function, part)| ((*function).to_owned(), part.clone()))
        .collect()
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
fn a_function_that_does_not_describe_itself_may_be_described_by_hand() {
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = folder.path().join("spin.toml");
    fs::write(&manifest, MANIFEST).expect("is written");
    let parts = named(&[("hats", document(&["/hats", "/hats/{size}"], &json!({})))]);
    let paths = || {
        let merged = merge(&manifest, &parts).expect("is merged");
        assert!(merged.faults.is_empty(), "{:?}", merged.faults);
        let paths = merged.document["paths"].as_object().expect("paths").clone();
        fs::write(folder.path().join(FILE), merged.document.to_string()).expect("is written");
        let (_, missing) = served(&manifest).expect("is served");
        (paths, missing)
    };

    let (without, missing) = paths();
    assert_eq!(without.len(), 2);
    assert_eq!(missing, ["/shoes, of shoes"]);

    let file = folder.path().join(by_hand("shoes"));
    fs::create_dir_all(file.parent().expect("a folder")).expect("is made");
    fs::write(file, document(&["/shoes"], &json!({})).to_string()).expect("is written");
    let (with, missing) = paths();
    assert_eq!(with["/shoes"]["get"][FUNCTION], "shoes");
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn below_a_wildcard_a_function_describes_what_it_likes() {
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = folder.path().join("spin.toml");
    let text = MANIFEST.replace("\"/shoes\"", "\"/shoes/...\"");
    fs::write(&manifest, text).expect("is written");
    let shoes = document(&["/shoes/new", "/shoes/{size}"], &json!({}));
    let merged = merge(&manifest, &named(&[("shoes", shoes)])).expect("is merged");
    assert!(merged.faults.is_empty(), "{:?}", merged.faults);
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
    let parts = BTreeMap::new();
    let error = merge(Path::new("nowhere/spin.toml"), &parts).expect_err("is not there");
    assert_eq!(error.to_string(), "nowhere/spin.toml cannot be read");

    let folder = tempfile::tempdir().expect("a folder");
    let manifest = folder.path().join("spin.toml");
    for (text, why) in [
        ("[[[", "is no manifest"),
        ("[application]", "[[trigger.http]]"),
    ] {
        fs::write(&manifest, text).expect("is written");
        let error = merge(&manifest, &parts)
            .expect_err("is no manifest")
            .to_string();
        assert!(
            error.contains("spin.toml is no") && error.contains(why),
            "{error}"
        );
    }

    fs::write(&manifest, MANIFEST).expect("is written");
    fs::write(folder.path().join(FILE), "{").expect("is written");
    let error = merge(&manifest, &parts).expect_err("is no JSON");
    assert!(
        error.to_string().ends_with("openapi.json is no JSON"),
        "{error}"
    );
}

/// A function that answers one path, with a problem that it shares.
fn shoes() -> Value {
    let not_found = json!({ "content": { "application/problem+json": {
        "examples": { "not-found": { "summary": "Not found", "value": "as rendered" } },
    } } });
    json!({
        "info": { "license": { "name": "MIT" } },
        "paths": { "/shoes": { "post": {
            "operationId": "CreateShoes",
            "requestBody": { "content": { "application/json": { "schema": {} } } },
            "responses": {
                "201": { "content": { "application/json": { "schema": {} } } },
                "404": { "$ref": "#/components/responses/NotFound" },
            },
        } } },
        "components": { "responses": { "NotFound": not_found } },
    })
}

#[test]
fn recorded_answers_stay_as_long_as_what_they_are_answers_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = folder.path().join("spin.toml");
    fs::write(&manifest, MANIFEST).expect("is written");
    let hats = document(&["/hats", "/hats/{size}"], &json!({}));
    let parts = named(&[("hats", hats), ("shoes", shoes())]);
    let mut recorded = merge(&manifest, &parts).expect("is merged").document;
    let problem =
        "/components/responses/NotFound/content/application~1problem+json/examples/not-found";
    let operation = "/paths/~1shoes/post";
    let request = format!("{operation}/requestBody/content/application~1json");
    let answer = format!("{operation}/responses/201/content/application~1json");
    for (pointer, member, value) in [
        (request.as_str(), "example", "asked"),
        (answer.as_str(), "example", "answered"),
        (problem, "value", "refused"),
        (problem, "x-operation", "CreateShoes"),
    ] {
        recorded.pointer_mut(pointer).expect("is there")[member] = value.into();
    }
    fs::write(folder.path().join(FILE), recorded.to_string()).expect("is written");

    let merged = merge(&manifest, &parts).expect("is merged");
    assert_eq!(merged.document, recorded);

    // Who recorded the problem is another now.
    let mut parts = parts;
    let shoes = parts.get_mut("shoes").expect("is there");
    shoes["paths"]["/shoes"]["post"]["operationId"] = "MakeShoes".into();
    let merged = merge(&manifest, &parts).expect("is merged").document;
    assert_eq!(
        merged.pointer(problem).expect("is there")["value"],
        "as rendered"
    );
    assert_eq!(
        merged.pointer(&answer).expect("is there")["example"],
        "answered"
    );
}

#[test]
fn the_guide_says_what_is_true_of_this_application() {
    let shoes = shoes();
    let guide = |shoes: Value| {
        let merged = merged(&[("shoes", shoes)]);
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

    let merged = merge(&manifest, &BTreeMap::new()).expect("is merged");

    let text = merged.document["info"]["description"].as_str();
    let text = text.expect("there is one");
    assert!(text.starts_with("Try the hats on.\n\n**Errors**"), "{text}");
}
