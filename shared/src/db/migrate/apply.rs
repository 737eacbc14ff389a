//! Runs the statements of a migration.

use jiff::Timestamp;

use super::{Migration, Statement};
use crate::db::{DbError, Dialect, Transaction, params};

const INSERT_APPLIED: &str = "INSERT INTO schema_migrations (version, name, checksum, applied_at)
    VALUES ($1, $2, $3, $4)";

/// How many references that lead nowhere an error names.
const MAX_BROKEN: usize = 3;

/// On SQLite: one more than [`MAX_BROKEN`].
const BROKEN_REFERENCES: &str =
    "SELECT \"table\", rowid, parent FROM pragma_foreign_key_check LIMIT 4";

/// Applies one migration and records it.
pub(super) async fn apply(
    transaction: &mut Transaction,
    migration: &Migration,
    dialect: Dialect,
    now: Timestamp,
) -> Result<(), DbError> {
    let script = migration.script(dialect)?;
    for statement in script.statements {
        let done = transaction.execute(statement.sql, []).await;
        done.map_err(|error| statement_error(&migration.file(dialect), statement, error))?;
    }
    if !script.foreign_keys {
        check_references(transaction, &migration.file(dialect)).await?;
    }
    let parameters = params![migration.version, migration.name, script.checksum, now];
    transaction.execute(INSERT_APPLIED, parameters).await?;
    Ok(())
}

/// An error that is the statement's own fault, with the place of the statement.
fn statement_error(file: &str, statement: &Statement, error: DbError) -> DbError {
    let message = match error {
        DbError::Statement { message, .. } | DbError::SchemaMissing(message) => message,
        DbError::Parameters { reason, .. } => reason.to_owned(),
        other => return other,
    };
    let Statement { line, sql } = *statement;
    // What the host makes of an error of SQLite's that has a place: rusqlite's text.
    let placed = message
        .rsplit_once(" at offset ")
        .and_then(|(text, offset)| {
            let before = sql.get(..offset.parse().ok()?)?;
            let text = text.strip_suffix(sql)?.strip_suffix(" in ")?;
            let newlines = before.matches('\n').count();
            let column = before.rsplit('\n').next()?.chars().count() + 1;
            Some((line as usize + newlines, Some(column), text.to_owned()))
        });
    let (line, column, message) = placed.unwrap_or((line as usize, None, message));
    let column = column
        .map(|column| format!(":{column}"))
        .unwrap_or_default();
    DbError::Migration {
        place: format!("{file}:{line}{column}"),
        message,
    }
}

/// Holds every reference of the database against what it refers to.
async fn check_references(transaction: &mut Transaction, file: &str) -> Result<(), DbError> {
    let rows: Vec<(String, Option<i64>, String)> = transaction.query(BROKEN_REFERENCES, []).await?;
    if rows.is_empty() {
        return Ok(());
    }
    let shown = rows.iter().take(MAX_BROKEN).map(|(table, row, parent)| {
        let row = row.map_or_else(|| "a row".to_owned(), |row| format!("row {row}"));
        format!("{row} of `{table}` refers to a row of `{parent}` that there is not")
    });
    let shown: Vec<String> = shown.collect();
    let more = if rows.len() > MAX_BROKEN {
        ", and more"
    } else {
        ""
    };
    Err(DbError::Migration {
        place: file.to_owned(),
        message: format!("{}{more}", shown.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_an_error_is_told_as_an_editor_counts() {
        let statement = Statement {
            line: 12,
            sql: "CREATE TABLE a (\n  id TEKST\n  b\n)",
        };
        for (message, expected) in [
            (
                format!("near \"b\": syntax error in {} at offset 30", statement.sql),
                "the migration 1.sql:14:3 cannot be applied: near \"b\": syntax error",
            ),
            (
                format!("near \"b\" in {} at offset 300", statement.sql),
                "the migration 1.sql:12 cannot be applied: near \"b\" in",
            ),
            (
                "no such function: x".to_owned(),
                "the migration 1.sql:12 cannot be applied: no such function: x",
            ),
        ] {
            let error = DbError::statement(statement.sql, message);
            let error = statement_error("1.sql", &statement, error).to_string();
            assert!(error.starts_with(expected), "{error}");
        }
        let busy = DbError::Busy("locked".to_owned());
        let busy = statement_error("1.sql", &statement, busy);
        assert!(matches!(busy, DbError::Busy(_)), "{busy}");
    }
}
