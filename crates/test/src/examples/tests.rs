use serde_json::json;

use super::*;

/// A document with a thing that is shown, and problems.
fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "paths": {
            "/things/{id}": {
                "get": {
                    "operationId": "GetThing",
                    "responses": {
                        "200": { "content": { "application/json": {
                            "schema": { "$ref": "#/components/schemas/Thing" },
                        } } },
                        "404": { "$ref": "#/components/responses/NotFound" },
                    },
                },
                "head": { "operationId": "HeadThing", "responses": { "200": {} } },
                "delete": { "operationId": "DeleteThing", "responses": { "204": {} } },
            },
            "/things/new": {
                "get": { "operationId": "GetNew", "responses": { "204": {} } },
            },
        },
        "components": {
            "schemas": {
                "Thing": {
                    "type": "object",
                    "required": ["id"],
                    "properties": {
                        "id": { "type": "integer" },
                        "owner": { "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/Owner" }] },
                        "labels": { "type": "object", "additionalProperties": { "type": "string" } },
                    },
                },
                "Owner": { "type": "object", "properties": { "name": { "type": "string" } } },
                "Problem": {
                    "type": "object",
                    "required": ["type"],
                    "properties": { "type": { "type": "string" }, "status": {}, "errors": {} },
                },
            },
            "responses": {
                "NotFound": { "content": { "application/problem+json": { "schema": {
                    "allOf": [{ "$ref": "#/components/schemas/Problem" }],
                    "properties": { "status": { "const": 404 } },
                    "required": ["errors"],
                } } } },
            },
        },
    })
}

fn faults(id: &str, status: &str, body: Value) -> Vec<String> {
    let tree = document();
    let document = Document { tree };
    let operation = document.operations().find(|operation| operation.id == id);
    let operation = operation.expect("is described");
    let response = operation.response(status).expect("is described");
    let content = response["content"].as_object().expect("has content");
    let schema = &content.values().next().expect("has a media type")["schema"];
    operation.faults(schema, &body)
}

#[test]
fn a_request_is_for_the_operation_whose_path_has_most_text() {
    let document = Document { tree: document() };
    let id = |method, path| {
        document
            .operation(method, path)
            .map(|operation| operation.id)
    };

    assert_eq!(id("get", "/things/7"), Some("GetThing"));
    assert_eq!(id("get", "/things/new"), Some("GetNew"));
    for (method, path) in [
        ("get", "/things"),
        ("get", "/things/"),
        ("get", "/things/7/8"),
        ("get", "/"),
        ("post", "/things/7"),
        ("summary", "/things/7"),
    ] {
        assert_eq!(id(method, path), None, "{method} {path}");
    }
}

#[test]
fn an_answer_as_described_has_no_faults() {
    for body in [
        json!({ "id": 1 }),
        json!({ "id": 1, "owner": null, "labels": { "any": "name" } }),
        json!({ "id": 1, "owner": { "name": "Ada" } }),
    ] {
        assert_eq!(faults("GetThing", "200", body), [""; 0]);
    }
    let problem = json!({ "type": "/problems/not-found", "status": 404, "errors": [] });
    assert_eq!(faults("GetThing", "404", problem), [""; 0]);
}

#[test]
fn an_answer_that_is_not_as_described_has_faults_that_name_the_member() {
    for (body, named) in [
        (json!({ "id": "1" }), "/id"),
        (json!({ "name": "x" }), "id"),
        (json!({ "id": 1, "hidden": 2 }), "hidden"),
        (
            json!({ "id": 1, "owner": { "name": "Ada", "e-mail": "a@b.cd" } }),
            "/owner",
        ),
        (json!({ "id": 1, "labels": { "a": 1 } }), "/labels/a"),
        (json!([]), "object"),
    ] {
        let faults = faults("GetThing", "200", body.clone());
        assert!(
            faults.iter().any(|fault| fault.contains(named)),
            "{body}: {faults:?}"
        );
    }
    for (body, named) in [
        (
            json!({ "type": "t", "status": 410, "errors": [] }),
            "/status",
        ),
        (json!({ "type": "t", "status": 404 }), "errors"),
        (
            json!({ "type": "t", "status": 404, "errors": [], "cause": "" }),
            "cause",
        ),
    ] {
        let faults = faults("GetThing", "404", body.clone());
        assert!(
            faults.iter().any(|fault| fault.contains(named)),
            "{body}: {faults:?}"
        );
    }
}

#[test]
fn tokens_are_shortened_and_nothing_else() {
    let token = "eyJ0eXAiOiJhdCtqd3QifQ.eyJzdWIiOiIwIn0.c2lnbmF0dXJlLXRoYXQtaXMtbm9uZQ";
    let others = [
        "eyJ0eXAiOiJhdCtqd3QifQ",
        "www.example.com",
        "eyJ0eXAi.a.b",
        "eyJ0eXAiOiJhdCtqd3QifQ.eyJzdWIiOiIwIn0.not base64url",
        "",
    ];
    assert_eq!(
        told::shortened(json!({ "user": { "token": token }, "others": others })),
        json!({ "user": { "token": "eyJ0eXAi…" }, "others": others })
    );
}

/// What stands in a folder's document, once these answers are recorded there.
fn finished(folder: &Path, updates: bool, answers: &[(&str, &str, Value)]) -> Value {
    let mut examples = Examples::open_to(folder, updates);
    for (id, name, value) in answers {
        let all = examples.recorded.entry((*id).to_owned()).or_default();
        all.insert((*name).to_owned(), value.clone());
    }
    examples.finish();
    let text = std::fs::read_to_string(folder.join("openapi.json")).expect("is there");
    serde_json::from_str(&text).expect("is JSON")
}

fn described() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let text = document().to_string();
    std::fs::write(folder.path().join("openapi.json"), text).expect("is written");
    folder
}

fn sentence(run: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let panic = std::panic::catch_unwind(run).expect_err("fails");
    let sentence = panic.downcast::<String>().expect("a sentence");
    *sentence
}

#[test]
fn what_is_written_passes_until_an_answer_changes() {
    let folder = described();
    let path = folder.path();
    let thing = |id: u32| [("GetThing", "200", json!({ "id": id }))];

    let written = finished(path, true, &thing(1));
    assert_eq!(
        written[MEMBER],
        json!({ "GetThing": { "200": { "id": 1 } } })
    );
    assert_eq!(finished(path, false, &thing(1)), written);

    let said = sentence(|| _ = finished(path, false, &thing(2)));
    for part in [
        "openapi.json shows another example of GetThing (200)",
        r#"- {"id":1}"#,
        r#"+ {"id":2}"#,
        "UPDATE_OPENAPI=1",
    ] {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn an_operation_without_an_example_is_named() {
    let folder = described();
    let not_found = [(
        "GetThing",
        "not-found",
        json!({ "type": "/problems/not-found" }),
    )];
    let said = sentence(|| _ = finished(folder.path(), true, &not_found));
    assert!(
        said.contains("no answer of GetThing was recorded"),
        "{said}"
    );
}

#[test]
fn an_operation_may_be_without_an_example() {
    let folder = described();
    let mut examples = Examples::open_to(folder.path(), false);
    examples.without("GetThing");
    examples.finish();
}

#[test]
fn what_is_no_document_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let said = sentence(|| Examples::open_to(path, false).finish());
    assert!(said.contains("openapi_json"), "{said}");
    for text in ["{", "[]", "{}"] {
        std::fs::write(path.join("openapi.json"), text).expect("is written");
        let said = sentence(|| Examples::open_to(path, false).finish());
        assert!(
            said.contains("openapi.json is no OpenAPI document"),
            "{said}"
        );
    }
    let folder = described();
    let said = sentence(|| Examples::open_to(folder.path(), false).without("GetNothing"));
    assert!(said.contains("describes no operation GetNothing"), "{said}");
}

#[test]
fn answers_that_nobody_compares_fail_their_test() {
    let folder = described();
    let said = std::panic::catch_unwind(|| drop(Examples::open_to(folder.path(), false)));
    assert!(said.is_err());
}
