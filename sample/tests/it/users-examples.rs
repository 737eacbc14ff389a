//! The answers of `users` that the documentation shows.

use jenny_test::Examples;
use serde_json::json;

/// One byte over the limit on bodies, which is 1 MiB.
const TOO_LARGE_BYTES: usize = 1024 * 1024 + 1;

#[tokio::test]
async fn are_what_it_answers() {
    let app = crate::app().build().await;
    let mut examples = Examples::open("../../functions/users");
    let user = json!({ "user": {
        "username": "jacob",
        "email": "jake@example.com",
        "password": "correct horse",
    } });
    let registered = examples.record(app.post("/api/users").json(&user)).await;
    registered.assert_status(201);

    let credentials =
        json!({ "user": { "email": "jake@example.com", "password": "correct horse" } });
    let login = app.post("/api/users/login").json(&credentials);
    examples.record(login).await.assert_status(200);

    let taken = examples.record(app.post("/api/users").json(&user)).await;
    taken.assert_problem(409, "conflict");

    let invalid = json!({ "user": {
        "username": "jacob",
        "email": "no address",
        "password": "short",
    } });
    let refused = examples.record(app.post("/api/users").json(&invalid)).await;
    refused.assert_problem(422, "validation");
    for (media_type, body, kind) in [
        (
            "application/json",
            "{\"user\": ".to_owned(),
            "malformed-json",
        ),
        (
            "application/json",
            " ".repeat(TOO_LARGE_BYTES),
            "content-too-large",
        ),
        ("text/plain", "jacob".to_owned(), "unsupported-media-type"),
    ] {
        let request = app.post("/api/users").header("content-type", media_type);
        let refused = examples.record(request.body(body)).await;
        assert!(refused.string_at("/type").ends_with(kind), "{refused:?}");
    }

    let app = crate::app().variable("signing_key", "none").build().await;
    let failed = examples.record(app.post("/api/users").json(&user)).await;
    failed.assert_problem(500, "internal");
    examples.finish();
}
