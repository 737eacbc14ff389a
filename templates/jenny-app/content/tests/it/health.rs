//! `health`: liveness and readiness.

#[tokio::test]
async fn lives_and_is_ready() {
    let app = crate::app().build().await;
    for path in ["/health/live", "/health/ready"] {
        app.get(path)
            .send()
            .await
            .assert_status(200)
            .assert_json("/status", "pass");
    }
}

#[tokio::test]
async fn says_which_store_fails_and_keeps_the_cause_to_itself() {
    let app = crate::app().failing_database().build().await;

    app.get("/health/live").send().await.assert_status(200);
    let response = app.get("/health/ready").send().await;

    response.assert_problem(503, "unavailable");
    assert!(response.text().contains("database"), "{response:?}");
    assert!(!response.text().contains(jenny_test::FAULT), "{response:?}");
}

#[tokio::test]
async fn other_methods_are_refused() {
    let app = crate::app().build().await;
    let response = app.post("/health/live").send().await;
    response
        .assert_problem(405, "method-not-allowed")
        .assert_header_contains("allow", "GET");
}
