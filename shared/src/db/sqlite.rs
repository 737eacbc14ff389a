//! Spin's SQLite.

use std::time::Duration;

use spin_sdk::sqlite;

use super::deadline::{ANSWER, MIGRATION_ANSWER, answer};
use super::row::Rows;
use super::store::{BoxFuture, Connection, Dialect, Store};
use super::{DbError, Value};

/// The database of a label that the manifest grants in `sqlite_databases`.
pub(super) struct SpinSqlite {
    label: String,
}

impl SpinSqlite {
    pub(super) fn new(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
        }
    }
}

impl Store for SpinSqlite {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    /// An instance serves up to 16 requests at a time, and seldom do all of them wait for the
    /// database. Each costs the host a file handle and up to 2 MB of page cache.
    fn max_idle(&self) -> usize {
        4
    }

    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Connection>, DbError>> {
        Box::pin(async move {
            let connection = answer(ANSWER, sqlite::Connection::open(&self.label))
                .await?
                .map_err(|error| open_error(error, &self.label))?;
            let mut connection = SpinConnection {
                connection,
                answers_within: ANSWER,
            };
            // Per connection, and off by default. The time that a statement waits for another
            // writer (5 s) is set by the host.
            connection.query("PRAGMA foreign_keys = ON", &[]).await?;
            Ok(Box::new(connection) as Box<dyn Connection>)
        })
    }
}

struct SpinConnection {
    connection: sqlite::Connection,
    answers_within: Duration,
}

impl SpinConnection {
    async fn rows(&self, sql: &str, parameters: &[Value]) -> Result<Rows, sqlite::Error> {
        let parameters = parameters.iter().cloned().map(into_spin);
        let result = self.connection.execute(sql, parameters).await?;
        let columns = result.columns().to_vec();
        // Reads every row and then awaits the result: only then has the statement run.
        let rows = result.collect().await?;
        let rows = rows
            .into_iter()
            .map(|row| row.values.into_iter().map(from_spin).collect());
        Ok(Rows {
            columns,
            rows: rows.collect(),
        })
    }
}

impl Connection for SpinConnection {
    fn be_patient(&mut self) {
        self.answers_within = MIGRATION_ANSWER;
    }

    fn query<'a>(
        &'a mut self,
        sql: &'a str,
        parameters: &'a [Value],
    ) -> BoxFuture<'a, Result<Rows, DbError>> {
        Box::pin(async move {
            answer(self.answers_within, self.rows(sql, parameters))
                .await?
                .map_err(|error| statement_error(error, sql))
        })
    }

    fn execute<'a>(
        &'a mut self,
        sql: &'a str,
        parameters: &'a [Value],
    ) -> BoxFuture<'a, Result<u64, DbError>> {
        Box::pin(async move {
            self.query(sql, parameters).await?;
            Ok(self.connection.changes().await)
        })
    }
}

fn into_spin(value: Value) -> sqlite::Value {
    match value {
        Value::Integer(integer) => sqlite::Value::Integer(integer),
        Value::Real(real) => sqlite::Value::Real(real),
        Value::Text(text) => sqlite::Value::Text(text),
        Value::Blob(bytes) => sqlite::Value::Blob(bytes),
        Value::Null => sqlite::Value::Null,
    }
}

fn from_spin(value: sqlite::Value) -> Value {
    match value {
        sqlite::Value::Integer(integer) => Value::Integer(integer),
        sqlite::Value::Real(real) => Value::Real(real),
        sqlite::Value::Text(text) => Value::Text(text),
        sqlite::Value::Blob(bytes) => Value::Blob(bytes),
        sqlite::Value::Null => Value::Null,
    }
}

fn open_error(error: sqlite::Error, label: &str) -> DbError {
    match error {
        sqlite::Error::NoSuchDatabase => DbError::Configuration(format!(
            "there is no SQLite database `{label}`: define it in the runtime configuration, or \
             set the variable database_url to one that there is"
        )),
        sqlite::Error::AccessDenied => DbError::Configuration(format!(
            "this component may not open the SQLite database `{label}`; add \
             `sqlite_databases = [\"{label}\"]` to its component in spin.toml"
        )),
        other => DbError::Unavailable(other.to_string()),
    }
}

fn statement_error(error: sqlite::Error, sql: &str) -> DbError {
    match error {
        sqlite::Error::Io(message) => classify(message, sql),
        sqlite::Error::DatabaseFull => DbError::Unavailable("the database is full".to_owned()),
        other => DbError::statement(sql, other.to_string()),
    }
}

/// The host passes SQLite's errors on as text: <https://www.sqlite.org/src/file/src/main.c> has it in
/// `sqlite3ErrStr`. Nothing that decides about data hangs on it, only whether the caller is told to
/// try again.
pub(super) fn classify(message: String, sql: &str) -> DbError {
    let says = |texts: &[&str]| texts.iter().any(|text| message.contains(text));
    if says(&[
        "database is locked",
        "database table is locked",
        "database schema is locked",
    ]) {
        DbError::Busy(message)
    } else if says(&[
        "database or disk is full",
        "unable to open",
        // The file went away, or its disk has.
        "disk I/O error",
        // The file is not ours to write, or another one has taken its place.
        "attempt to write a readonly database",
        "file is not a database",
        "database disk image is malformed",
    ]) {
        DbError::Unavailable(message)
    } else if says(&["no such table"]) {
        DbError::SchemaMissing(message)
    } else {
        DbError::statement(sql, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_the_file_is_no_fault_of_the_statement() {
        let classify = |message: &str| classify(message.to_owned(), "SELECT 1");
        assert!(matches!(classify("database is locked"), DbError::Busy(_)));
        for message in [
            "disk I/O error",
            "attempt to write a readonly database",
            "file is not a database",
            "database disk image is malformed",
            "unable to open database file",
        ] {
            assert!(
                matches!(classify(message), DbError::Unavailable(_)),
                "{message}"
            );
        }
        assert!(matches!(
            classify("no such table: users"),
            DbError::SchemaMissing(_)
        ));
        assert!(matches!(
            classify("near \"SELEKT\": syntax error"),
            DbError::Statement { .. }
        ));
    }
}
