//! What the tests of the harness have an application do.

use jenny_test::{TestApp, TestResponse};
use serde_json::json;

/// Registers a user and returns their token.
pub(crate) async fn register(app: &TestApp, username: &str) -> String {
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
pub(crate) async fn publish(app: &TestApp, token: &str, title: &str) -> TestResponse {
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
