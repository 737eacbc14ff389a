use futures::executor::block_on;
use jiff::Timestamp;

use super::testing::{MemoryStore, database, pool};
use super::*;

const FIRST: Migration = Migration {
    version: 1,
    name: "things",
    sqlite: Script {
        statements: &[
            Statement {
                line: 1,
                sql: "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT",
            },
            Statement {
                line: 3,
                sql: "CREATE TABLE parts (thing BIGINT NOT NULL REFERENCES things (id) ON DELETE CASCADE)",
            },
        ],
        foreign_keys: true,
        checksum: "things",
    },
    postgres: None,
};

const SECOND: Migration = Migration {
    version: 2,
    name: "colour",
    sqlite: Script {
        statements: &[Statement {
            line: 1,
            sql: "ALTER TABLE things ADD COLUMN colour TEXT",
        }],
        foreign_keys: true,
        checksum: "colour",
    },
    postgres: None,
};

const BROKEN: Migration = Migration {
    version: 3,
    name: "broken",
    sqlite: Script {
        statements: &[
            Statement {
                line: 1,
                sql: "CREATE TABLE half (id BIGINT)",
            },
            Statement {
                line: 4,
                sql: "CREATE TABBLE",
            },
        ],
        foreign_keys: true,
        checksum: "broken",
    },
    postgres: None,
};

#[derive(Debug, PartialEq)]
struct Thing {
    name: String,
    id: i64,
}

crate::from_row!(Thing { name, id });

async fn add(db: &Db, name: &str) -> Option<Thing> {
    db.query_optional(
        "INSERT INTO things (name) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id, name",
        params![name],
    )
    .await
    .expect("runs")
}

async fn count(db: &Db) -> i64 {
    let (count,) = db
        .query_one("SELECT count(*) FROM things", [])
        .await
        .expect("runs");
    count
}

async fn migrate(store: MemoryStore, migrations: &[Migration], auto: bool) -> Result<Db, DbError> {
    let pool = pool(store);
    super::migrate::bring_up_to_date(&pool, migrations, auto, Timestamp::UNIX_EPOCH).await?;
    Ok(Db(pool))
}

#[test]
fn rows_become_types_by_name_and_by_position() {
    block_on(async {
        let db = database(&[FIRST]).await;

        let thing = add(&db, "spindle").await.expect("is new");

        assert_eq!(
            thing,
            Thing {
                id: 1,
                name: "spindle".to_owned()
            }
        );
        let by_position: Vec<(i64, String)> = db
            .query(
                "SELECT id, name FROM things WHERE id = $1 OR id = $1",
                params![1],
            )
            .await
            .expect("runs");
        assert_eq!(by_position, [(1, "spindle".to_owned())]);
    });
}

#[test]
fn a_row_of_another_shape_is_an_error_that_names_the_column() {
    block_on(async {
        let db = database(&[FIRST]).await;
        add(&db, "spindle").await;

        for (sql, column) in [
            ("SELECT id FROM things", "name"),
            ("SELECT name, name AS id FROM things", "id"),
            ("SELECT NULL AS name, id FROM things", "name"),
        ] {
            let error = db.query::<Thing>(sql, []).await.expect_err("does not fit");
            assert!(
                error.to_string().contains(&format!("`{column}`")),
                "{error}"
            );
        }
        assert!(matches!(
            db.query_one::<Thing>("SELECT name, id FROM things WHERE id = $1", params![9])
                .await,
            Err(DbError::NoRow)
        ));
    });
}

#[test]
fn conflicts_are_rows_that_do_not_come_back() {
    block_on(async {
        let db = database(&[FIRST]).await;

        assert!(add(&db, "spindle").await.is_some());
        assert!(add(&db, "spindle").await.is_none());

        let sql = "INSERT INTO things (name) VALUES ($1) ON CONFLICT DO NOTHING";
        assert_eq!(db.execute(sql, params!["spindle"]).await.expect("runs"), 0);
        assert_eq!(db.execute(sql, params!["frame"]).await.expect("runs"), 1);
    });
}

#[test]
fn foreign_keys_are_enforced_on_every_connection() {
    block_on(async {
        let db = database(&[FIRST]).await;
        let sql = "INSERT INTO parts (thing) VALUES ($1)";
        for _ in 0..2 {
            // The failure closes the connection, so the second comes on a new one.
            let error = db
                .execute(sql, params![7])
                .await
                .expect_err("there is no thing 7");
            assert!(matches!(error, DbError::Statement { .. }), "{error}");
        }
    });
}

#[test]
fn a_transaction_commits_on_ok_and_rolls_back_on_err() {
    block_on(async {
        let db = database(&[FIRST]).await;

        db.transaction(async |tx| {
            tx.execute("INSERT INTO things (name) VALUES ($1)", params!["a"])
                .await
        })
        .await
        .expect("commits");
        let refused: Result<(), DbError> = db
            .transaction(async |tx| {
                tx.execute("INSERT INTO things (name) VALUES ($1)", params!["b"])
                    .await?;
                Err(DbError::NoRow)
            })
            .await;

        assert!(matches!(refused, Err(DbError::NoRow)));
        assert_eq!(count(&db).await, 1);
    });
}

#[test]
fn a_dropped_transaction_rolls_back_and_frees_the_database() {
    block_on(async {
        let db = database(&[FIRST]).await;

        let mut transaction = db.begin().await.expect("begins");
        transaction
            .execute("INSERT INTO things (name) VALUES ($1)", params!["a"])
            .await
            .expect("runs");
        drop(transaction);

        assert_eq!(count(&db).await, 0);
        assert!(add(&db, "b").await.is_some());
    });
}

#[test]
fn a_failed_statement_ends_the_transaction() {
    block_on(async {
        let db = database(&[FIRST]).await;
        let sql = "INSERT INTO things (name) VALUES ($1)";

        let mut transaction = db.begin().await.expect("begins");
        transaction.execute(sql, params!["a"]).await.expect("runs");
        transaction
            .execute(sql, params!["a"])
            .await
            .expect_err("is taken");
        transaction
            .execute(sql, params!["b"])
            .await
            .expect_err("has ended");
        transaction.commit().await.expect_err("has ended");

        assert_eq!(count(&db).await, 0);
    });
}

#[test]
fn another_writer_is_kept_out_and_told_to_try_again() {
    block_on(async {
        let db = database(&[FIRST]).await;

        let first = db.begin().await.expect("begins");
        let error = db.begin().await.expect_err("the first writes");
        assert!(matches!(error, DbError::Busy(_)), "{error}");
        let problem = crate::problem::Problem::from(error);
        assert_eq!(problem.status(), http::StatusCode::SERVICE_UNAVAILABLE);

        first.commit().await.expect("commits");
        db.begin().await.expect("begins now");
    });
}

#[test]
fn migrations_are_applied_once_and_recorded() {
    block_on(async {
        let store = MemoryStore::new();
        let second_instance = store.another();

        let db = migrate(store, &[FIRST], true).await.expect("applies");
        add(&db, "spindle").await;
        let db = migrate(second_instance, &[FIRST, SECOND], true)
            .await
            .expect("adds the second");

        assert_eq!(count(&db).await, 1);
        let recorded: Vec<(i64, String, i64)> = db
            .query(
                "SELECT version, name, applied_at FROM schema_migrations ORDER BY version",
                [],
            )
            .await
            .expect("runs");
        assert_eq!(
            recorded,
            [(1, "things".to_owned(), 0), (2, "colour".to_owned(), 0)]
        );
    });
}

#[test]
fn a_failing_migration_leaves_nothing_behind() {
    block_on(async {
        let store = MemoryStore::new();
        let again = store.another();

        let error = migrate(store, &[FIRST, SECOND, BROKEN], true)
            .await
            .expect_err("is broken");

        assert!(error.to_string().contains("TABBLE"), "{error}");
        let db = migrate(again, &[FIRST], true)
            .await
            .expect("starts from nothing");
        let (tables,): (i64,) = db
            .query_one("SELECT count(*) FROM sqlite_master WHERE name = 'half'", [])
            .await
            .expect("runs");
        assert_eq!(tables, 0);
    });
}

/// What is said to code with other migrations than those that the database has.
async fn refusal(applied: &[Migration], migrations: &[Migration]) -> String {
    let store = MemoryStore::new();
    let again = store.another();
    migrate(store, applied, true).await.expect("applies");
    let outcome = migrate(again, migrations, true).await;
    outcome.expect_err("are others").to_string()
}

#[test]
fn an_edited_migration_is_refused_by_name() {
    block_on(async {
        let edited = Migration {
            sqlite: Script {
                statements: &[],
                foreign_keys: true,
                checksum: "another",
            },
            ..FIRST
        };
        let error = refusal(&[FIRST], &[edited]).await;
        assert!(error.contains("0001_things"), "{error}");
    });
}

#[test]
fn migrations_that_changed_places_are_refused() {
    block_on(async {
        let in_place = |version, migration| Migration {
            version,
            ..migration
        };
        let swapped = [in_place(1, SECOND), in_place(2, FIRST)];
        let error = refusal(&[FIRST, SECOND], &swapped).await;
        assert!(error.contains("0001_colour"), "{error}");
    });
}

#[test]
fn a_newer_database_is_accepted() {
    block_on(async {
        let store = MemoryStore::new();
        let older_code = store.another();
        migrate(store, &[FIRST, SECOND], true)
            .await
            .expect("applies");

        let db = migrate(older_code, &[FIRST], true).await.expect("goes on");
        assert!(add(&db, "spindle").await.is_some());
    });
}

#[test]
fn without_auto_migrate_nothing_is_touched() {
    block_on(async {
        let store = MemoryStore::new();
        let (waiting, by_hand, after) = (store.another(), store.another(), store);

        let error = migrate(waiting, &[FIRST, SECOND], false)
            .await
            .expect_err("must wait");
        assert!(
            matches!(error, DbError::NotMigrated { pending: 2, .. }),
            "{error}"
        );
        assert!(error.to_string().contains("auto_migrate"), "{error}");

        migrate(by_hand, &[FIRST, SECOND], true)
            .await
            .expect("applies");
        migrate(after, &[FIRST, SECOND], false)
            .await
            .expect("has nothing to do");
    });
}
