//! `users`: what the log says of who signs in, and without which key nobody does.

use jenny_test::{Mint, TestApp, TestResponse};
use serde_json::{Value, json};

async fn register(app: &TestApp) -> TestResponse {
    let user = json!({
        "username": "jacob", "email": "jake@example.com", "password": "correct horse",
    });
    app.post("/api/users")
        .json(&json!({ "user": user }))
        .send()
        .await
}

async fn log_in(app: &TestApp, email: &str, password: &str) -> TestResponse {
    app.post("/api/users/login")
        .json(&json!({ "user": { "email": email, "password": password } }))
        .send()
        .await
}

/// The lines with this message, of the requests so far.
fn lines(app: &TestApp, message: &str) -> Vec<Value> {
    let lines = app.logs();
    let lines = lines
        .iter()
        .filter_map(|line| serde_json::from_str(line).ok());
    lines
        .filter(|line: &Value| line["message"] == message)
        .collect()
}

async fn user_id(app: &TestApp) -> String {
    let rows = app.sql("SELECT id FROM users").await;
    rows[0][0].as_str().expect("an id is text").to_owned()
}

#[tokio::test]
async fn a_failed_sign_in_is_logged_with_its_reason() {
    let app = crate::app().build().await;
    register(&app).await.assert_status(201);

    for (email, password) in [
        ("jake@example.com", "hunter2-hunter2"),
        ("anna@example.com", "hunter2-hunter2"),
        ("hunter2-hunter2", "hunter2-hunter2"),
    ] {
        log_in(&app, email, password).await.assert_status(401);
    }

    let refused = lines(&app, "refused a sign-in");
    let reasons: Vec<_> = refused.iter().map(|line| line["reason"].as_str()).collect();
    assert_eq!(
        reasons,
        [
            Some("the password is wrong"),
            Some("no user has the address"),
            Some("the address is not valid"),
        ]
    );
    assert_eq!(refused[0]["user_id"], json!(user_id(&app).await));
    assert_eq!(refused[1].get("user_id"), None);
    for line in &refused {
        assert!(line["request_id"].is_string(), "{line}");
    }
    let all = app.logs().join("\n");
    for secret in ["hunter2", "jake@example.com", "anna@example.com"] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
}

#[tokio::test]
async fn access_lines_say_who_calls() {
    let app = crate::app().build().await;
    let token = register(&app)
        .await
        .assert_status(201)
        .string_at("/user/token");
    log_in(&app, "jake@example.com", "correct horse")
        .await
        .assert_status(200);
    app.get("/api/user")
        .bearer(&token)
        .send()
        .await
        .assert_status(200);
    app.get("/api/articles/feed")
        .bearer(&token)
        .send()
        .await
        .assert_status(200);
    app.get("/api/user").send().await.assert_status(401);
    app.get("/api/tags").send().await.assert_status(200);

    let callers: Vec<_> = lines(&app, "request")
        .into_iter()
        .map(|line| line.get("caller").cloned())
        .collect();
    let jacob = Some(json!(user_id(&app).await));
    let expected = [
        jacob.clone(),
        jacob.clone(),
        jacob.clone(),
        jacob,
        None,
        None,
    ];
    assert_eq!(callers, expected);
}

#[tokio::test]
async fn without_a_key_only_the_machine_itself_is_served() {
    let keys = "SELECT count(*) FROM development_signing_keys";
    // With a development key from the time when public_url named this machine, and without one.
    for (app, expected) in [(crate::app(), 1), (crate::app().empty(), 0)] {
        let app = app
            .on(jenny_test::Store::Sqlite)
            .variable("public_url", "https://conduit.example")
            .build()
            .await;

        register(&app).await.assert_problem(500, "internal");
        log_in(&app, "jake@example.com", "correct horse")
            .await
            .assert_problem(500, "internal");
        let stranger = app.get("/api/user").bearer("a.b.c").send().await;
        stranger.assert_problem(500, "internal");

        assert_eq!(app.sql("SELECT count(*) FROM users").await, [[0]]);
        assert_eq!(app.sql(keys).await, [[expected]]);
        let logs = app.logs().join("\n");
        for part in [
            "signing_key",
            "verification_keys",
            "public_url",
            "openssl genpkey",
        ] {
            assert!(logs.contains(part), "{part} in {logs}");
        }
    }
}

#[tokio::test]
async fn with_keys_everybody_is_served() {
    let app = crate::app()
        .signed_by(&Mint::new())
        .variable("public_url", "https://conduit.example")
        .build()
        .await;
    let token = register(&app)
        .await
        .assert_status(201)
        .string_at("/user/token");
    app.get("/api/user")
        .bearer(&token)
        .send()
        .await
        .assert_status(200);
}
