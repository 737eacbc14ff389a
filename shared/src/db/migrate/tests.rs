use std::path::Path;

use futures::executor::block_on;

use super::*;
use crate::db::testing::{MemoryStore, pool};
use crate::db::{Db, Statement};

const OFF: &str = "-- foreign_keys: off\n\n";

/// Notes, one of which has a remark.
const NOTES: &str = "CREATE TABLE notes (id TEXT PRIMARY KEY, title TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;

CREATE INDEX notes_by_time ON notes (created_at);

CREATE TABLE remarks (note TEXT NOT NULL REFERENCES notes (id) ON DELETE CASCADE);

INSERT INTO notes VALUES ('a', 'A', 1), ('b', 'B', 2);

INSERT INTO remarks VALUES ('a');
";

/// Migrations of these texts, as the build makes them.
fn migrations(texts: &[&str]) -> Vec<Migration> {
    let numbered = (1..).zip(texts);
    let all = numbered.map(|(version, text)| {
        let file = format!("{version:04}_m.sqlite.sql").into();
        let script = jenny_build::migrations::Script::parse(file, text).expect("it is one");
        let statements = script.statements.into_iter().map(|statement| Statement {
            line: statement.line.try_into().expect("it is short"),
            sql: statement.sql.leak(),
        });
        Migration {
            version,
            name: "m",
            sqlite: Script {
                statements: statements.collect::<Vec<_>>().leak(),
                foreign_keys: script.foreign_keys,
                checksum: script.checksum.leak(),
            },
            postgres: None,
        }
    });
    all.collect()
}

/// A database, and what came of bringing it up to `texts`.
fn migrated(texts: &[&str]) -> (Db, Result<(), DbError>) {
    let pool = pool(MemoryStore::new());
    let all = migrations(texts);
    let outcome = block_on(bring_up_to_date(&pool, &all, true, Timestamp::UNIX_EPOCH));
    (Db(pool), outcome)
}

fn number(db: &Db, sql: &str) -> i64 {
    let (number,) = block_on(db.query_one(sql, [])).expect("runs");
    number
}

fn applied(db: &Db) -> i64 {
    number(db, "SELECT count(*) FROM schema_migrations")
}

fn remarks(db: &Db) -> i64 {
    number(db, "SELECT count(*) FROM remarks")
}

/// The recipe that `migrations/README.md` prints.
fn recipe() -> String {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations/README.md");
    let readme = std::fs::read_to_string(readme).expect("it is there");
    let (_, block) = readme.split_once("```sql\n").expect("it has a recipe");
    let (recipe, _) = block.split_once("```").expect("the recipe ends");
    recipe.to_owned()
}

#[test]
fn the_printed_recipe_rebuilds_a_table_under_its_children() {
    let (db, outcome) = migrated(&[NOTES, &recipe()]);

    outcome.expect("applies");
    assert_eq!(applied(&db), 2);
    assert_eq!(number(&db, "SELECT count(*) FROM notes"), 2);
    assert_eq!(remarks(&db), 1);
    let index = "SELECT count(*) FROM sqlite_master WHERE name = 'notes_by_time'";
    assert_eq!(number(&db, index), 1);
    let empty = "INSERT INTO notes VALUES ('c', '', 3)";
    block_on(db.execute(empty, [])).expect_err("the new table has a rule");
    // Foreign keys are on again, and those of the children are to the new table.
    let orphan = "INSERT INTO remarks VALUES ('nowhere')";
    block_on(db.execute(orphan, [])).expect_err("it refers to nothing");
    block_on(db.execute("DELETE FROM notes WHERE id = 'a'", [])).expect("runs");
    assert_eq!(remarks(&db), 0);
}

#[test]
fn without_its_first_line_the_recipe_deletes_the_children() {
    let recipe = recipe();
    let rest = recipe.strip_prefix(OFF).expect("it begins with the line");
    let deferred = format!("PRAGMA defer_foreign_keys = ON;\n\n{rest}");

    for text in [rest, &deferred] {
        let (db, outcome) = migrated(&[NOTES, text]);
        outcome.expect("applies");
        assert_eq!(remarks(&db), 0);
    }
}

#[test]
fn references_that_lead_nowhere_undo_the_migration() {
    let (db, outcome) = migrated(&[NOTES, &format!("{OFF}DELETE FROM notes;\n")]);

    let error = outcome.expect_err("a remark has lost its note").to_string();
    assert!(error.contains("0002_m.sqlite.sql"), "{error}");
    let named = "row 1 of `remarks` refers to a row of `notes` that there is not";
    assert!(error.contains(named), "{error}");
    assert_eq!(applied(&db), 1);
    assert_eq!(number(&db, "SELECT count(*) FROM notes"), 2);
}

#[test]
fn each_migration_has_foreign_keys_as_it_says_whatever_is_applied_with_it() {
    let off = format!(
        "{OFF}INSERT INTO remarks VALUES ('c');\n\nINSERT INTO notes VALUES ('c', 'C', 3);\n"
    );
    let on = "DELETE FROM notes WHERE id = 'c';\n";

    let (db, outcome) = migrated(&[NOTES, &off, &off.replace('c', "d"), on]);

    outcome.expect("applies");
    assert_eq!(applied(&db), 4);
    assert_eq!(remarks(&db), 2, "of `a` and `d`");
}

#[test]
fn an_error_names_its_file_and_line() {
    let (db, outcome) = migrated(&[NOTES, OFF, "-- Why.\n\nSELECT 1;\n\nSELECT x;\n"]);

    let error = outcome.expect_err("there is no x").to_string();
    assert!(error.contains("0003_m.sqlite.sql:5"), "{error}");
    assert!(error.contains("no such column: x"), "{error}");
    // What ran in transactions before stays.
    assert_eq!(applied(&db), 2);
}

#[test]
fn a_look_runs_what_is_missing_and_leaves_nothing_behind() {
    let broken = "CREATE TABLE half (id BIGINT);\n\nCREATE TABBLE;\n";
    let recipe = recipe();
    for (texts, place) in [
        (&[NOTES][..], None),
        (&[NOTES, &recipe], None),
        (&[NOTES, &recipe, broken], Some("0003_m.sqlite.sql:3")),
    ] {
        let pool = pool(MemoryStore::new());
        let all = migrations(texts);
        // It may be asked again.
        for _ in 0..2 {
            let outcome = block_on(look(&pool, &all, true, Timestamp::UNIX_EPOCH));
            match place {
                None => outcome.expect("they can be applied"),
                Some(place) => {
                    let error = outcome.expect_err("is broken").to_string();
                    assert!(error.contains(place), "{error}");
                }
            }
        }
        let db = Db(pool);
        assert_eq!(number(&db, "SELECT count(*) FROM sqlite_master"), 0);
    }
}

#[test]
fn a_look_does_not_wait_for_another_writer() {
    let store = MemoryStore::new();
    let writer = Db(pool(store.another()));
    let pool = pool(store);
    let all = migrations(&[NOTES]);
    block_on(bring_up_to_date(&pool, &all, true, Timestamp::UNIX_EPOCH)).expect("applies");
    let writing = block_on(writer.begin()).expect("nobody else writes");
    let more = migrations(&[NOTES, "SELECT x;\n"]);

    let look = || block_on(look(&pool, &more, true, Timestamp::UNIX_EPOCH));
    look().expect("the writer may be migrating");

    block_on(writing.rollback()).expect("ends");
    look().expect_err("is broken");
}

#[test]
fn a_migration_without_a_postgres_script_is_refused_there_by_name() {
    let migration = Migration {
        version: 7,
        name: "notes",
        sqlite: Script {
            statements: &[],
            foreign_keys: true,
            checksum: "notes",
        },
        postgres: None,
    };
    let script = migration.script(Dialect::Sqlite).expect("has one");
    assert_eq!(script.checksum, "notes");
    let error = migration
        .script(Dialect::Postgres)
        .expect_err("has no script");
    assert!(error.to_string().contains("0007_notes"), "{error}");
}
