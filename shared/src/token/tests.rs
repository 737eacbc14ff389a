use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::Signer as _;
use ed25519_dalek::pkcs8::EncodePublicKey as _;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::identity::UserId;

const NOW: i64 = 1_800_000_000;
pub(super) const HOUR: Duration = Duration::from_secs(3600);

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("within range")
}

pub(super) fn now() -> Timestamp {
    at(NOW)
}

pub(super) fn issuer() -> Issuer {
    Issuer::new("https://api.example")
}

pub(super) fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

fn keys(seeds: &[u8]) -> KeySet {
    seeds.iter().map(|&seed| key(seed).public_key()).collect()
}

fn issue(seed: u8) -> (UserId, String) {
    let user_id = UserId::new(now());
    let token = key(seed)
        .issue(&issuer(), user_id, now(), HOUR)
        .expect("issues");
    (user_id, token.into_string())
}

fn verify(token: &str) -> Result<Claims, TokenError> {
    keys(&[1]).verify(token, &issuer(), now())
}

pub(super) fn public_pem(seed: u8) -> String {
    let key = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]);
    key.verifying_key()
        .to_public_key_pem(LineEnding::LF)
        .expect("encodes")
}

pub(super) fn private_pem(seed: u8) -> String {
    use ed25519_dalek::pkcs8::EncodePrivateKey as _;
    let key = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]);
    key.to_pkcs8_pem(LineEnding::LF)
        .expect("encodes")
        .to_string()
}

fn header() -> Value {
    json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": key(1).public_key().kid() })
}

fn claims() -> Value {
    json!({
        "iss": "https://api.example", "aud": "https://api.example/api",
        "sub": "01920000-0000-7000-8000-000000000000", "jti": "01920000-0000-7000-8000-000000000001",
        "iat": NOW, "exp": NOW + 3600,
    })
}

/// A token with any content, properly signed by key 1.
fn signed(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = ed25519_dalek::SigningKey::from_bytes(&[1; 32]).sign(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

fn with(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

fn without(mut object: Value, name: &str) -> Value {
    object.as_object_mut().expect("an object").remove(name);
    object
}

#[test]
fn an_issued_token_verifies_and_says_what_was_put_in() {
    let (user_id, token) = issue(1);

    let claims = verify(&token).expect("verifies");

    assert_eq!(claims.user_id(), user_id);
    assert_eq!(claims.issued_at_seconds(), NOW);
    assert_eq!(claims.expires_at_seconds(), NOW + 3600);
    assert_ne!(
        claims.token_id(),
        verify(&issue(1).1).expect("verifies").token_id()
    );
    assert!(token.len() < 1024, "{} bytes", token.len());
}

#[test]
fn the_tests_own_signer_is_accepted() {
    assert!(verify(&signed(&header(), &claims())).is_ok());
}

#[test]
fn the_thumbprint_is_that_of_rfc_8037() {
    // RFC 8037, appendices A.2 and A.3.
    let key = PublicKey::from_x("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").expect("a key");
    assert_eq!(key.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn time_rules_with_a_small_leeway() {
    let (_, token) = issue(1);
    let verify_at = |second| keys(&[1]).verify(&token, &issuer(), at(second)).map(|_| ());

    assert_eq!(verify_at(NOW + 3600 + LEEWAY_SECONDS - 1), Ok(()));
    assert_eq!(
        verify_at(NOW + 3600 + LEEWAY_SECONDS),
        Err(TokenError::Expired)
    );
    assert_eq!(verify_at(NOW - LEEWAY_SECONDS), Ok(()));
    assert_eq!(
        verify_at(NOW - LEEWAY_SECONDS - 1),
        Err(TokenError::NotYetIssued)
    );
    assert_eq!(verify_at(253_402_200_000), Err(TokenError::Expired));
}

#[test]
fn a_token_is_refused_before_its_nbf() {
    let verify = |nbf| verify(&signed(&header(), &with(claims(), "nbf", nbf))).map(|_| ());

    assert_eq!(verify(json!(NOW + LEEWAY_SECONDS)), Ok(()));
    assert_eq!(
        verify(json!(NOW + LEEWAY_SECONDS + 1)),
        Err(TokenError::NotYetValid)
    );
    assert_eq!(verify(json!(i64::MAX)), Err(TokenError::NotYetValid));
    assert_eq!(verify(json!(i64::MIN)), Ok(()));
    for wrong in [Value::Null, json!("soon"), json!(1.5)] {
        assert_eq!(verify(wrong.clone()), Err(TokenError::Claims), "{wrong}");
    }
}

#[test]
fn both_forms_of_the_type_are_accepted_in_any_case() {
    for typ in [
        "at+jwt",
        "AT+JWT",
        "application/at+jwt",
        "Application/At+Jwt",
    ] {
        let token = signed(&with(header(), "typ", json!(typ)), &claims());
        assert!(verify(&token).is_ok(), "{typ}");
    }
    for typ in ["application/jwt", "application/", "text/at+jwt", "at+jwt "] {
        let token = signed(&with(header(), "typ", json!(typ)), &claims());
        assert_eq!(verify(&token), Err(TokenError::Type), "{typ}");
    }
}

#[test]
fn every_claim_is_checked() {
    for name in ["iss", "aud", "sub", "iat", "exp", "jti"] {
        let token = signed(&header(), &without(claims(), name));
        assert_eq!(verify(&token), Err(TokenError::Claims), "without {name}");
        let token = signed(&header(), &with(claims(), name, Value::Null));
        assert_eq!(verify(&token), Err(TokenError::Claims), "null {name}");
    }
    for (name, value) in [
        ("iss", json!("https://other.example")),
        ("iss", json!("https://api.example/")),
        ("aud", json!("https://other.example")),
        ("aud", json!(["https://other.example"])),
        ("sub", json!("jake")),
        ("jti", json!(7)),
        ("exp", json!("soon")),
        ("iat", json!(1.5)),
    ] {
        let token = signed(&header(), &with(claims(), name, value));
        assert_eq!(verify(&token), Err(TokenError::Claims), "{name}");
    }
    let extremes = with(
        with(claims(), "exp", json!(i64::MAX)),
        "iat",
        json!(i64::MIN),
    );
    assert!(
        verify(&signed(&header(), &extremes)).is_ok(),
        "overflows nowhere"
    );
}

#[test]
fn every_header_is_checked() {
    for (header, error) in [
        (with(header(), "alg", json!("none")), TokenError::Malformed),
        (with(header(), "alg", json!("HS256")), TokenError::Algorithm),
        (with(header(), "alg", json!("ES256")), TokenError::Algorithm),
        (without(header(), "alg"), TokenError::Malformed),
        (with(header(), "typ", json!("JWT")), TokenError::Type),
        (without(header(), "typ"), TokenError::Type),
        (
            with(header(), "kid", json!("other")),
            TokenError::UnknownKey,
        ),
        (without(header(), "kid"), TokenError::UnknownKey),
        (
            with(header(), "crit", json!(["exp"])),
            TokenError::CriticalHeader,
        ),
    ] {
        assert_eq!(verify(&signed(&header, &claims())), Err(error), "{header}");
    }
}

#[test]
fn a_secret_made_of_the_public_key_signs_nothing() {
    // The classic swap: HS256 with the public key as the secret. It ends at the algorithm.
    let token = signed(&with(header(), "alg", json!("HS256")), &claims());
    assert_eq!(verify(&token), Err(TokenError::Algorithm));
}

#[test]
fn forgeries_and_garbage_are_refused() {
    let (_, token) = issue(1);
    let (message, signature) = token.rsplit_once('.').expect("three parts");
    let (head, body) = message.split_once('.').expect("three parts");
    let other_body =
        URL_SAFE_NO_PAD.encode(with(claims(), "sub", json!(UserId::new(now()))).to_string());
    // Key 2 signs and claims to be key 1.
    let forged = {
        let message = format!("{head}.{body}");
        let signature = ed25519_dalek::SigningKey::from_bytes(&[2; 32]).sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    };

    for token in [
        forged,
        format!("{head}.{other_body}.{signature}"),
        format!("{message}."),
        format!("{message}.{}", URL_SAFE_NO_PAD.encode([0; 64])),
        format!("{message}.{}", &signature[..40]),
        format!("{message}.{signature}AAAA"),
        format!("{message}.{signature}=="),
        message.to_owned(),
        format!("{token}.{signature}"),
        "..".to_owned(),
        String::new(),
        "\u{1F511}".to_owned(),
        "a".repeat(1_000_000),
        format!("{head}.{}.{signature}", "a".repeat(10_000)),
    ] {
        assert!(verify(&token).is_err(), "{}", &token[..token.len().min(80)]);
    }
}

#[test]
fn keys_rotate_by_their_names() {
    let (_, old) = issue(1);
    let (_, new) = issue(2);
    let accepts = |seeds: &[u8], token: &str| keys(seeds).verify(token, &issuer(), now()).is_ok();

    assert!(accepts(&[1, 2], &old) && accepts(&[1, 2], &new) && accepts(&[2, 1], &old));
    assert!(
        accepts(&[2], &new) && !accepts(&[2], &old),
        "the old key was taken out"
    );
    assert!(!accepts(&[], &new), "no key accepts nothing");
}

#[test]
fn keys_are_read_from_pem() {
    let key = SigningKey::from_pem(&private_pem(1)).expect("a private key");
    let escaped = SigningKey::from_pem(&private_pem(1).replace('\n', "\\n")).expect("one line");
    let both = KeySet::from_pem(&format!(
        "current\n{}\n\nolder:\n{}",
        public_pem(1),
        public_pem(2)
    ));
    let both = both.expect("two public keys");

    assert_eq!(key.public_key(), super::tests::key(1).public_key());
    assert_eq!(escaped.public_key(), key.public_key());
    assert!(both.contains(&key.public_key()) && both.contains(&super::tests::key(2).public_key()));
    assert!(KeySet::from_pem(" \n").expect("nothing").is_empty());
}

#[test]
fn what_is_no_key_is_refused_and_never_quoted() {
    for text in [
        "",
        "secret",
        "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----",
        &public_pem(1),
    ] {
        let error = SigningKey::from_pem(text).expect_err("is none");
        assert!(!error.to_string().contains("secret"));
    }
    for text in [
        "secret",
        &private_pem(1),
        "-----BEGIN PUBLIC KEY-----\nsecret",
        &(public_pem(1) + &private_pem(1)),
    ] {
        assert_eq!(KeySet::from_pem(text).err(), Some(KeyError::NoPublicKey));
    }
    let many: String = (0..=KeySet::MAX_KEYS as u8).map(public_pem).collect();
    assert_eq!(KeySet::from_pem(&many).err(), Some(KeyError::TooManyKeys));
    // A point of small order: anyone could forge for it.
    let weak = URL_SAFE_NO_PAD.encode([1].iter().chain(&[0; 31]).copied().collect::<Vec<u8>>());
    assert_eq!(PublicKey::from_x(&weak).err(), Some(KeyError::NoPublicKey));
}

#[test]
fn debug_shows_no_secret() {
    let shown = format!("{:?} {:?}", key(1), AccessToken::new("a.b.c".to_owned()));
    assert!(
        !shown.contains("a.b.c") && !shown.contains("1, 1"),
        "{shown}"
    );
}
