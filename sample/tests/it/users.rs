//! `users`: registration and login.

use argon2::password_hash::{PasswordHasher, phc};
use argon2::{Algorithm, Argon2, Params, Version};
use jenny_test::{TestApp, TestResponse};
use serde_json::{Value, json};

use crate::measured::{Measured, measured};

fn registration(username: &str, email: &str) -> Value {
    json!({ "user": { "username": username, "email": email, "password": "correct horse" } })
}

fn credentials(email: &str, password: &str) -> Value {
    json!({ "user": { "email": email, "password": password } })
}

async fn register(app: &TestApp, username: &str, email: &str) -> TestResponse {
    app.post("/api/users")
        .json(&registration(username, email))
        .send()
        .await
}

async fn log_in(app: &TestApp, email: &str, password: &str) -> TestResponse {
    app.post("/api/users/login")
        .json(&credentials(email, password))
        .send()
        .await
}

#[tokio::test]
async fn registers_and_logs_in() {
    let app = crate::app().build().await;

    let registered = register(&app, "jacob", "jake@example.com").await;
    let logged_in = log_in(&app, "jake@example.com", "correct horse").await;

    registered
        .assert_status(201)
        .assert_header("content-type", "application/json")
        .assert_json("/user/username", "jacob")
        .assert_json("/user/email", "jake@example.com")
        .assert_json("/user/bio", json!(null))
        .assert_json("/user/image", json!(null));
    logged_in
        .assert_status(200)
        .assert_json("/user/username", "jacob");
    assert_ne!(
        registered.string_at("/user/token"),
        logged_in.string_at("/user/token"),
        "each token has an identifier of its own"
    );
}

#[tokio::test]
async fn the_answer_never_holds_the_password() {
    let app = crate::app().build().await;
    let registered = register(&app, "jacob", "jake@example.com").await;
    assert!(!registered.text().contains("correct horse"));
    assert!(!registered.text().contains("argon2"));
}

#[tokio::test]
async fn unknown_fields_are_ignored_and_never_bound() {
    let app = crate::app().build().await;
    app.post("/api/users")
        .json(&json!({
            "user": {
                "username": "jacob", "email": "jake@example.com", "password": "correct horse",
                "bio": "smuggled", "id": "0", "admin": true,
            },
            "extra": 1,
        }))
        .send()
        .await
        .assert_status(201)
        .assert_json("/user/bio", json!(null));
}

#[tokio::test]
async fn every_failing_field_is_reported_at_once() {
    let app = crate::app().build().await;
    let response = app
        .post("/api/users")
        .json(&json!({ "user": { "username": "", "email": "no at sign", "password": "short" } }))
        .send()
        .await;

    response
        .assert_problem(422, "validation")
        .assert_violations(&["/user/username", "/user/email", "/user/password"]);
    response.assert_json(
        "/errors",
        json!({
            "username": ["can't be blank"],
            "email": ["must be an e-mail address"],
            "password": ["must have at least 8 characters"],
        }),
    );
}

#[tokio::test]
async fn wrong_types_and_broken_rules_are_reported_together() {
    let app = crate::app().build().await;
    app.post("/api/users")
        .json(&json!({ "user": { "username": 7, "email": ["a"], "password": "short" } }))
        .send()
        .await
        .assert_problem(422, "validation")
        .assert_violations(&["/user/username", "/user/email", "/user/password"]);
}

#[tokio::test]
async fn missing_and_null_fields_are_reported() {
    let app = crate::app().build().await;
    for body in [
        json!({ "user": {} }),
        json!({ "user": { "username": null, "email": null, "password": null } }),
    ] {
        app.post("/api/users")
            .json(&body)
            .send()
            .await
            .assert_problem(422, "validation")
            .assert_violations(&["/user/username", "/user/email", "/user/password"]);
    }
    app.post("/api/users")
        .json(&json!({}))
        .send()
        .await
        .assert_problem(422, "validation")
        .assert_violations(&["/user"]);
}

#[tokio::test]
async fn over_long_fields_are_refused() {
    let app = crate::app().build().await;
    let long = "a".repeat(100_000);
    app.post("/api/users")
        .json(&json!({
            "user": { "username": long, "email": format!("{long}@example.com"), "password": long }
        }))
        .send()
        .await
        .assert_problem(422, "validation")
        .assert_violations(&["/user/username", "/user/email", "/user/password"]);
}

#[tokio::test]
async fn a_taken_name_and_a_taken_address_are_both_named() {
    let app = crate::app().build().await;
    register(&app, "jacob", "jake@example.com")
        .await
        .assert_status(201);

    register(&app, "jacob", "other@example.com")
        .await
        .assert_problem(409, "conflict")
        .assert_violations(&["/user/username"]);
    register(&app, "other", "jake@example.com")
        .await
        .assert_problem(409, "conflict")
        .assert_violations(&["/user/email"]);
    register(&app, "Jacob", "JAKE@Example.com")
        .await
        .assert_problem(409, "conflict")
        .assert_violations(&["/user/email", "/user/username"])
        .assert_json(
            "/errors",
            json!({ "email": ["has already been taken"], "username": ["has already been taken"] }),
        );
}

#[tokio::test]
async fn of_racing_registrations_one_wins() {
    let app = crate::app().build().await;
    let body = registration("jacob", "jake@example.com");

    let answers =
        futures::future::join_all((0..8).map(|_| app.post("/api/users").json(&body).send())).await;

    let (won, lost): (Vec<_>, Vec<_>) = answers
        .iter()
        .partition(|answer| answer.status.as_u16() == 201);
    assert_eq!(won.len(), 1, "{answers:?}");
    for answer in lost {
        answer
            .assert_problem(409, "conflict")
            .assert_violations(&["/user/email", "/user/username"]);
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_get_the_same_answer() {
    let app = crate::app().build().await;
    register(&app, "jacob", "jake@example.com")
        .await
        .assert_status(201);

    let wrong = log_in(&app, "jake@example.com", "not the password").await;
    let unknown = log_in(&app, "nobody@example.com", "not the password").await;

    wrong
        .assert_problem(401, "unauthorized")
        .assert_json("/errors", json!({ "credentials": ["invalid"] }));
    let without_request = |response: &TestResponse| {
        let mut body = response.json();
        if let Some(members) = body.as_object_mut() {
            members.retain(|name, _| name != "instance" && name != "requestId");
        }
        body
    };
    assert_eq!(wrong.status, unknown.status);
    assert_eq!(without_request(&wrong), without_request(&unknown));
}

#[tokio::test]
async fn over_long_credentials_are_wrong_ones() {
    let app = crate::app().build().await;
    register(&app, "jacob", "jake@example.com")
        .await
        .assert_status(201);
    let long = "a".repeat(500_000);

    for (email, password) in [
        ("jake@example.com", long.as_str()),
        ("nobody@example.com", long.as_str()),
        (long.as_str(), "correct horse"),
        (&format!("{long}@example.com"), long.as_str()),
    ] {
        log_in(&app, email, password)
            .await
            .assert_problem(401, "unauthorized");
    }
}

#[tokio::test]
async fn a_hash_of_weaker_parameters_is_replaced_at_login() {
    let app = crate::app().build().await;
    register(&app, "jacob", "jake@example.com")
        .await
        .assert_status(201);
    // What OWASP's first choice was half of: enough that the login has something to raise.
    let weaker = Params::new(9_728, 2, 1, None).expect("valid parameters");
    let old: phc::PasswordHash = Argon2::new(Algorithm::Argon2id, Version::V0x13, weaker)
        .hash_password_with_salt(b"correct horse", &[3; 16])
        .expect("hashes");
    app.sql(&format!("UPDATE users SET password_hash = '{old}'"))
        .await;
    let stored = async || app.sql("SELECT password_hash FROM users").await[0][0].to_string();
    assert!(stored().await.contains("m=9728,"));

    log_in(&app, "jake@example.com", "not the password")
        .await
        .assert_status(401);
    assert!(
        stored().await.contains("m=9728,"),
        "a wrong password replaces nothing"
    );
    log_in(&app, "jake@example.com", "correct horse")
        .await
        .assert_status(200);

    let replaced = stored().await;
    assert!(
        replaced.contains("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{replaced}"
    );
    log_in(&app, "jake@example.com", "correct horse")
        .await
        .assert_status(200);
    assert_eq!(
        stored().await,
        replaced,
        "a hash of today's parameters is kept"
    );
    log_in(&app, "jake@example.com", "not the password")
        .await
        .assert_status(401);
}

#[tokio::test]
async fn nobody_is_registered_who_could_not_be_signed_in() {
    for (variable, value) in [
        ("access_token_ttl_seconds", "30"),
        ("signing_key", "not a key"),
    ] {
        let app = crate::app().variable(variable, value).build().await;

        let response = register(&app, "jacob", "jake@example.com").await;

        response.assert_problem(500, "internal");
        assert!(!response.text().contains(variable), "{response:?}");
        assert_eq!(
            app.sql("SELECT count(*) FROM users").await,
            [[0]],
            "{variable}"
        );
        let logs = app.logs();
        assert!(logs.iter().any(|line| line.contains(variable)), "{logs:?}");
    }
}

#[tokio::test]
async fn a_name_cannot_be_taken_again_with_what_cannot_be_seen() {
    let app = crate::app().build().await;
    register(&app, "jacob", "jake@example.com")
        .await
        .assert_status(201);

    for (name, status, kind) in [
        ("jacob \u{200D}", 409, "conflict"),
        ("ja\u{200D}cob", 409, "conflict"),
        ("jacob\u{2800}", 422, "validation"),
        ("jacob\u{34F}", 422, "validation"),
    ] {
        register(&app, name, "other@example.com")
            .await
            .assert_problem(status, kind)
            .assert_violations(&["/user/username"]);
    }
}

#[tokio::test]
async fn addresses_compare_without_case() {
    let app = crate::app().build().await;
    register(&app, "jacob", "jake@example.com")
        .await
        .assert_status(201);
    log_in(&app, "Jake@EXAMPLE.com", "correct horse")
        .await
        .assert_status(200)
        .assert_json("/user/email", "jake@example.com");
}

#[tokio::test]
async fn text_is_stored_as_text() {
    let app = crate::app().build().await;
    for (index, name) in ["Robert'); DROP TABLE users;--", "🦀", "مرحبا", "<b>x</b>"]
        .iter()
        .enumerate()
    {
        let response = register(&app, name, &format!("user{index}@example.com")).await;
        if response.status.as_u16() == 201 {
            response.assert_json("/user/username", *name);
        } else {
            response
                .assert_problem(422, "validation")
                .assert_violations(&["/user/username"]);
        }
    }
    register(&app, "still-there", "still@example.com")
        .await
        .assert_status(201);
}

#[tokio::test]
async fn other_methods_are_refused_with_the_allowed_ones() {
    let app = crate::app().build().await;
    for path in ["/api/users", "/api/users/login"] {
        app.get(path)
            .send()
            .await
            .assert_problem(405, "method-not-allowed")
            .assert_header("allow", "POST");
    }
}

#[tokio::test]
async fn keeps_to_its_budget() {
    let Some(Measured {
        app, mut budgets, ..
    }) = measured("users").await
    else {
        return;
    };
    budgets
        .measure(&app, "POST /api/users", 201, |app, turn| {
            let user = registration(&turn.to_string(), &format!("{turn}@example.com"));
            app.post("/api/users").json(&user)
        })
        .await;
    budgets
        .measure(&app, "POST /api/users (refused)", 422, |app, _| {
            app.post("/api/users").json(&json!({}))
        })
        .await;
    budgets
        .measure(&app, "POST /api/users/login", 200, |app, _| {
            let user = credentials("cold@example.com", "correct horse");
            app.post("/api/users/login").json(&user)
        })
        .await;
    budgets.finish();
}
