//! `docs`, built for an application whose functions are not all described.

use jenny_test::TestApp;

#[tokio::test]
async fn serves_what_is_described_and_lists_what_is_not() {
    let app = TestApp::from_manifest("../crates/test/fixtures/undocumented")
        .only("docs")
        .await;

    let page = app.get("/docs").send().await;
    let document = app.get("/openapi.json").send().await;

    page.assert_status(200)
        .assert_header("content-type", "text/html; charset=utf-8");
    let text = page.text();
    assert!(text.contains("List the shoes"), "{text}");
    for route in ["/hats, of hats", "/shoes/{size}, of shoes"] {
        assert!(
            text.contains(&format!("<li>{route}</li>")),
            "{route}: {text}"
        );
    }
    document
        .assert_status(200)
        .assert_json("/paths/~1shoes/get/operationId", "GetShoes");
}
