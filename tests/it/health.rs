//! `health`: liveness and readiness.

use crate::measured::{Measured, measured_in};

#[tokio::test]
async fn lives_and_is_ready() {
    let app = crate::app().build().await;
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
    let app = crate::app().failing_database().build().await;

    app.get("/health/live").send().await.assert_status(200);
    let response = app.get("/health/ready").send().await;

    response.assert_status(503);
    assert!(response.header("retry-after").is_some(), "{response:?}");
    assert!(response.text().contains("database"), "{response:?}");
    assert!(!response.text().contains(jenny_test::FAULT), "{response:?}");
}

#[tokio::test]
async fn a_file_that_went_away_after_it_was_opened_is_noticed() {
    let app = crate::app().unreadable_database().build().await;

    for _ in 0..2 {
        let response = app.get("/health/ready").send().await;

        response.assert_problem(503, "unavailable");
        assert!(response.header("retry-after").is_some(), "{response:?}");
        assert!(response.text().contains("database"), "{response:?}");
        assert!(!response.text().contains(jenny_test::FAULT), "{response:?}");
    }
}

#[tokio::test]
async fn a_probe_costs_two_statements_and_none_that_writes() {
    let app = crate::app().build().await;
    let live = app.get("/health/live").send().await;
    live.calls().none_to_sql();
    app.get("/health/ready").send().await;

    let ready = app.get("/health/ready").send().await;

    ready.assert_status(200);
    let statements = ready.calls().statements();
    assert!(statements.len() <= 2, "{statements:?}");
    assert!(
        statements.iter().all(|text| text.starts_with("SELECT")),
        "{statements:?}"
    );
}

#[tokio::test]
async fn head_answers_without_a_body() {
    let app = crate::app().build().await;
    let response = app.request(http::Method::HEAD, "/health/live").send().await;
    response.assert_status(200);
    assert!(response.body.is_empty());
}

#[tokio::test]
async fn other_methods_are_refused() {
    let app = crate::app().build().await;
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

#[tokio::test]
async fn keeps_to_its_budget() {
    // A probe tries the migrations that wait to be applied, so what it costs grows with each. Here none may
    // be applied: it finds that they wait and says so.
    let app = crate::app().variable("auto_migrate", "false");
    let Some(Measured { app, mut budgets }) = measured_in(app, "health").await else {
        return;
    };
    for (name, status) in [("/health/live", 200), ("/health/ready", 503)] {
        let request = format!("GET {name}");
        budgets
            .measure(&app, &request, status, |app, _| app.get(name))
            .await;
    }
    budgets.finish();
}
