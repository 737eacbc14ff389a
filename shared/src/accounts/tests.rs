use futures::executor::block_on;
use jiff::Timestamp;

use super::*;
use crate::db::{Db, Migration, Script, Statement, testing};
use crate::identity::{Email, Taken, UserId, Username};
use crate::password::Password;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

const USERS: Migration = Migration {
    version: 1,
    name: "users",
    sqlite: Script {
        statements: &[Statement {
            line: 1,
            sql: "CREATE TABLE users (
                id TEXT PRIMARY KEY, username TEXT, username_key TEXT UNIQUE, email TEXT,
                email_key TEXT UNIQUE, password_hash TEXT, created_at INTEGER, updated_at INTEGER)",
        }],
        foreign_keys: true,
        checksum: "users",
    },
    postgres: None,
};

fn username(text: &str) -> Username {
    Username::parse(text).expect("a username")
}

fn email(text: &str) -> Email {
    Email::parse(text).expect("an address")
}

fn password(text: &str) -> Password {
    Password::parse(text).expect("a password")
}

async fn registered(db: &Db, name: &str) -> UserId {
    let address = email(&format!("{name}@example.com"));
    register(
        db,
        &username(name),
        &address,
        &password("correct horse"),
        NOW,
    )
    .await
    .expect("the name is free")
}

async fn changed(db: &Db, id: UserId, wanted: &Change) -> Result<(), AccountError> {
    db.transaction(async |tx| change(tx, id, wanted, NOW).await)
        .await
}

fn taken_by(error: AccountError) -> Taken {
    match error {
        AccountError::Taken(taken) => taken,
        other => panic!("{other:?}"),
    }
}

#[test]
fn names_and_addresses_are_unique_by_their_keys() {
    block_on(async {
        let db = testing::database(&[USERS]).await;
        registered(&db, "jacob").await;
        for (name, address, expected) in [
            ("JACOB", "other@example.com", [true, false]),
            ("other", "Jacob@Example.com", [false, true]),
            ("Jacob", "jacob@example.com", [true, true]),
        ] {
            let (name, address) = (username(name), email(address));
            let again = register(&db, &name, &address, &password("correct horse"), NOW).await;
            let taken = taken_by(again.expect_err("it is taken"));
            assert_eq!([taken.username, taken.email], expected);
        }
    });
}

#[test]
fn a_wrong_address_and_a_wrong_password_are_refused_alike() {
    block_on(async {
        let db = testing::database(&[USERS]).await;
        let id = registered(&db, "jacob").await;

        let account = sign_in(&db, "JACOB@example.com", "correct horse").await;

        let account = account.expect("the password is right");
        assert_eq!(account.id, id);
        assert_eq!(
            (&*account.username, &*account.email),
            ("jacob", "jacob@example.com")
        );
        for (address, password) in [
            ("jacob@example.com", "wrong horse"),
            ("anna@example.com", "correct horse"),
            ("jacob", "correct horse"),
            ("jacob@example.com", ""),
        ] {
            let problem = sign_in(&db, address, password).await;
            let problem = problem.expect_err("it is wrong");
            assert_eq!(problem.status(), 401);
            assert_eq!(
                problem.detail(),
                "The e-mail address or the password is wrong."
            );
        }
    });
}

#[test]
fn a_change_is_of_what_it_names_alone() {
    block_on(async {
        let db = testing::database(&[USERS]).await;
        let id = registered(&db, "jacob").await;
        let wanted = Change {
            email: Some(email("jake@example.com")),
            ..Change::default()
        };

        changed(&db, id, &wanted).await.expect("it is free");

        let account = sign_in(&db, "jake@example.com", "correct horse").await;
        assert_eq!(
            account.expect("the password is as it was").username,
            "jacob"
        );
        assert!(
            sign_in(&db, "jacob@example.com", "correct horse")
                .await
                .is_err()
        );

        let hash = password("another horse").hash_with_random_salt();
        let wanted = Change {
            password_hash: Some(hash.expect("there is randomness")),
            ..Change::default()
        };
        changed(&db, id, &wanted).await.expect("it is theirs");
        assert!(
            sign_in(&db, "jake@example.com", "correct horse")
                .await
                .is_err()
        );
        assert!(
            sign_in(&db, "jake@example.com", "another horse")
                .await
                .is_ok()
        );
    });
}

#[test]
fn what_another_account_has_is_refused_and_named() {
    block_on(async {
        let db = testing::database(&[USERS]).await;
        let id = registered(&db, "jacob").await;
        registered(&db, "anna").await;
        let wanted = Change {
            username: Some(username("Anna")),
            email: Some(email("new@example.com")),
            ..Change::default()
        };

        let refused = changed(&db, id, &wanted).await;

        let taken = taken_by(refused.expect_err("anna has the name"));
        assert_eq!([taken.username, taken.email], [true, false]);
        let later = super::taken(&db, id, &wanted).await.expect("asks");
        assert_eq!(later, Some(taken));
        let problem = taken.at("/user");
        assert_eq!(problem.violations()[0].pointer, "/user/username");
        // One's own name in another spelling is one's own.
        let wanted = Change {
            username: Some(username("JACOB")),
            ..Change::default()
        };
        changed(&db, id, &wanted).await.expect("it is theirs");
    });
}

#[test]
fn an_account_that_is_gone_is_not_changed() {
    block_on(async {
        let db = testing::database(&[USERS]).await;
        let wanted = Change {
            username: Some(username("jacob")),
            ..Change::default()
        };

        let refused = changed(&db, UserId::new(NOW), &wanted).await;

        assert!(matches!(refused, Err(AccountError::Gone)));
    });
}
