//! What the harness does for functions that are built on `shared`: its clock, its seed, its faults. On SQLite.

mod clock;
mod determinism;
mod every_call;
mod faults;
mod secrets;

use jenny_test::{TestApp, TestResponse};
use serde_json::json;

/// Registers a user and returns their token.
async fn register(app: &TestApp, username: &str) -> String {
    app.post("/api/users")
        .json(&json!({ "user": {
            "username": username,
            "email": format!("{username}@example.com"),
            "password": "correct horse",
        } }))
        .send()
        .await
        .assert_status(201)
        .string_at("/user/token")
}

/// Publishes an article with this title.
async fn publish(app: &TestApp, token: &str, title: &str) -> TestResponse {
    let article = app
        .post("/api/articles")
        .bearer(token)
        .json(&json!({ "article": {
            "title": title,
            "description": "What it is about",
            "body": "What it says",
            "tagList": ["harness", "time"],
        } }))
        .send()
        .await;
    article.assert_status(201);
    article
}
