use futures::executor::block_on;

use super::super::tests::{HOUR, issuer, key, now, private_pem, public_pem};
use super::*;
use crate::db::{Migration, Script, Statement, testing};
use crate::identity::UserId;
use crate::token::PublicKey;

fn decide_at(
    url: &str,
    private: Option<u8>,
    public: &[u8],
    dialect: Dialect,
) -> Result<Option<PublicKey>, String> {
    let url = PublicUrl::parse(url).expect("a URL");
    let private = private.map(private_pem);
    let public: String = public.iter().map(|&seed| public_pem(seed)).collect();
    configured_signing_key(private.as_deref(), &public, dialect, &url)
        .map(|key| key.map(|key| key.public_key()))
        .map_err(|error| error.to_string())
}

#[test]
fn a_service_that_others_reach_has_no_development_key() {
    let decide =
        |private, public| decide_at("https://api.example", private, public, Dialect::Sqlite);

    let message = decide(None, &[]).expect_err("has no key");
    for part in ["signing_key", "public_url", "openssl", "verification_keys"] {
        assert!(message.contains(part), "{part} in {message}");
    }
    assert_eq!(decide(Some(1), &[1]), Ok(Some(key(1).public_key())));
}

#[test]
fn the_variables_must_fit_each_other() {
    let decide = |private: Option<u8>, public: &[u8], dialect| {
        decide_at("http://127.0.0.1:3000", private, public, dialect)
    };

    let first = Some(key(1).public_key());
    assert_eq!(decide(Some(1), &[1, 2], Dialect::Postgres), Ok(first));
    assert_eq!(decide(None, &[], Dialect::Sqlite), Ok(None));
    for (refused, variable) in [
        (decide(Some(1), &[2], Dialect::Sqlite), "verification_keys"),
        (decide(Some(1), &[], Dialect::Sqlite), "verification_keys"),
        (decide(None, &[1], Dialect::Sqlite), "signing_key"),
        (decide(None, &[], Dialect::Postgres), "signing_key"),
    ] {
        let message = refused.expect_err("does not fit");
        assert!(message.contains(variable), "{message}");
    }
}

const TABLES: Migration = Migration {
    version: 1,
    name: "keys",
    sqlite: Script {
        statements: &[
            Statement {
                line: 1,
                sql: "CREATE TABLE development_signing_keys (id INTEGER PRIMARY KEY, private_key TEXT, created_at INTEGER)",
            },
            Statement {
                line: 3,
                sql: "CREATE TABLE development_verification_keys (id INTEGER PRIMARY KEY, public_key TEXT, created_at INTEGER)",
            },
        ],
        foreign_keys: true,
        checksum: "keys",
    },
    postgres: None,
};

#[test]
fn instances_that_both_find_no_development_key_agree_on_one() {
    block_on(async {
        let db = testing::database(&[TABLES]).await;

        // Each had looked, in vain, before the other wrote.
        let one = create_development_key(&db, now()).await.expect("creates");
        let other = create_development_key(&db, now()).await.expect("finds");

        assert_eq!(one.public_key(), other.public_key());
        let token = other
            .issue(&issuer(), UserId::new(now()), now(), HOUR)
            .expect("issues");
        let keys = development_key_set(&db).await.expect("reads");
        assert!(keys.verify(token.as_str(), &issuer(), now()).is_ok());
    });
}

#[test]
fn the_development_key_is_made_once_and_verifiers_find_it() {
    block_on(async {
        let db = testing::database(&[TABLES]).await;
        assert!(development_key_set(&db).await.expect("reads").is_empty());

        let first = development_signing_key(&db, now()).await.expect("creates");
        let second = development_signing_key(&db, now()).await.expect("reads");

        assert_eq!(first.public_key(), second.public_key());
        let token = second
            .issue(&issuer(), UserId::new(now()), now(), HOUR)
            .expect("issues");
        let keys = development_key_set(&db).await.expect("reads");
        assert!(keys.verify(token.as_str(), &issuer(), now()).is_ok());
    });
}
