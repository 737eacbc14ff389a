//! Migrations: applied by whoever comes first, once per database.
//!
//! All that are missing run in one transaction, which holds the right to write from its start, or
//! on Postgres a lock for migrations: of two instances that begin together, the second waits and
//! then finds nothing left to do. What was applied is recorded with the checksum of its script,
//! because a migration that is edited afterwards would leave databases with different schemas and
//! nothing to tell them apart.
//!
//! A database that knows *more* migrations than the code is accepted, with a warning: during a
//! deployment old and new replicas run side by side, so a migration has to suit the version before
//! it anyway.

use jiff::Timestamp;

use super::pool::{Call, Pool};
use super::row::Rows;
use super::{Db, DbError, Dialect, Transaction, params};
use std::sync::Arc;

/// One change of the schema, in each dialect. The `migrations` crate makes a list of them from its
/// files.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its number, from 1.
    pub version: u32,
    /// Its name, as in the file's.
    pub name: &'static str,
    /// What it does on SQLite.
    pub sqlite: Script,
    /// What it does on Postgres. `None`: it has none, and cannot be applied there.
    pub postgres: Option<Script>,
}

/// A migration in one dialect.
#[derive(Clone, Copy, Debug)]
pub struct Script {
    /// Its statements, separated by blank lines.
    pub text: &'static str,
    /// What tells this text from any other; the `migrations` crate's build makes it. It is compared
    /// with what the database has, and never computed while anybody waits.
    pub checksum: &'static str,
}

impl Migration {
    fn label(&self) -> String {
        format!("{:04}_{}", self.version, self.name)
    }

    fn script(&self, dialect: Dialect) -> Result<Script, DbError> {
        match dialect {
            Dialect::Sqlite => Ok(self.sqlite),
            Dialect::Postgres => self.postgres.ok_or_else(|| {
                DbError::Configuration(format!("migration {} has no Postgres script", self.label()))
            }),
        }
    }
}

const CREATE_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    version BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL,
    applied_at BIGINT NOT NULL
)";

const SELECT_APPLIED: &str = "SELECT version, checksum FROM schema_migrations ORDER BY version";

struct Applied {
    version: u32,
    checksum: String,
}

crate::from_row!(Applied { version, checksum });

/// On Postgres: nobody else migrates until the transaction ends. The number is of our choosing.
const LOCK: &str = "SELECT pg_advisory_xact_lock(5359174608)";

/// On Postgres, for this transaction alone: an index of a large table takes its time.
const UNLIMITED: &str = "SELECT set_config('statement_timeout', '0', true)";

/// Says whether a database has all of `migrations`, without changing it.
///
/// # Errors
///
/// [`DbError::NotMigrated`] when some are missing and whoever comes first will not apply them.
pub(super) async fn look(
    pool: &Pool,
    migrations: &[Migration],
    auto_migrate: bool,
) -> Result<(), DbError> {
    match missing(pool, migrations).await?.as_slice() {
        missing @ [next, ..] if !auto_migrate => Err(DbError::NotMigrated {
            pending: missing.len(),
            next: next.label(),
        }),
        _ => Ok(()),
    }
}

/// Brings a database up to `migrations`, or finds that it is.
pub(super) async fn bring_up_to_date(
    pool: &Arc<Pool>,
    migrations: &[Migration],
    auto_migrate: bool,
    now: Timestamp,
) -> Result<(), DbError> {
    let dialect = pool.store.dialect();
    prepare(pool, dialect).await?;
    let missing = missing(pool, migrations).await?;
    let Some(next) = missing.first() else {
        return Ok(());
    };
    if !auto_migrate {
        return Err(DbError::NotMigrated {
            pending: missing.len(),
            next: next.label(),
        });
    }
    let db = Db(Arc::clone(pool));
    let mut transaction = db.begin().await?;
    apply_missing(&mut transaction, migrations, dialect, now).await?;
    transaction.commit().await
}

async fn apply_missing(
    transaction: &mut Transaction,
    migrations: &[Migration],
    dialect: Dialect,
    now: Timestamp,
) -> Result<(), DbError> {
    if dialect == Dialect::Postgres {
        // Before anything is looked at: what comes after then sees what the one before has done.
        transaction.execute(LOCK, []).await?;
        transaction.execute(UNLIMITED, []).await?;
    }
    transaction.be_patient();
    transaction.execute(CREATE_TABLE, []).await?;
    // Again, now that nobody else can write: another instance may have been here first.
    let applied = transaction.query(SELECT_APPLIED, []).await?;
    for migration in pending(migrations, &applied, dialect)? {
        let script = migration.script(dialect)?;
        for statement in statements(script.text) {
            transaction.execute(statement, []).await?;
        }
        transaction
            .execute(
                "INSERT INTO schema_migrations (version, name, checksum, applied_at)
                 VALUES ($1, $2, $3, $4)",
                params![migration.version, migration.name, script.checksum, now],
            )
            .await?;
        tracing::info!(migration = migration.label(), "applied a migration");
    }
    Ok(())
}

/// Settings of the database file, as opposed to the connection's.
async fn prepare(pool: &Pool, dialect: Dialect) -> Result<(), DbError> {
    if dialect != Dialect::Sqlite {
        return Ok(());
    }
    // Readers and the writer stop waiting for each other. Kept in the file, so almost always a
    // no-op; what it needs the file for alone, a busy neighbour can prevent, and then the next
    // instance will do it.
    match query(pool, "PRAGMA journal_mode = WAL").await {
        Err(DbError::Busy(reason)) => {
            tracing::debug!(reason, "left the journal mode to the next instance");
        }
        result => drop(result?),
    }
    Ok(())
}

/// The migrations that the database lacks, in order.
async fn missing<'a>(
    pool: &Pool,
    migrations: &'a [Migration],
) -> Result<Vec<&'a Migration>, DbError> {
    let dialect = pool.store.dialect();
    let exists = match dialect {
        Dialect::Sqlite => {
            "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'"
        }
        Dialect::Postgres => {
            "SELECT 1::BIGINT FROM pg_tables
             WHERE schemaname = current_schema() AND tablename = 'schema_migrations'"
        }
    };
    let tables: Vec<(i64,)> = query(pool, exists).await?.decode()?;
    if tables.is_empty() {
        return pending(migrations, &[], dialect);
    }
    let counts: Vec<(i64, i64)> = query(pool, &comparison(migrations, dialect)?)
        .await?
        .decode()?;
    let all = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    if counts == [(all, all)] {
        return Ok(Vec::new());
    }
    let applied: Vec<Applied> = query(pool, SELECT_APPLIED).await?.decode()?;
    pending(migrations, &applied, dialect)
}

/// The statement that counts what was applied, and what of it is one of `migrations` as it is now. Nearly
/// always both are all of them, and saying so takes one row, however many there are.
fn comparison(migrations: &[Migration], dialect: Dialect) -> Result<String, DbError> {
    const BEGINNING: &str = "SELECT COUNT(*), COUNT(CASE WHEN version || ' ' || checksum IN (''";
    const END: &str = ") THEN 1 END) FROM schema_migrations";
    // With every first request, so it is put together without being formatted or moved.
    let mut text = String::with_capacity(BEGINNING.len() + 80 * migrations.len() + END.len());
    text.push_str(BEGINNING);
    for migration in migrations {
        text.push_str(", '");
        text.push_str(itoa::Buffer::new().format(migration.version));
        text.push(' ');
        text.push_str(migration.script(dialect)?.checksum);
        text.push('\'');
    }
    text.push_str(END);
    Ok(text)
}

async fn query(pool: &Pool, sql: &str) -> Result<Rows, DbError> {
    let call: Call<Rows> = |connection, sql, parameters| connection.query(sql, parameters);
    let (rows, connection) = pool.run(call, sql, &[]).await?;
    pool.give_back(connection);
    Ok(rows)
}

/// The migrations that `applied` lacks, in order.
fn pending<'a>(
    migrations: &'a [Migration],
    applied: &[Applied],
    dialect: Dialect,
) -> Result<Vec<&'a Migration>, DbError> {
    let known = |version| {
        migrations
            .iter()
            .find(|migration| migration.version == version)
    };
    for done in applied {
        match known(done.version) {
            Some(migration) if migration.script(dialect)?.checksum != done.checksum => {
                return Err(DbError::MigrationChanged(migration.label()));
            }
            Some(_) => {}
            None => tracing::warn!(
                version = done.version,
                "the database has a migration that this component does not know; it is newer"
            ),
        }
    }
    Ok(migrations
        .iter()
        .filter(|migration| !applied.iter().any(|done| done.version == migration.version))
        .collect())
}

/// Spin runs one statement at a time, so a text is taken apart at its blank lines. Parts of
/// comments alone are left out.
fn statements(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let (part, after) = split_at_blank_line(rest);
            rest = after;
            let is_statement =
                |line: &str| !line.trim().is_empty() && !line.trim().starts_with("--");
            if part.lines().any(is_statement) {
                return Some(part.trim());
            }
        }
        None
    })
}

fn split_at_blank_line(text: &str) -> (&str, &str) {
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        if line.trim().is_empty() {
            return (&text[..end], &text[end + line.len()..]);
        }
        end += line.len();
    }
    (text, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_taken_apart_at_blank_lines() {
        let text =
            "-- A header.\n\n-- Why.\nCREATE TABLE a (\n  b TEXT\n);\n  \r\n\n\nCREATE INDEX c;\n";
        let parts: Vec<_> = statements(text).collect();
        assert_eq!(
            parts,
            ["-- Why.\nCREATE TABLE a (\n  b TEXT\n);", "CREATE INDEX c;"]
        );
        assert_eq!(statements("").count(), 0);
        assert_eq!(statements("-- nothing\n").count(), 0);
    }

    #[test]
    fn a_migration_without_a_postgres_script_is_refused_there_by_name() {
        let migration = Migration {
            version: 7,
            name: "notes",
            sqlite: Script {
                text: "CREATE TABLE notes (id BIGINT);",
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
}
