//! The contract: RealWorld's OpenAPI document with our overlay. `sample/contract/README.md` says how
//! to extend it.

#[path = "contract/call.rs"]
mod call;
#[path = "contract/document.rs"]
mod document;
#[path = "contract/overlay.rs"]
mod overlay;
#[path = "contract/scenarios.rs"]
mod scenarios;
#[path = "contract/walk.rs"]
mod walk;

use std::collections::BTreeSet;

use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use self::document::Document;
use self::walk::Walk;

/// Every operation in the document is called, and answers with every status that is documented for
/// it and with no other.
#[tokio::test]
async fn every_operation_answers_as_documented() {
    let mut walk = Walk::new().await;

    scenarios::users(&mut walk).await;
    scenarios::profiles(&mut walk).await;
    scenarios::articles(&mut walk).await;
    scenarios::lists(&mut walk).await;
    scenarios::favorites(&mut walk).await;
    scenarios::comments(&mut walk).await;
    scenarios::tags(&mut walk).await;
    walk.ask_for_options().await;
    walk.lose_the_database().await;

    let faults = walk.faults();
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
    let unseen = walk.unseen();
    assert!(unseen.is_empty(), "documented, and not seen: {unseen:#?}");
}

/// A function that answers something of the document answers nothing else below `/api`; one that answers
/// nothing of it is none of its business.
#[tokio::test]
async fn every_path_of_the_document_is_a_route_and_its_functions_have_no_others() {
    let document = Document::get();
    let app = crate::app().build().await;
    // What the document writes as `{slug}`, the manifest writes as `:slug`.
    let shape = |path: &str| {
        let segments = path.split('/').map(|segment| match segment.chars().next() {
            Some(':' | '{') => "*",
            _ => segment,
        });
        segments.collect::<Vec<_>>().join("/")
    };

    let documented: BTreeSet<String> = document
        .paths()
        .map(|path| shape(&format!("{}{path}", document.base())))
        .collect();
    let routes_below_base = |component: String| -> BTreeSet<String> {
        let routes = app.routes_of(&component).into_iter();
        routes
            .filter(|route| route.starts_with(document.base()))
            .map(|route| shape(&route))
            .collect()
    };
    let components = app.components().into_iter().map(routes_below_base);
    let routes: BTreeSet<String> = components
        .filter(|routes| !routes.is_disjoint(&documented))
        .flatten()
        .collect();

    assert_eq!(routes, documented);
}

/// A 401 as it is documented.
fn documented_answer() -> (StatusCode, HeaderMap, Value) {
    let headers = [
        ("cache-control", "no-store"),
        (
            "content-security-policy",
            "default-src 'none'; frame-ancestors 'none'",
        ),
        ("content-type", "application/problem+json"),
        ("cross-origin-resource-policy", "same-origin"),
        ("referrer-policy", "no-referrer"),
        ("www-authenticate", "Bearer"),
        ("x-content-type-options", "nosniff"),
        ("x-request-id", "1"),
    ];
    let headers = headers.map(|(name, value)| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )
    });
    let body = json!({
        "type": "/problems/unauthorized", "title": "t", "status": 401, "detail": "d",
        "requestId": "1", "errors": { "token": ["is missing"] },
    });
    (
        StatusCode::UNAUTHORIZED,
        headers.into_iter().collect(),
        body,
    )
}

fn faults(status: StatusCode, headers: &HeaderMap, body: &Value) -> Vec<String> {
    let body = match body {
        Value::Null => Vec::new(),
        body => body.to_string().into_bytes(),
    };
    Document::get().faults_of_response("GET /user", status, headers, &body)
}

#[test]
fn an_answer_as_documented_has_no_faults() {
    let (status, headers, body) = documented_answer();
    assert_eq!(faults(status, &headers, &body), [""; 0]);
}

#[test]
fn an_answer_that_is_not_documented_has_a_fault() {
    let (status, headers, body) = documented_answer();
    let with = |name: &'static str, value: &'static str| {
        let mut headers = headers.clone();
        headers.insert(name, HeaderValue::from_static(value));
        headers
    };
    let without = |name: &str| {
        let mut headers = headers.clone();
        headers.remove(name);
        headers
    };
    let body_with = |pointer: &str, value: Value| {
        let mut body = body.clone();
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        body.pointer_mut(parent).expect("is there")[name] = value;
        body
    };

    let faulty = [
        ("status", faults(StatusCode::IM_A_TEAPOT, &headers, &body)),
        (
            "status of the body",
            faults(status, &headers, &body_with("/status", json!(403))),
        ),
        (
            "media type",
            faults(status, &with("content-type", "application/json"), &body),
        ),
        (
            "no media type",
            faults(status, &without("content-type"), &body),
        ),
        (
            "header missing",
            faults(status, &without("www-authenticate"), &body),
        ),
        (
            "header's value",
            faults(status, &with("cache-control", "public"), &body),
        ),
        (
            "header unknown",
            faults(status, &with("x-debug", "1"), &body),
        ),
        ("no body", faults(status, &headers, &Value::Null)),
        (
            "member unknown",
            faults(status, &headers, &body_with("/trace", json!([]))),
        ),
        (
            "member null",
            faults(status, &headers, &body_with("/detail", Value::Null)),
        ),
        (
            "errors empty",
            faults(status, &headers, &body_with("/errors/token", json!([]))),
        ),
        (
            "errors of another text",
            faults(
                status,
                &headers,
                &body_with("/errors/token", json!(["is absent"])),
            ),
        ),
        (
            "errors of another key",
            faults(
                status,
                &headers,
                &body_with("/errors", json!({ "body": ["is missing"] })),
            ),
        ),
        (
            "no RealWorld errors",
            faults(status, &headers, &body_with("/errors", json!({}))),
        ),
    ];

    for (what, faults) in faulty {
        assert!(!faults.is_empty(), "{what}");
    }
}

#[test]
fn times_are_held_to_their_format() {
    let author = json!({ "username": "u", "bio": null, "image": null, "following": false });
    let comment = |time: &str| {
        json!({ "comments": [{
            "id": 1, "body": "b", "author": author, "createdAt": time, "updatedAt": time,
        }] })
    };
    let (_, mut headers, _) = documented_answer();
    headers.remove("www-authenticate");
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    let faults = |time: &str| {
        let operation = "GET /articles/{slug}/comments";
        let body = comment(time).to_string();
        Document::get().faults_of_response(operation, StatusCode::OK, &headers, body.as_bytes())
    };

    assert_eq!(faults("2016-02-18T03:22:56.637Z"), [""; 0]);
    for time in [
        "2016-02-30T03:22:56.637Z",
        "2016-02-18T03:22:56Z",
        "2016-02-18T03:22:56.637+01:00",
        "2016-02-18 03:22:56.637Z",
        "yesterday",
    ] {
        assert!(!faults(time).is_empty(), "{time}");
    }
}
