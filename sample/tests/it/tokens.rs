//! Access tokens: what is accepted, and everything that is not.

use std::time::Duration;

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
    let app = crate::app().signed_by(&mint).build().await;
    let token = register(&app, "jacob").await;
    let (header, claims) = (part(&token, 0), part(&token, 1));
    let now = claims["iat"].as_i64().expect("iat is a number");

    read_self(&app, &mint.sign(&header, &claims))
        .await
        .assert_status(200);

    let media_type = with(header.clone(), "typ", json!("application/at+jwt"));
    let valid_since = with(claims.clone(), "nbf", json!(now));
    read_self(&app, &mint.sign(&media_type, &valid_since))
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
            "not valid yet",
            header.clone(),
            with(claims.clone(), "nbf", json!(now + 3600)),
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
    let app = crate::app().signed_by(&mint).build().await;
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
    let app = crate::app()
        .variable("signing_key", new.private_pem())
        .variable("verification_keys", new.public_pem() + &old.public_pem())
        .build()
        .await;
    let token = register(&app, "jacob").await;
    let claims = part(&token, 1);

    let old_app = crate::app().signed_by(&old).build().await;
    let old_header = part(&register(&old_app, "anna").await, 0);

    read_self(&app, &token).await.assert_status(200);
    read_self(&app, &old.sign(&old_header, &claims))
        .await
        .assert_status(200);
    let new_alone = crate::app().signed_by(&new).build().await;
    read_self(&new_alone, &old.sign(&old_header, &claims))
        .await
        .assert_problem(401, "unauthorized");
}

#[tokio::test]
async fn a_token_of_a_user_who_is_gone_is_refused() {
    let mint = Mint::new();
    let elsewhere = crate::app().seed(1).signed_by(&mint).build().await;
    let token = register(&elsewhere, "jacob").await;
    let other = crate::app().signed_by(&mint).build().await;
    register(&other, "anna").await;
    read_self(&other, &token)
        .await
        .assert_problem(401, "unauthorized");
    other
        .put("/api/user")
        .bearer(&token)
        .json(&json!({ "user": { "bio": "ghost" } }))
        .send()
        .await
        .assert_problem(401, "unauthorized");
}

#[tokio::test]
async fn a_token_that_the_mint_makes_is_one_of_the_applications_own_and_does_not_expire() {
    let mint = Mint::new();
    let app = crate::app().signed_by(&mint).build().await;
    let issued = register(&app, "jacob").await;
    let issued_claims = part(&issued, 1);

    let minted = mint.token_of(issued_claims["sub"].as_str().expect("a user"));
    app.clock().advance(Duration::from_secs(100 * 365 * 86_400));

    read_self(&app, &issued).await.assert_status(401);
    read_self(&app, &minted)
        .await
        .assert_status(200)
        .assert_json("/user/username", "jacob");
    assert_eq!(part(&minted, 0), part(&issued, 0));
    let mut minted_claims = part(&minted, 1);
    for own in ["iat", "exp", "jti"] {
        minted_claims[own] = issued_claims[own].clone();
    }
    assert_eq!(minted_claims, issued_claims);
}
