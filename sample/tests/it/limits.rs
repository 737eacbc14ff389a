//! What a request may ask of the memory and the patience of an instance that others share.

use jenny_test::{TestApp, TestResponse};
use serde_json::json;

/// The limit on bodies, in bytes: what follows stays below it.
const MAX_BODY_BYTES: usize = 1024 * 1024;

async fn register_with(app: &TestApp, body: String) -> TestResponse {
    app.post("/api/users")
        .header("content-type", "application/json")
        .body(body)
        .send()
        .await
}

async fn assert_still_answers(app: &TestApp) {
    let user = json!({ "user": {
        "username": "jacob", "email": "jacob@example.com", "password": "correct horse",
    } });
    app.post("/api/users")
        .json(&user)
        .send()
        .await
        .assert_status(201);
}

#[tokio::test]
async fn a_small_body_of_countless_objects_is_refused_before_it_fills_the_memory() {
    let app = crate::app().build().await;
    let nested = format!("{}0{}", r#"{"":"#.repeat(126), "}".repeat(126));
    let count = MAX_BODY_BYTES / (nested.len() + 1) - 1;
    let body = format!("[{}]", vec![nested; count].join(","));
    assert!(body.len() < MAX_BODY_BYTES && count * 126 > 200_000);

    let response = register_with(&app, body).await;
    response.assert_problem(413, "content-too-large");
    assert!(response.text().contains("JSON values"), "{response:?}");

    assert_still_answers(&app).await;
}

#[tokio::test]
async fn a_body_of_countless_unknown_members_is_refused() {
    let app = crate::app().build().await;
    let members: String = (0..100_001).map(|n| format!(r#","{n:x}":1"#)).collect();
    let body = format!(r#"{{"user":{{}}{members}}}"#);
    assert!(body.len() < MAX_BODY_BYTES);

    register_with(&app, body)
        .await
        .assert_problem(413, "content-too-large");

    assert_still_answers(&app).await;
}

#[tokio::test]
async fn an_answer_says_no_more_of_a_body_than_where_it_is_wrong() {
    let app = crate::app().build().await;
    let name = "\u{1f980}".repeat(MAX_BODY_BYTES / 2 / 4 - 16);
    let body = format!(r#"{{"{name}":1,"{name}":2}}"#);
    assert!(body.len() < MAX_BODY_BYTES);

    let response = register_with(&app, body).await;

    response.assert_problem(400, "malformed-json");
    assert!(response.text().contains("\u{1f980}…"), "{response:?}");
    // The detail, and once more for RealWorld's clients.
    assert!(response.body.len() < 2_000, "{}", response.body.len());
}

#[tokio::test]
async fn an_array_does_not_stand_for_an_object() {
    let app = crate::app().build().await;
    for (body, pointer) in [
        (json!([["jacob", "jacob@example.com", "correct horse"]]), ""),
        (
            json!({ "user": ["jacob", "jacob@example.com", "correct horse"] }),
            "/user",
        ),
    ] {
        let response = register_with(&app, body.to_string()).await;
        response
            .assert_problem(422, "validation")
            .assert_violations(&[pointer]);
        assert!(
            response.text().contains("must be an object"),
            "{response:?}"
        );
    }
    // Nobody of that name was registered.
    assert_still_answers(&app).await;
}

#[tokio::test]
async fn an_array_does_not_change_a_password() {
    let app = crate::app().build().await;
    let user = json!({ "user": {
        "username": "jacob", "email": "jacob@example.com", "password": "correct horse",
    } });
    let token = app
        .post("/api/users")
        .json(&user)
        .send()
        .await
        .assert_status(201)
        .string_at("/user/token");

    app.put("/api/user")
        .bearer(&token)
        .json(&json!({ "user": [null, null, "new password", null, null] }))
        .send()
        .await
        .assert_problem(422, "validation")
        .assert_violations(&["/user"]);

    app.post("/api/users/login")
        .json(&json!({ "user": { "email": "jacob@example.com", "password": "correct horse" } }))
        .send()
        .await
        .assert_status(200);
}
