//! What a database lacks.

use super::{Applied, Migration, SELECT_APPLIED, query};
use crate::db::pool::Pool;
use crate::db::{DbError, Dialect};

/// The migrations that the database lacks, in order.
pub(super) async fn missing<'a>(
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

/// The migrations that `applied` lacks, in order.
pub(super) fn pending<'a>(
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
