//! `user`: the caller's own user.

use jenny_test::{TestApp, TestResponse};
use serde_json::{Value, json};

use crate::measured::{Measured, measured};

async fn register(app: &TestApp, username: &str) -> String {
    app.post("/api/users")
        .json(&json!({
            "user": {
                "username": username,
                "email": format!("{username}@example.com"),
                "password": "correct horse",
            }
        }))
        .send()
        .await
        .assert_status(201)
        .string_at("/user/token")
}

async fn update(app: &TestApp, token: &str, changes: Value) -> TestResponse {
    app.put("/api/user")
        .bearer(token)
        .json(&json!({ "user": changes }))
        .send()
        .await
}

async fn log_in(app: &TestApp, email: &str, password: &str) -> TestResponse {
    app.post("/api/users/login")
        .json(&json!({ "user": { "email": email, "password": password } }))
        .send()
        .await
}

#[tokio::test]
async fn reads_oneself_with_either_scheme() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;

    for scheme in ["Bearer", "Token", "bearer", "TOKEN"] {
        app.get("/api/user")
            .header("authorization", format!("{scheme} {token}"))
            .send()
            .await
            .assert_status(200)
            .assert_json("/user/username", "jacob")
            .assert_json("/user/email", "jacob@example.com")
            .assert_json("/user/bio", json!(null))
            .assert_json("/user/image", json!(null))
            .assert_json("/user/token", token.as_str());
    }
}

#[tokio::test]
async fn a_missing_token_is_asked_for() {
    let app = crate::app().build().await;
    for request in [app.get("/api/user"), app.put("/api/user").json(&json!({}))] {
        let response = request.send().await;
        response.assert_problem(401, "unauthorized");
        let challenge = response.header("www-authenticate").unwrap_or_default();
        assert!(challenge.starts_with("Bearer"), "{response:?}");
        assert!(
            !challenge.contains("error="),
            "RFC 6750, section 3.1: no error code where no credentials were sent: {response:?}"
        );
    }
}

#[tokio::test]
async fn a_malformed_authorization_header_is_refused() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    let headers = [
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Basic amFjb2I6cGFzc3dvcmQ=".to_owned(),
        token.clone(),
        format!("Bearer {token} {token}"),
        format!("Bearer {}", "a".repeat(100_000)),
        "Bearer a.b".to_owned(),
        "Bearer a.b.c.d".to_owned(),
        "Bearer \u{fc}".to_owned(),
    ];
    for header in headers {
        app.get("/api/user")
            .header("authorization", &header)
            .send()
            .await
            .assert_problem(401, "unauthorized");
    }
    app.get("/api/user")
        .bearer(&token)
        .bearer(&token)
        .send()
        .await
        .assert_problem(401, "unauthorized");
}

#[tokio::test]
async fn updates_each_field() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;

    update(&app, &token, json!({ "bio": "I work at statefarm" }))
        .await
        .assert_status(200)
        .assert_json("/user/bio", "I work at statefarm")
        .assert_json("/user/username", "jacob");
    update(
        &app,
        &token,
        json!({ "image": "https://example.com/j.png" }),
    )
    .await
    .assert_status(200)
    .assert_json("/user/image", "https://example.com/j.png")
    .assert_json("/user/bio", "I work at statefarm");
    update(
        &app,
        &token,
        json!({ "username": "jake", "email": "jake@example.com" }),
    )
    .await
    .assert_status(200)
    .assert_json("/user/username", "jake")
    .assert_json("/user/email", "jake@example.com");
    update(&app, &token, json!({ "bio": null, "image": null }))
        .await
        .assert_status(200)
        .assert_json("/user/bio", json!(null))
        .assert_json("/user/image", json!(null));

    app.get("/api/user")
        .bearer(&token)
        .send()
        .await
        .assert_json("/user/username", "jake")
        .assert_json("/user/email", "jake@example.com")
        .assert_json("/user/bio", json!(null));
}

#[tokio::test]
async fn an_empty_text_is_none_to_everybody() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    let image = "https://example.com/j.png";
    for none in [json!(null), json!(""), json!(null)] {
        update(&app, &token, json!({ "bio": "Writes.", "image": image }))
            .await
            .assert_json("/user/bio", "Writes.")
            .assert_json("/user/image", image);

        update(&app, &token, json!({ "bio": none, "image": none }))
            .await
            .assert_status(200)
            .assert_json("/user/bio", json!(null))
            .assert_json("/user/image", json!(null));

        let profile = app.get("/api/profiles/jacob").send().await;
        let login = log_in(&app, "jacob@example.com", "correct horse").await;
        for (answer, user) in [(profile, "profile"), (login, "user")] {
            answer
                .assert_status(200)
                .assert_json(&format!("/{user}/bio"), json!(null))
                .assert_json(&format!("/{user}/image"), json!(null));
        }
    }
}

#[tokio::test]
async fn what_a_user_must_have_is_neither_null_nor_blank() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    for member in ["username", "email", "password"] {
        for value in [json!(null), json!(""), json!(" ")] {
            let refused = update(&app, &token, json!({ member: value, "bio": "kept out" })).await;
            refused
                .assert_problem(422, "validation")
                .assert_violations(&[&*format!("/user/{member}")])
                .assert_json("/errors", json!({ member: ["can't be blank"] }));
        }
    }
    app.get("/api/user")
        .bearer(&token)
        .send()
        .await
        .assert_json("/user/username", "jacob")
        .assert_json("/user/email", "jacob@example.com")
        .assert_json("/user/bio", json!(null));
    log_in(&app, "jacob@example.com", "correct horse")
        .await
        .assert_status(200);
}

#[tokio::test]
async fn of_a_password_only_the_length_counts() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    for (length, status) in [(7, 422), (8, 200), (64, 200), (128, 200), (129, 422)] {
        let password = "a".repeat(length);
        update(&app, &token, json!({ "password": password }))
            .await
            .assert_status(status);
    }
}

#[tokio::test]
async fn a_new_password_replaces_the_old_one() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;

    update(&app, &token, json!({ "password": "another horse" }))
        .await
        .assert_status(200);

    log_in(&app, "jacob@example.com", "another horse")
        .await
        .assert_status(200);
    log_in(&app, "jacob@example.com", "correct horse")
        .await
        .assert_problem(401, "unauthorized");
}

#[tokio::test]
async fn an_update_without_a_field_is_refused() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    update(&app, &token, json!({}))
        .await
        .assert_problem(422, "validation");
    update(&app, &token, json!({ "unknown": 1 }))
        .await
        .assert_problem(422, "validation");
}

#[tokio::test]
async fn every_failing_field_is_reported_and_nothing_changes() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;

    update(
        &app,
        &token,
        json!({ "username": "", "email": "no at sign", "password": "short", "bio": "kept out" }),
    )
    .await
    .assert_problem(422, "validation")
    .assert_violations(&["/user/username", "/user/email", "/user/password"]);

    app.get("/api/user")
        .bearer(&token)
        .send()
        .await
        .assert_json("/user/username", "jacob")
        .assert_json("/user/bio", json!(null));
}

#[tokio::test]
async fn what_another_user_has_is_refused_and_nothing_changes() {
    let app = crate::app().build().await;
    register(&app, "anna").await;
    let token = register(&app, "jacob").await;

    update(
        &app,
        &token,
        json!({ "username": "Anna", "email": "ANNA@example.com", "bio": "kept out" }),
    )
    .await
    .assert_problem(409, "conflict")
    .assert_violations(&["/user/email", "/user/username"])
    .assert_json(
        "/errors",
        json!({ "email": ["has already been taken"], "username": ["has already been taken"] }),
    );

    app.get("/api/user")
        .bearer(&token)
        .send()
        .await
        .assert_json("/user/username", "jacob")
        .assert_json("/user/bio", json!(null));
    update(
        &app,
        &token,
        json!({ "username": "JACOB", "email": "Jacob@example.com" }),
    )
    .await
    .assert_status(200);
}

#[tokio::test]
async fn two_callers_in_one_instance_see_themselves() {
    let app = crate::app().build().await;
    let anna = register(&app, "anna").await;
    let jacob = register(&app, "jacob").await;

    let answers = futures::future::join_all((0..32).map(|index| {
        let token = if index % 2 == 0 { &anna } else { &jacob };
        app.get("/api/user").bearer(token).send()
    }))
    .await;

    for (index, answer) in answers.iter().enumerate() {
        let expected = if index % 2 == 0 { "anna" } else { "jacob" };
        answer
            .assert_status(200)
            .assert_json("/user/username", expected);
    }
}

#[tokio::test]
async fn keeps_to_its_budget() {
    let Some(Measured {
        app,
        mut budgets,
        token,
    }) = measured("user").await
    else {
        return;
    };
    budgets
        .measure(&app, "GET /api/user", 200, |app, _| {
            app.get("/api/user").bearer(&token)
        })
        .await;
    budgets
        .measure(&app, "GET /api/user (nobody)", 401, |app, _| {
            app.get("/api/user")
        })
        .await;
    budgets
        .measure(&app, "PUT /api/user", 200, |app, turn| {
            let change = json!({ "user": { "bio": turn.to_string() } });
            app.put("/api/user").bearer(&token).json(&change)
        })
        .await;
    budgets.finish();
}
