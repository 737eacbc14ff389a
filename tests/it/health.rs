//! `health`: liveness and readiness.

use jenny_test::TestApp;

use crate::measured::{Measured, measured};

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

/// Records all migrations as applied, which is all that a probe looks at. Those that wait are tried and rolled
/// back by each new instance, and the cost would grow with every migration.
async fn record_migrations(app: &TestApp) {
    app.sql(
        "CREATE TABLE schema_migrations (version BIGINT PRIMARY KEY, name TEXT NOT NULL,
         checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)",
    )
    .await;
    for migration in migrations::ALL {
        let (version, name) = (migration.version, migration.name);
        let checksum = migration.sqlite.checksum;
        app.sql(&format!(
            "INSERT INTO schema_migrations VALUES ({version}, '{name}', '{checksum}', 0)"
        ))
        .await;
    }
}

#[tokio::test]
async fn keeps_to_its_budget() {
    let Some(Measured { app, mut budgets }) = measured("health").await else {
        return;
    };
    record_migrations(&app).await;
    for path in ["/health/live", "/health/ready"] {
        let name = format!("GET {path}");
        budgets
            .measure(&app, &name, 200, |app, _| app.get(path))
            .await;
    }
    budgets.finish();
}
