//! `docs`: the document, the page of operations, the pages of problems.

use std::collections::BTreeSet;

use serde_json::Value;

#[tokio::test]
async fn the_document_describes_every_route_of_the_manifest_and_no_other() {
    let app = crate::app().build().await;

    let document: Value = app.get("/openapi.json").send().await.json();

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
async fn the_page_names_every_operation() {
    let app = crate::app().build().await;
    let page = app.get("/docs").send().await;
    page.assert_status(200)
        .assert_header_contains("content-type", "text/html");
    for route in app.routes() {
        let path = route.split("/:").next().unwrap_or_default();
        assert!(page.text().contains(path), "{route}: {page:?}");
    }
}

#[tokio::test]
async fn each_problem_leads_to_its_page() {
    let app = crate::app().build().await;
    let problem = app.get("/problems/none").send().await;
    problem.assert_problem(404, "not-found");

    let page = app.get(&problem.string_at("/type")).send().await;

    page.assert_status(200);
    assert!(page.text().contains("What to do"), "{page:?}");
}

#[tokio::test]
async fn it_asks_no_store() {
    let app = crate::app().failing_database().build().await;
    for path in ["/openapi.json", "/docs", "/problems"] {
        let response = app.get(path).send().await;
        response.assert_status(200);
        response.calls().none_to_sql();
        response.calls().none_to_key_value();
    }
}
