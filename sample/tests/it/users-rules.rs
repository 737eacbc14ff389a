//! `users` and `user`: which names, addresses and passwords users may have.

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, phc};
use jenny_test::{TestApp, TestResponse};
use serde_json::json;

async fn register(app: &TestApp, username: &str, email: &str, password: &str) -> TestResponse {
    let user = json!({ "username": username, "email": email, "password": password });
    app.post("/api/users")
        .json(&json!({ "user": user }))
        .send()
        .await
}

async fn log_in(app: &TestApp, password: &str) -> TestResponse {
    app.post("/api/users/login")
        .json(&json!({ "user": { "email": "jake@example.com", "password": password } }))
        .send()
        .await
}

#[tokio::test]
async fn names_and_addresses_that_could_pass_for_others_are_refused() {
    let app = crate::app().build().await;
    for name in ["аdmin", "adm\u{456}n", "jacob\u{378}", "jacob\u{E000}"] {
        register(&app, name, "jake@example.com", "correct horse")
            .await
            .assert_problem(422, "validation")
            .assert_violations(&["/user/username"]);
    }
    for address in [
        "jake＠example.com",
        "x＠y@example.com",
        "jake@xn--a.example",
    ] {
        register(&app, "jacob", address, "correct horse")
            .await
            .assert_problem(422, "validation")
            .assert_violations(&["/user/email"]);
    }
}

#[tokio::test]
async fn names_and_addresses_are_taken_in_every_spelling() {
    let app = crate::app().build().await;
    register(&app, "Straße", "jake@bücher.example", "correct horse")
        .await
        .assert_status(201);

    register(
        &app,
        "STRASSE",
        "jake@XN--BCHER-KVA.example",
        "correct horse",
    )
    .await
    .assert_problem(409, "conflict")
    .assert_violations(&["/user/email", "/user/username"]);
}

#[tokio::test]
async fn a_password_is_the_same_in_every_composition() {
    let app = crate::app().build().await;
    register(&app, "jacob", "jake@example.com", "correct hörse")
        .await
        .assert_status(201);

    for typed in ["correct ho\u{308}rse", "ｃｏｒｒｅｃｔ　ｈörse"] {
        log_in(&app, typed).await.assert_status(200);
    }
    log_in(&app, "correct horse").await.assert_status(401);
}

#[tokio::test]
async fn a_hash_of_a_password_as_it_was_typed_is_replaced_at_login() {
    let app = crate::app().build().await;
    register(&app, "jacob", "jake@example.com", "something else")
        .await
        .assert_status(201);
    let typed = "correct ho\u{308}rse";
    let old: phc::PasswordHash = Argon2::default()
        .hash_password_with_salt(typed.as_bytes(), &[3; 16])
        .expect("hashes");
    app.sql(&format!("UPDATE users SET password_hash = '{old}'"))
        .await;

    log_in(&app, "correct hörse").await.assert_status(401);
    log_in(&app, typed).await.assert_status(200);

    // The new hash is of the form that every keyboard's spelling comes to.
    log_in(&app, "correct hörse").await.assert_status(200);
    log_in(&app, typed).await.assert_status(200);
}

#[tokio::test]
async fn control_characters_are_refused_in_passwords() {
    let app = crate::app().build().await;
    for password in [
        "correct\thorse",
        "correct horse\n",
        "correct\0horse",
        "correct\u{85}horse",
    ] {
        register(&app, "jacob", "jake@example.com", password)
            .await
            .assert_problem(422, "validation")
            .assert_violations(&["/user/password"]);
    }
}

#[tokio::test]
async fn common_passwords_are_refused_where_the_service_says_so() {
    let app = crate::app()
        .variable("common_passwords", "refuse")
        .build()
        .await;
    let token = register(&app, "jacob", "jake@example.com", "correct horse")
        .await
        .assert_status(201)
        .string_at("/user/token");

    for password in [
        "password",
        "Password123",
        "QWERTYUIOP",
        "ｐａｓｓｗｏｒｄ１",
    ] {
        register(&app, "anna", "anna@example.com", password)
            .await
            .assert_problem(422, "validation")
            .assert_violations(&["/user/password"]);
        app.put("/api/user")
            .bearer(&token)
            .json(&json!({ "user": { "password": password } }))
            .send()
            .await
            .assert_problem(422, "validation")
            .assert_violations(&["/user/password"]);
    }
    log_in(&app, "correct horse").await.assert_status(200);
}

#[tokio::test]
async fn the_sample_allows_common_passwords() {
    let app = crate::app().build().await;
    register(&app, "jacob", "jake@example.com", "password123")
        .await
        .assert_status(201);
}

#[tokio::test]
async fn what_is_allowed_is_never_guessed() {
    let app = crate::app()
        .variable("common_passwords", "sometimes")
        .build()
        .await;
    register(&app, "jacob", "jake@example.com", "password123")
        .await
        .assert_problem(500, "internal");
    let logs = app.logs();
    assert!(
        logs.iter().any(|line| line.contains("common_passwords")),
        "{logs:?}"
    );
}
