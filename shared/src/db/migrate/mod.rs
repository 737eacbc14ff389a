//! Migrations: applied by whoever comes first, once per database.
//!
//! All that are missing run in one transaction, which holds the right to write from its start, or
//! on Postgres a lock for migrations: of two instances that begin together, the second waits and
//! then finds nothing left to do. One that runs while foreign keys are off has a transaction of its own,
//! since SQLite switches them between transactions alone. What was applied is recorded with the checksum
//! of its script, because a migration that is edited afterwards would leave databases with different
//! schemas and nothing to tell them apart.
//!
//! A database that knows *more* migrations than the code is accepted, with a warning: during a
//! deployment old and new replicas run side by side, so a migration has to suit the version before
//! it anyway.

mod apply;
mod missing;

use std::sync::Arc;

use jiff::Timestamp;

use self::apply::apply;
use self::missing::{missing, pending};
use super::pool::{Call, Pool};
use super::row::Rows;
use super::{DbError, Dialect, Transaction};

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
    /// Its statements, in order.
    pub statements: &'static [Statement],
    /// Whether foreign keys are enforced while it runs. Without them a table can be dropped and made
    /// again under the rows that refer to it (<https://www.sqlite.org/lang_altertable.html#otheralter>);
    /// all references are checked before its transaction ends. On Postgres they always are.
    pub foreign_keys: bool,
    /// What tells this text from any other; the `migrations` crate's build makes it. It is compared
    /// with what the database has, and never computed while anybody waits.
    pub checksum: &'static str,
}

/// A statement of a migration.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    /// The line of the file where it begins, from 1.
    pub line: u32,
    /// Its text.
    pub sql: &'static str,
}

impl Migration {
    fn label(&self) -> String {
        format!("{:04}_{}", self.version, self.name)
    }

    fn file(&self, dialect: Dialect) -> String {
        let ending = match dialect {
            Dialect::Sqlite => "sqlite.sql",
            Dialect::Postgres => "postgres.sql",
        };
        format!("{}.{ending}", self.label())
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

/// On SQLite, for a connection that is outside a transaction.
const FOREIGN_KEYS_OFF: &str = "PRAGMA foreign_keys = OFF";

struct Applied {
    version: u32,
    checksum: String,
}

crate::from_row!(Applied { version, checksum });

/// On Postgres: nobody else migrates until the transaction ends. The number is of our choosing.
const LOCK: &str = "SELECT pg_advisory_xact_lock(5359174608)";

/// The same, unless somebody else migrates: says whether it has the lock.
const TRY_LOCK: &str = "SELECT pg_try_advisory_xact_lock(5359174608)";

/// On Postgres, for this transaction alone: a probe keeps nobody waiting for what it waits for itself.
const IMPATIENT: &str = "SELECT set_config('lock_timeout', '100ms', true)";

/// On Postgres, for this transaction alone: an index of a large table takes its time.
const UNLIMITED: &str = "SELECT set_config('statement_timeout', '0', true)";

/// Says whether a database has all of `migrations`, or whoever comes first can apply those that it lacks:
/// they are run once and rolled back. The database stays as it is.
///
/// # Errors
///
/// [`DbError::NotMigrated`] when some are missing and whoever comes first will not apply them, and
/// [`DbError::Migration`] when they cannot be applied.
pub(super) async fn look(
    pool: &Arc<Pool>,
    migrations: &[Migration],
    auto_migrate: bool,
    now: Timestamp,
) -> Result<(), DbError> {
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
    if pool.has_rehearsed(missing.len()) {
        return Ok(());
    }
    match rehearse(pool, migrations, &missing, now).await {
        // Somebody else writes, and perhaps migrates.
        Err(DbError::Busy(_)) => Ok(()),
        outcome => outcome.map(|()| pool.set_rehearsed(missing.len())),
    }
}

async fn rehearse(
    pool: &Arc<Pool>,
    migrations: &[Migration],
    missing: &[&Migration],
    now: Timestamp,
) -> Result<(), DbError> {
    let dialect = pool.store.dialect();
    let mut connection = pool.store.connect().await?;
    if dialect == Dialect::Sqlite {
        // A host that refuses it has a time of its own to wait.
        _ = connection.query("PRAGMA busy_timeout = 0", &[]).await;
        // All of them in one transaction, which has foreign keys or not.
        if missing
            .iter()
            .any(|migration| !migration.sqlite.foreign_keys)
        {
            connection.query(FOREIGN_KEYS_OFF, &[]).await?;
        }
    }
    let mut transaction = Transaction::begin_on(Arc::clone(pool), connection).await?;
    if dialect == Dialect::Postgres {
        let (locked,): (bool,) = transaction.query_one(TRY_LOCK, []).await?;
        if !locked {
            return transaction.rollback().await;
        }
        transaction.execute(IMPATIENT, []).await?;
    }
    transaction.execute(CREATE_TABLE, []).await?;
    let applied = transaction.query(SELECT_APPLIED, []).await?;
    for migration in pending(migrations, &applied, dialect)? {
        apply(&mut transaction, migration, dialect, now).await?;
    }
    transaction.rollback().await
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
    let mut missing = missing(pool, migrations).await?;
    if let Some(next) = missing.first()
        && !auto_migrate
    {
        return Err(DbError::NotMigrated {
            pending: missing.len(),
            next: next.label(),
        });
    }
    while let Some(next) = missing.first() {
        let foreign_keys = next.script(dialect)?.foreign_keys;
        missing = apply_next(pool, migrations, foreign_keys, now).await?;
    }
    Ok(())
}

/// Applies the migrations that are missing up to the first that does not have foreign keys as these
/// do, and returns the others.
async fn apply_next<'a>(
    pool: &Arc<Pool>,
    migrations: &'a [Migration],
    foreign_keys: bool,
    now: Timestamp,
) -> Result<Vec<&'a Migration>, DbError> {
    let dialect = pool.store.dialect();
    let mut transaction = if foreign_keys {
        Transaction::begin(Arc::clone(pool)).await?
    } else {
        let mut connection = pool.store.connect().await?;
        connection.query(FOREIGN_KEYS_OFF, &[]).await?;
        Transaction::begin_on(Arc::clone(pool), connection).await?
    };
    if dialect == Dialect::Postgres {
        // Before anything is looked at: what comes after then sees what the one before has done.
        transaction.execute(LOCK, []).await?;
        transaction.execute(UNLIMITED, []).await?;
    }
    transaction.be_patient();
    transaction.execute(CREATE_TABLE, []).await?;
    // Again, now that nobody else can write: another instance may have been here first.
    let applied = transaction.query(SELECT_APPLIED, []).await?;
    let mut missing = pending(migrations, &applied, dialect)?;
    let mut done = 0;
    for migration in &missing {
        if migration.script(dialect)?.foreign_keys != foreign_keys {
            break;
        }
        apply(&mut transaction, migration, dialect, now).await?;
        done += 1;
    }
    transaction.commit().await?;
    for migration in missing.drain(..done) {
        tracing::info!(migration = migration.label(), "applied a migration");
    }
    Ok(missing)
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

async fn query(pool: &Pool, sql: &str) -> Result<Rows, DbError> {
    let call: Call<Rows> = |connection, sql, parameters| connection.query(sql, parameters);
    let (rows, connection) = pool.run(call, sql, &[]).await?;
    pool.give_back(connection);
    Ok(rows)
}

#[cfg(test)]
mod tests;
