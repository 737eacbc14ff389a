//! `health`: liveness and readiness.

use jenny_test::TestApp;

#[tokio::test]
async fn lives_and_is_ready() {
    let app = TestApp::new().await;
    app.get("/health/live")
        .send()
        .await
        .assert_status(200)
        .assert_json("/status", "pass");
    app.get("/health/ready")
        .send()
        .await
        .assert_status(200)
        .assert_json("/status", "pass");
}

#[tokio::test]
async fn says_which_store_fails_and_keeps_the_cause_to_itself() {
    let app = TestApp::builder().failing_sqlite().build().await;

    app.get("/health/live").send().await.assert_status(200);
    let response = app.get("/health/ready").send().await;

    response.assert_status(503);
    assert!(response.header("retry-after").is_some(), "{response:?}");
    assert!(response.text().contains("database"), "{response:?}");
    assert!(!response.text().contains(jenny_test::FAULT), "{response:?}");
}

#[tokio::test]
async fn a_file_that_went_away_after_it_was_opened_is_noticed() {
    let app = TestApp::builder().unreadable_sqlite().build().await;

    for _ in 0..2 {
        let response = app.get("/health/ready").send().await;

        response.assert_problem(503, "unavailable");
        assert!(response.header("retry-after").is_some(), "{response:?}");
        assert!(response.text().contains("database"), "{response:?}");
        assert!(!response.text().contains(jenny_test::FAULT), "{response:?}");
    }
}

#[tokio::test]
async fn head_answers_without_a_body() {
    let app = TestApp::new().await;
    let response = app.request(http::Method::HEAD, "/health/live").send().await;
    response.assert_status(200);
    assert!(response.body.is_empty());
}

#[tokio::test]
async fn other_methods_are_refused() {
    let app = TestApp::new().await;
    for path in ["/health/live", "/health/ready"] {
        let response = app.post(path).send().await;
        response.assert_problem(405, "method-not-allowed");
        let allow = response.header("allow").unwrap_or_default();
        assert!(
            allow.contains("GET") && allow.contains("HEAD"),
            "{response:?}"
        );
    }
}
