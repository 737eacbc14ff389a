//! What becomes of requests when the file of the SQLite database goes bad or away.

use std::fs;

use jenny_test::{Store, TestApp, TestResponse};
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
    drop_all_tables(&app).await;

    // An instance that knew them notices; a new one would not.
    let answer = log_in().send().await;
    assert!(answer.status == 503 || answer.status == 401, "{answer:?}");

    log_in().send().await.assert_status(401);
    assert_eq!(
        app.sql("SELECT count(*) FROM schema_migrations").await,
        migrations
    );
}

/// Drops whatever tables there are, in any order.
async fn drop_all_tables(app: &TestApp) {
    let session = app.connect().await;
    let (tables, cascade) = match crate::STORE {
        Store::Sqlite => {
            session.sql("PRAGMA foreign_keys = OFF").await;
            let tables = "SELECT name FROM sqlite_master
                          WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
            (session.sql(tables).await, "")
        }
        Store::Postgres => {
            let tables = "SELECT CAST(table_name AS TEXT) FROM information_schema.tables
                          WHERE table_schema = 'public'";
            (session.sql(tables).await, " CASCADE")
        }
    };
    assert!(tables.len() > 5, "{tables:?}");
    for table in tables {
        let name = table[0].as_str().expect("a name");
        session
            .sql(&format!("DROP TABLE \"{name}\"{cascade}"))
            .await;
    }
}
