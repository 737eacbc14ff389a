//! `docs`, built for an application whose functions are not all described.

use jenny_test::TestApp;

#[tokio::test]
async fn says_what_is_missing_and_shows_no_half_of_a_document() {
    let app = TestApp::from_manifest("../crates/test/fixtures/undocumented")
        .only("docs")
        .await;

    let page = app.get("/docs").send().await;
    let document = app.get("/openapi.json").send().await;

    page.assert_status(200)
        .assert_header("content-type", "text/html; charset=utf-8");
    let text = page.text();
    for fault in [
        "docs is missing: there is no functions/docs/openapi.json.",
        "hats is missing: there is no functions/hats/openapi.json.",
        "shoes does not describe /shoes/{size}, which spin.toml gives to it.",
    ] {
        assert!(
            text.contains(&format!("<li>{fault}</li>")),
            "{fault}: {text}"
        );
    }
    // Not what is described, either, and nothing that would look for it.
    for half in ["GetShoes", "List the shoes", "<script", "openapi.json\">"] {
        assert!(!text.contains(half), "{half}: {text}");
    }
    document.assert_problem(500, "internal");
    let detail = document.string_at("/detail");
    assert!(detail.contains("page at docs"), "{detail}");
    for fault in ["hats", "spin.toml"] {
        assert!(!document.text().contains(fault), "{document:?}");
        let logs = app.logs();
        assert!(logs.iter().any(|line| line.contains(fault)), "{logs:?}");
    }
}
