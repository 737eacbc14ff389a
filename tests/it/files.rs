//! What becomes of requests when the file of the SQLite database goes bad or away.

use std::fs;

use jenny_test::{TestApp, TestResponse};
use serde_json::json;

use crate::articles::register;

async fn read(app: &TestApp, token: &str) -> TestResponse {
    app.get("/api/user").bearer(token).send().await
}

#[tokio::test]
async fn a_file_that_is_no_database_is_a_503_until_it_is_one_again() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("data.db");
    fs::write(
        &path,
        "This is no database, however long it may be. ".repeat(200),
    )
    .expect("the file can be written");
    let app = TestApp::builder().in_file(&path).build().await;

    for url in ["/api/tags", "/health/ready"] {
        let answer = app.get(url).send().await;
        answer.assert_problem(503, "unavailable");
        assert!(answer.header("retry-after").is_some(), "{answer:?}");
    }

    fs::remove_file(&path).expect("the file can be removed");
    app.get("/health/ready").send().await.assert_status(200);
    let token = register(&app, "jacob").await;
    read(&app, &token).await.assert_status(200);
}

#[tokio::test]
async fn a_database_that_lost_its_tables_is_given_them_again() {
    let app = crate::app().build().await;
    let log_in = || {
        app.post("/api/users/login").json(&json!({
            "user": { "email": "nobody@example.com", "password": "correct horse" }
        }))
    };
    log_in().send().await.assert_status(401);
    let migrations = app.sql("SELECT count(*) FROM schema_migrations").await;
    for table in [
        "comments",
        "favorites",
        "follows",
        "article_tags",
        "tags",
        "articles",
        "totals",
        "users",
        "development_signing_keys",
        "development_verification_keys",
        "schema_migrations",
    ] {
        app.sql(&format!("DROP TABLE IF EXISTS {table}")).await;
    }

    // An instance that knew them notices; a new one would not.
    let answer = log_in().send().await;
    assert!(answer.status == 503 || answer.status == 401, "{answer:?}");

    log_in().send().await.assert_status(401);
    assert_eq!(
        app.sql("SELECT count(*) FROM schema_migrations").await,
        migrations
    );
}
