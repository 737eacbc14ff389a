//! Comparison keys in the database: which one a row has, and how rows come to the present ones.
//!
//! The rules by which names and addresses are compared change with versions of this code (docs/adr/0033).
//! A migration lists the users whose keys may be others by the new rules, in `outdated_user_keys`. Keys are
//! computed by code, so the list is worked off by the functions that write keys, before they do anything
//! else.

use axum::Extension;

use super::{Email, UserId, Username};
use crate::db::{Database, Db, DbError, Migration, Transaction, params};

/// How many users a transaction brings up to date: other writers wait for no more than that.
const BATCH: i64 = 200;

/// As [`db::layer`](crate::db::layer), for functions that give users names and addresses: the keys of all
/// users are by the present rules before the first handler runs.
pub fn layer(migrations: &'static [Migration]) -> Extension<Database> {
    crate::db::layer_with(migrations, |db| Box::pin(bring_up_to_date(db)))
}

/// A user whose keys may be by earlier rules.
struct Outdated {
    id: UserId,
    username: String,
    username_key: String,
    email: String,
    email_key: String,
}

crate::from_row!(Outdated {
    id,
    username,
    username_key,
    email,
    email_key
});

const OUTDATED: &str = "SELECT users.id, username, username_key, email, email_key
     FROM outdated_user_keys JOIN users ON users.id = user_id
     ORDER BY user_id LIMIT $1";

const DONE: &str = "DELETE FROM outdated_user_keys WHERE user_id = $1";

const SET_USERNAME_KEY: &str = "UPDATE users SET username_key = $1
     WHERE id = $2 AND NOT EXISTS (SELECT 1 FROM users AS other WHERE other.username_key = $1)";

const SET_EMAIL_KEY: &str = "UPDATE users SET email_key = $1
     WHERE id = $2 AND NOT EXISTS (SELECT 1 FROM users AS other WHERE other.email_key = $1)";

/// Gives every listed user the keys of the present rules. Instances that come first together each begin;
/// a user is taken off the list by one of them.
pub(crate) async fn bring_up_to_date(db: &Db) -> Result<(), DbError> {
    loop {
        let users: Vec<Outdated> = db.query(OUTDATED, params![BATCH]).await?;
        if users.is_empty() {
            return Ok(());
        }
        db.transaction(async |tx| {
            for user in &users {
                update(tx, user).await?;
            }
            Ok::<_, DbError>(())
        })
        .await?;
    }
}

async fn update(tx: &mut Transaction, user: &Outdated) -> Result<(), DbError> {
    // Holds the user's entry until the transaction ends, so that a second instance waits here.
    if tx.execute(DONE, params![user.id]).await? == 0 {
        return Ok(());
    }
    let username_key = Username::sought(&user.username).map(|name| name.key());
    let email_key = Email::sought(&user.email).map(|email| email.key());
    for (what, before, now, set) in [
        (
            "username",
            &user.username_key,
            username_key,
            SET_USERNAME_KEY,
        ),
        ("email", &user.email_key, email_key, SET_EMAIL_KEY),
    ] {
        let Some(now) = now.filter(|now| now != before) else {
            continue;
        };
        if tx.execute(set, params![now, user.id]).await? == 0 {
            // Neither the name nor the address: the log is no place for them.
            tracing::warn!(
                user_id = %user.id,
                what,
                "two users have what is the same by the rules of today; both keep it, and are found by \
                 their own spelling"
            );
        }
    }
    Ok(())
}

impl Username {
    /// The key under which the database has this name: the one of the [present rules](Self::key), unless a
    /// user of this very spelling kept the one of earlier rules, because another user has the present one.
    /// Asks the database for names alone that the two rules tell apart.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub async fn stored_key(&self, db: &Db) -> Result<String, DbError> {
        const KEPT: &str = "SELECT username_key FROM users WHERE username_key = $1";
        stored_key(db, KEPT, self.previous_key(), self.key()).await
    }
}

impl Email {
    /// As [`Username::stored_key`].
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub async fn stored_key(&self, db: &Db) -> Result<String, DbError> {
        const KEPT: &str = "SELECT email_key FROM users WHERE email_key = $1";
        stored_key(db, KEPT, self.previous_key(), self.key()).await
    }
}

async fn stored_key(db: &Db, kept: &str, before: String, now: String) -> Result<String, DbError> {
    if before == now {
        return Ok(now);
    }
    let kept: Option<(String,)> = db.query_optional(kept, params![before]).await?;
    Ok(kept.map_or(now, |(before,)| before))
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;
    use crate::db::{Script, Statement, testing};

    const TABLES: Migration = Migration {
        version: 1,
        name: "users",
        sqlite: Script {
            statements: &[
                Statement {
                    line: 1,
                    sql: "CREATE TABLE users (id TEXT PRIMARY KEY, username TEXT, username_key TEXT UNIQUE, email TEXT, email_key TEXT UNIQUE)",
                },
                Statement {
                    line: 3,
                    sql: "CREATE TABLE outdated_user_keys (user_id TEXT PRIMARY KEY)",
                },
            ],
            foreign_keys: true,
            checksum: "users",
        },
        postgres: None,
    };

    /// Registers users as earlier rules did.
    async fn database(users: &[(&str, &str)]) -> Db {
        let db = testing::database(&[TABLES]).await;
        for (username, email) in users {
            let id = UserId::new(jiff::Timestamp::UNIX_EPOCH);
            let keys =
                [username, email].map(|text| super::super::text::previous_comparison_key(text));
            let [username_key, email_key] = keys;
            let user = params![id, *username, username_key, *email, email_key];
            db.execute("INSERT INTO users VALUES ($1, $2, $3, $4, $5)", user)
                .await
                .expect("inserts");
            db.execute("INSERT INTO outdated_user_keys VALUES ($1)", params![id])
                .await
                .expect("inserts");
        }
        db
    }

    async fn keys(db: &Db) -> Vec<(String, String)> {
        db.query(
            "SELECT username_key, email_key FROM users ORDER BY rowid",
            [],
        )
        .await
        .expect("reads")
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |(one, other): &(&str, &str)| ((*one).to_owned(), (*other).to_owned());
        expected.iter().map(owned).collect()
    }

    #[test]
    fn keys_come_to_the_present_rules() {
        block_on(async {
            let db = database(&[
                ("Straße", "j@xn--bcher-kva.example"),
                ("jacob", "jake@example.com"),
                ("用户", "ΝΊΚΟΣ@example.com"),
            ])
            .await;

            bring_up_to_date(&db).await.expect("updates");

            let expected = pairs(&[
                ("strasse", "j@bücher.example"),
                ("jacob", "jake@example.com"),
                ("用户", "νίκοσ@example.com"),
            ]);
            assert_eq!(keys(&db).await, expected);
            bring_up_to_date(&db).await.expect("does nothing");
            assert_eq!(keys(&db).await, expected);
        });
    }

    #[test]
    fn more_than_a_batch_are_all_brought_up_to_date() {
        block_on(async {
            let names: Vec<String> = (0..2 * BATCH + 1).map(|n| format!("ß{n}")).collect();
            let users: Vec<_> = names.iter().map(|name| (&**name, &**name)).collect();
            let db = database(&users).await;

            bring_up_to_date(&db).await.expect("updates");

            for (index, (username_key, _)) in keys(&db).await.into_iter().enumerate() {
                assert_eq!(username_key, format!("ss{index}"));
            }
        });
    }

    #[test]
    fn of_two_that_collide_both_keep_what_they_have_and_are_found() {
        block_on(async {
            let users = [
                ("straße", "j@xn--bcher-kva.example"),
                ("STRASSE", "j@bücher.example"),
            ];
            let db = database(&users).await;
            let captured = crate::log::capture::Captured::default();
            let subscriber = captured.subscriber(tracing::level_filters::LevelFilter::INFO);
            let guard = tracing::subscriber::set_default(subscriber);

            bring_up_to_date(&db).await.expect("updates");
            drop(guard);

            let lines = captured.lines();
            let what: Vec<_> = lines.iter().map(|line| line["what"].as_str()).collect();
            assert_eq!(what, [Some("username"), Some("email")]);
            let text = captured.text();
            assert!(
                !text.contains("stra") && !text.contains("example"),
                "{text}"
            );
            let expected = pairs(&[
                ("straße", "j@xn--bcher-kva.example"),
                ("strasse", "j@bücher.example"),
            ]);
            assert_eq!(keys(&db).await, expected);
            for (index, (username, email)) in users.into_iter().enumerate() {
                let username = Username::parse(username).expect("a name");
                let email = Email::parse(email).expect("an address");
                assert_eq!(
                    username.stored_key(&db).await.ok().as_ref(),
                    Some(&expected[index].0)
                );
                assert_eq!(
                    email.stored_key(&db).await.ok().as_ref(),
                    Some(&expected[index].1)
                );
            }
        });
    }
}
