//! `account`: the caller's own user.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use jenny_test::{Mint, TestApp, TestResponse};
use serde_json::{Value, json};

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
    let app = TestApp::new().await;
    let token = register(&app, "jacob").await;

    for scheme in ["Bearer", "Token", "bearer", "TOKEN"] {
        app.get("/api/user")
            .header("authorization", format!("{scheme} {token}"))
            .send()
            .await
            .assert_status(200)
            .assert_json("/user/username", "jacob")
            .assert_json("/user/email", "jacob@example.com")
            .assert_json("/user/bio", "")
            .assert_json("/user/image", "")
            .assert_json("/user/token", token.as_str());
    }
}

#[tokio::test]
async fn a_missing_token_is_asked_for() {
    let app = TestApp::new().await;
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
    let app = TestApp::new().await;
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
    let app = TestApp::new().await;
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
        .assert_json("/user/bio", "")
        .assert_json("/user/image", "");

    app.get("/api/user")
        .bearer(&token)
        .send()
        .await
        .assert_json("/user/username", "jake")
        .assert_json("/user/email", "jake@example.com")
        .assert_json("/user/bio", "");
}

#[tokio::test]
async fn a_new_password_replaces_the_old_one() {
    let app = TestApp::new().await;
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
    let app = TestApp::new().await;
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
    let app = TestApp::new().await;
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
        .assert_json("/user/bio", "");
}

#[tokio::test]
async fn what_another_user_has_is_refused_and_nothing_changes() {
    let app = TestApp::new().await;
    register(&app, "anna").await;
    let token = register(&app, "jacob").await;

    update(
        &app,
        &token,
        json!({ "username": "Anna", "email": "ANNA@example.com", "bio": "kept out" }),
    )
    .await
    .assert_problem(422, "validation")
    .assert_violations(&["/user/username", "/user/email"]);

    app.get("/api/user")
        .bearer(&token)
        .send()
        .await
        .assert_json("/user/username", "jacob")
        .assert_json("/user/bio", "");
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
    let app = TestApp::new().await;
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

fn part(token: &str, index: usize) -> Value {
    let part = token
        .split('.')
        .nth(index)
        .expect("a token has three parts");
    let bytes = BASE64URL.decode(part).expect("a token is base64url");
    serde_json::from_slice(&bytes).expect("a token's parts are JSON")
}

fn with(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

fn without(mut object: Value, name: &str) -> Value {
    object.as_object_mut().expect("an object").remove(name);
    object
}

async fn read_self(app: &TestApp, token: &str) -> TestResponse {
    app.get("/api/user").bearer(token).send().await
}

#[tokio::test]
async fn every_header_field_and_claim_is_checked() {
    let mint = Mint::new();
    let app = mint.app().await;
    let token = register(&app, "jacob").await;
    let (header, claims) = (part(&token, 0), part(&token, 1));
    let now = claims["iat"].as_i64().expect("iat is a number");

    read_self(&app, &mint.sign(&header, &claims))
        .await
        .assert_status(200);

    let cases = [
        (
            "expired",
            header.clone(),
            with(claims.clone(), "exp", json!(now - 3600)),
        ),
        (
            "without exp",
            header.clone(),
            without(claims.clone(), "exp"),
        ),
        (
            "issued in the future",
            header.clone(),
            with(claims.clone(), "iat", json!(now + 3600)),
        ),
        (
            "without iat",
            header.clone(),
            without(claims.clone(), "iat"),
        ),
        (
            "another audience",
            header.clone(),
            with(claims.clone(), "aud", json!("https://other.example")),
        ),
        (
            "without audience",
            header.clone(),
            without(claims.clone(), "aud"),
        ),
        (
            "another issuer",
            header.clone(),
            with(claims.clone(), "iss", json!("https://other.example")),
        ),
        (
            "without issuer",
            header.clone(),
            without(claims.clone(), "iss"),
        ),
        (
            "no user's subject",
            header.clone(),
            with(claims.clone(), "sub", json!("not-a-uuid")),
        ),
        (
            "without subject",
            header.clone(),
            without(claims.clone(), "sub"),
        ),
        (
            "without identifier",
            header.clone(),
            without(claims.clone(), "jti"),
        ),
        (
            "another type",
            with(header.clone(), "typ", json!("JWT")),
            claims.clone(),
        ),
        (
            "without type",
            without(header.clone(), "typ"),
            claims.clone(),
        ),
        (
            "alg none",
            with(header.clone(), "alg", json!("none")),
            claims.clone(),
        ),
        (
            "alg HS256",
            with(header.clone(), "alg", json!("HS256")),
            claims.clone(),
        ),
        (
            "an unknown key",
            with(header.clone(), "kid", json!("another")),
            claims.clone(),
        ),
        (
            "without a key's name",
            without(header.clone(), "kid"),
            claims.clone(),
        ),
    ];
    for (case, header, claims) in cases {
        let response = read_self(&app, &mint.sign(&header, &claims)).await;
        assert_eq!(response.status.as_u16(), 401, "{case}: {response:?}");
        response.assert_problem(401, "unauthorized");
        let challenge = response.header("www-authenticate").unwrap_or_default();
        assert!(
            challenge.contains("error=\"invalid_token\""),
            "{case}: {response:?}"
        );
    }
}

#[tokio::test]
async fn forged_tokens_are_refused() {
    let mint = Mint::new();
    let app = mint.app().await;
    let token = register(&app, "jacob").await;
    let (header, claims) = (part(&token, 0), part(&token, 1));
    let (signed, signature) = token.rsplit_once('.').expect("a token has three parts");

    let forged = [
        Mint::new().sign(&header, &claims),
        format!("{signed}."),
        format!("{signed}.{}", BASE64URL.encode([0; 64])),
        format!("{}.{signature}", signed.replacen('e', "f", 1)),
        // `alg: none`, unsigned, as RFC 7519 section 6 writes it.
        format!(
            "{}.{}.",
            BASE64URL.encode(json!({ "alg": "none", "typ": "at+jwt" }).to_string()),
            BASE64URL.encode(claims.to_string())
        ),
    ];
    for token in forged {
        read_self(&app, &token)
            .await
            .assert_problem(401, "unauthorized");
    }
}

#[tokio::test]
async fn a_key_that_was_rotated_out_still_verifies_while_it_is_listed() {
    let (old, new) = (Mint::new(), Mint::new());
    let app = TestApp::builder()
        .variable("signing_key", new.private_pem())
        .variable("verification_keys", new.public_pem() + &old.public_pem())
        .build()
        .await;
    let token = register(&app, "jacob").await;
    let claims = part(&token, 1);

    let old_app = old.app().await;
    let old_header = part(&register(&old_app, "anna").await, 0);

    read_self(&app, &token).await.assert_status(200);
    read_self(&app, &old.sign(&old_header, &claims))
        .await
        .assert_status(200);
    read_self(&new.app().await, &old.sign(&old_header, &claims))
        .await
        .assert_problem(401, "unauthorized");
}

#[tokio::test]
async fn a_token_of_a_user_who_is_gone_is_refused() {
    let mint = Mint::new();
    let token = register(&mint.app().await, "jacob").await;
    let other = mint.app().await;
    register(&other, "anna").await;
    read_self(&other, &token)
        .await
        .assert_problem(401, "unauthorized");
    update(&other, &token, json!({ "bio": "ghost" }))
        .await
        .assert_problem(401, "unauthorized");
}
