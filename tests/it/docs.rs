//! `docs`: the document, the page of operations, the pages of problems.

use std::collections::BTreeSet;

use jenny_test::{TestApp, TestResponse};
use serde_json::Value;

use crate::measured::{Measured, measured};

/// What every page of the component may load.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

async fn get(app: &TestApp, path: &str) -> TestResponse {
    let response = app.get(path).send().await;
    response.assert_status(200);
    response
}

async fn document(app: &TestApp) -> Value {
    get(app, "/openapi.json").await.json()
}

/// The values of an attribute in a page.
fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!("{name}=\"");
    let values = page.split(&start).skip(1);
    values.filter_map(|rest| rest.split('"').next()).collect()
}

#[tokio::test]
async fn the_document_describes_every_route_of_the_manifest_and_no_other() {
    let app = crate::app().build().await;

    let document = document(&app).await;

    assert_eq!(document["openapi"], "3.1.0");
    let described: BTreeSet<String> = document["paths"]
        .as_object()
        .expect("an object of paths")
        .keys()
        .map(|path| path.replace('{', ":").replace('}', ""))
        .collect();
    assert_eq!(described, app.routes().into_iter().collect());
}

#[tokio::test]
async fn every_operation_has_an_id_of_its_own() {
    let app = crate::app().build().await;
    let document = document(&app).await;
    let mut ids = BTreeSet::new();
    for item in document["paths"].as_object().expect("paths").values() {
        for (method, operation) in item.as_object().expect("operations") {
            let id = operation["operationId"].as_str().unwrap_or_default();
            assert!(!id.is_empty(), "{method}: {operation}");
            assert!(ids.insert(id.to_owned()), "{id} stands there twice");
        }
    }
}

#[tokio::test]
async fn the_page_lists_the_operations_without_a_script() {
    let app = crate::app().build().await;
    let document = document(&app).await;

    let page = get(&app, "/docs").await;

    page.assert_header("content-type", "text/html; charset=utf-8");
    let text = page.text();
    assert!(text.contains("href=\"openapi.json\""), "{text}");
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in ["get", "post", "put", "delete"] {
            let id = item[method]["operationId"].as_str();
            let listed = format!("<code>{} {path}</code>", method.to_uppercase());
            assert_eq!(text.contains(&listed), id.is_some(), "{listed}");
            if let Some(id) = id {
                assert!(text.contains(&format!("<dt id=\"{id}\">")), "{id}");
            }
        }
    }
}

#[tokio::test]
async fn pages_load_from_this_origin_alone_what_is_there() {
    let app = crate::app().build().await;
    for path in ["/docs", "/problems", "/problems/not-found"] {
        let page = get(&app, path).await;
        page.assert_header("content-security-policy", POLICY)
            .assert_header("x-content-type-options", "nosniff");
        let text = page.text();
        // What the policy would not let run.
        for inline in ["<style", "style=", "<script>", " onload=", "javascript:"] {
            assert!(!text.contains(inline), "{path} has {inline}");
        }
        let base = url::Url::parse("http://127.0.0.1:3000")
            .and_then(|origin| origin.join(path))
            .expect("an address");
        let links = [attributes(text, "href"), attributes(text, "src")].concat();
        for link in links.into_iter().filter(|link| *link != "data:,") {
            let target = base.join(link).expect("an address");
            assert_eq!(target.origin(), base.origin(), "{path} → {link}");
            let answer = app
                .get(target.path())
                .header("accept-encoding", "gzip")
                .send()
                .await;
            answer.assert_status(200);
        }
    }
}

#[tokio::test]
async fn what_is_known_is_not_sent_again() {
    let app = crate::app().build().await;
    let paths = [
        "/openapi.json",
        "/docs",
        "/docs/docs.css",
        "/docs/swagger-ui-bundle.js",
        "/problems",
        "/problems/validation",
    ];
    for path in paths {
        let full = get(&app, path).await;
        full.assert_header("cache-control", "public, no-cache");
        let tag = full.header("etag").expect("an entity tag").to_owned();
        let again = app.get(path).header("if-none-match", &tag).send().await;
        // The same bytes have the same tag, and others another.
        let compressed = app.get(path).header("accept-encoding", "gzip").send().await;
        let same = compressed.body == full.body;
        assert_eq!(compressed.header("etag") == Some(&*tag), same, "{path}");
        // A cache takes the policy for that of the page which it has.
        again
            .assert_status(304)
            .assert_header("etag", &tag)
            .assert_header("content-security-policy", POLICY);
        assert!(again.body.is_empty(), "{again:?}");

        let head = app.head(path).send().await;
        head.assert_status(200)
            .assert_header("etag", &tag)
            .assert_header("content-length", &full.body.len().to_string());
        assert!(head.body.is_empty(), "{head:?}");
    }
}

#[tokio::test]
async fn a_problem_in_place_of_a_page_is_sent_as_a_problem() {
    let app = crate::app().build().await;
    for path in ["/docs", "/openapi.json", "/docs/swagger-ui.css"] {
        let request = app.get(path).header("accept-encoding", "gzip");
        let response = request.header("if-match", "\"other\"").send().await;
        response.assert_problem(412, "precondition-failed");
        let policy = "default-src 'none'; frame-ancestors 'none'";
        response
            .assert_no_header("content-encoding")
            .assert_header("content-security-policy", policy);
    }
}

#[tokio::test]
async fn compressed_and_plain_are_told_apart() {
    let app = crate::app().build().await;
    for path in ["/openapi.json", "/docs", "/docs/docs.js"] {
        let asked = async |encodings: &str| {
            let request = app.get(path).header("accept-encoding", encodings);
            let response = request.send().await;
            response.assert_status(200);
            response.assert_header_contains("vary", "accept-encoding");
            response
        };
        let compressed = asked("br, gzip").await;
        compressed.assert_header("content-encoding", "gzip");
        assert_eq!(&compressed.body[..2], [0x1F, 0x8B], "{path}");
        for refused in ["identity", "br", "gzip;q=0", ""] {
            let plain = asked(refused).await;
            plain.assert_no_header("content-encoding");
            assert!(plain.body.len() > compressed.body.len(), "{path}");
            assert_ne!(plain.header("etag"), compressed.header("etag"), "{path}");
        }
    }
}

#[tokio::test]
async fn what_is_held_compressed_alone_is_refused_to_whom_refuses_gzip() {
    let app = crate::app().build().await;
    let path = "/docs/swagger-ui-bundle.js";
    // Nothing said: anything is taken (RFC 9110, section 12.5.3).
    let unasked = get(&app, path).await;
    unasked
        .assert_header("content-encoding", "gzip")
        .assert_header("content-type", "text/javascript; charset=utf-8");

    let refused = app.get(path).header("accept-encoding", "identity");

    refused.send().await.assert_problem(406, "not-acceptable");
}

#[tokio::test]
async fn each_problem_leads_to_its_page() {
    let app = crate::app().build().await;
    let problem = app.get("/problems/none").send().await;
    problem.assert_problem(404, "not-found");

    let page = get(&app, &problem.string_at("/type")).await;

    let text = page.text();
    assert!(text.contains("<h2>What happened</h2>"), "{text}");
    assert!(text.contains("<h2>What to do</h2>"), "{text}");
    assert!(text.contains("/problems/not-found"), "{text}");
}

#[tokio::test]
async fn every_problem_that_the_document_names_has_its_page() {
    let app = crate::app().build().await;
    let document = document(&app).await;
    let mut seen = BTreeSet::new();
    let responses = document["components"]["responses"].as_object();
    for response in responses.expect("responses").values() {
        let examples = &response["content"]["application/problem+json"]["examples"];
        for (slug, example) in examples.as_object().into_iter().flatten() {
            let kind = example["value"]["type"].as_str().unwrap_or_default();
            assert!(kind.ends_with(&format!("/problems/{slug}")), "{example}");
            seen.insert(slug.clone());
        }
    }
    assert!(!seen.is_empty());
    for slug in seen {
        let page = get(&app, &format!("/problems/{slug}")).await;
        assert!(page.text().contains(&format!("/problems/{slug}")), "{slug}");
    }
}

/// Of functions that record answers at all: a problem that one of them may answer with is shown as it
/// was answered, by it or by another one.
#[tokio::test]
async fn shows_every_problem_as_it_was_answered() {
    let app = crate::app().build().await;
    let document = document(&app).await;
    let mut answered: Vec<Value> = Vec::new();
    let mut described = BTreeSet::new();
    for function in app.components() {
        let file = format!("../functions/{function}/openapi.json");
        let text = std::fs::read_to_string(&file).expect("each function is described");
        let fragment: Value = serde_json::from_str(&text).expect("is JSON");
        if let Some(operations) = fragment["x-examples"].as_object() {
            let examples = operations.values().filter_map(Value::as_object).flatten();
            answered.extend(examples.map(|(_, example)| example.clone()));
            let responses = fragment["components"]["responses"].as_object();
            described.extend(
                responses
                    .into_iter()
                    .flatten()
                    .map(|(name, _)| name.clone()),
            );
        }
    }

    let mut shown = 0;
    for name in described {
        let content = &document["components"]["responses"][&name]["content"];
        let examples = content["application/problem+json"]["examples"].as_object();
        for (slug, example) in examples.into_iter().flatten() {
            assert!(
                answered.contains(&example["value"]),
                "{name}, {slug}: no test records an answer like this. Send a request that is answered so to \
                 `Examples::record`, in it/<function>-examples.rs of a function that answers so"
            );
            shown += 1;
        }
    }
    assert!(shown > 0);
}

#[tokio::test]
async fn what_is_not_there_is_a_problem() {
    let app = crate::app().build().await;
    for path in [
        "/docs/none.css",
        "/docs/..%2Fopenapi.json",
        "/docs/swagger-ui-bundle.js.gz",
        "/problems/none",
        "/problems/%3Cscript%3E",
    ] {
        let response = app.get(path).send().await;
        response.assert_problem(404, "not-found");
        assert!(!response.text().contains("<script>"), "{response:?}");
    }
    let response = app.post("/docs").send().await;
    response.assert_problem(405, "method-not-allowed");
}

#[tokio::test]
async fn it_asks_no_store_and_starts_without_one() {
    let app = crate::app().failing_database().build().await;
    let paths = ["/openapi.json", "/docs", "/problems"];
    for path in paths {
        let response = get(&app, path).await;
        response.calls().none_to_sql();
        response.calls().none_to_key_value();
    }
}

#[tokio::test]
async fn keeps_to_its_budget() {
    let Some(Measured { app, mut budgets }) = measured("docs").await else {
        return;
    };
    for (route, path) in [
        ("/openapi.json", "/openapi.json"),
        ("/docs", "/docs"),
        ("/docs/:file", "/docs/docs.css"),
        ("/problems", "/problems"),
        ("/problems/:kind", "/problems/validation"),
    ] {
        let name = format!("GET {route}");
        budgets
            .measure(&app, &name, 200, |app, _| app.get(path))
            .await;
    }
    budgets.finish();
}
