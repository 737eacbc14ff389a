//! The database of an application under test.

use std::path::PathBuf;
use std::sync::Arc;

use jenny_stores::{PostgresConnection, SqliteConnection, Value, postgres};
use postgres_server::{PostgresServer, TestDatabase};
use serde_json::Value as Json;

use crate::template::Template;

/// The kinds of database that the application can keep its data in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Store {
    /// Spin's SQLite.
    #[default]
    Sqlite,
    /// Postgres.
    Postgres,
}

/// Where an application that is to be loaded keeps its data.
#[derive(Default)]
pub(crate) enum Location {
    /// In a SQLite database that is gone with the application.
    #[default]
    Scratch,
    /// The SQLite database `default` in this file.
    File(PathBuf),
    /// All SQLite databases in files of this folder, named after their labels.
    Folder(PathBuf),
    /// In a Postgres database of its own.
    Server,
    /// In this Postgres database.
    Database(TestDatabase),
}

/// A database on a Postgres server, and what keeps it there.
pub(crate) struct OnServer {
    pub(crate) database: TestDatabase,
    _template: Option<Arc<TestDatabase>>,
}

impl OnServer {
    /// A database of its own, with what was prepared in it.
    pub(crate) fn prepared(template: &Template) -> Self {
        let server = server();
        let template = template.database(server);
        Self {
            database: server.create_database(Some(template.name())),
            _template: Some(template),
        }
    }

    /// A database of its own, without tables.
    pub(crate) fn empty() -> Self {
        Self::given(server().create_database(None))
    }

    /// The database that a test brings.
    pub(crate) fn given(database: TestDatabase) -> Self {
        Self {
            database,
            _template: None,
        }
    }

    /// The scheme, host and port of the server, as `allowed_outbound_hosts` has them.
    pub(crate) fn endpoint(&self) -> String {
        let url: http::Uri = self.database.url().parse().expect("a test's URL is one");
        let host = url.host().expect("a test's URL has a host");
        format!("postgres://{host}:{}", url.port_u16().unwrap_or(5432))
    }
}

/// The server that all tests share. Ends the process, successfully, if there is none to be had: none
/// of its tests can do anything then.
fn server() -> &'static PostgresServer {
    PostgresServer::shared_or_skip().unwrap_or_else(|| std::process::exit(0))
}

/// A connection of the test's own to the application's database. Dropping it rolls back.
pub enum Session {
    #[doc(hidden)]
    Sqlite(Arc<dyn SqliteConnection>),
    #[doc(hidden)]
    Postgres(Arc<dyn PostgresConnection>),
}

/// The most that the rows of one statement may take: more than any test should look at.
const MAX_BYTES: usize = 1024 * 1024;

impl Session {
    /// Runs any number of statements that return nothing, until one fails.
    pub(crate) async fn run(&self, statements: String) -> Result<(), String> {
        match self {
            Self::Sqlite(connection) => connection
                .execute_batch(statements)
                .await
                .map_err(|error| error.to_string()),
            Self::Postgres(connection) => connection
                .execute_batch(statements)
                .await
                .map_err(|error| error.to_string()),
        }
    }

    /// Runs one statement and returns its rows.
    ///
    /// # Panics
    ///
    /// When the database refuses the statement, or a row holds bytes.
    pub async fn sql(&self, statement: &str) -> Vec<Vec<Json>> {
        let rows = match self {
            Self::Sqlite(connection) => sqlite_rows(connection.as_ref(), statement).await,
            Self::Postgres(connection) => postgres_rows(connection.as_ref(), statement).await,
        };
        rows.unwrap_or_else(|error| panic!("{statement}: {error}"))
    }
}

async fn sqlite_rows(
    connection: &dyn SqliteConnection,
    statement: &str,
) -> Result<Vec<Vec<Json>>, String> {
    let run = async {
        let result = connection.execute(statement.to_owned(), Vec::new()).await?;
        result.collect(MAX_BYTES).await
    };
    let rows = run.await.map_err(|error| error.to_string())?;
    let json = |value| match value {
        Value::Null => Json::Null,
        Value::Integer(integer) => integer.into(),
        Value::Real(real) => real.into(),
        Value::Text(text) => text.into(),
        Value::Blob(_) => panic!("bytes have no form in JSON: select hex(…) of them"),
    };
    Ok(rows
        .into_iter()
        .map(|row| row.into_iter().map(json).collect())
        .collect())
}

async fn postgres_rows(
    connection: &dyn PostgresConnection,
    statement: &str,
) -> Result<Vec<Vec<Json>>, String> {
    let run = async {
        let result = connection.query(statement.to_owned(), Vec::new()).await?;
        result.collect(MAX_BYTES).await
    };
    let rows = run.await.map_err(|error| error.to_string())?;
    // As SQLite would give them, so that a test says what it expects once.
    let json = |value| match value {
        postgres::Value::Null => Json::Null,
        postgres::Value::Boolean(boolean) => i64::from(boolean).into(),
        postgres::Value::Int16(integer) => integer.into(),
        postgres::Value::Int32(integer) => integer.into(),
        postgres::Value::Int64(integer) => integer.into(),
        postgres::Value::Floating64(real) => real.into(),
        postgres::Value::Decimal(digits) => match digits.parse::<i64>() {
            Ok(integer) => integer.into(),
            Err(_) => digits.into(),
        },
        postgres::Value::Text(text) => text.into(),
        other => panic!("{other:?} has no form in JSON: CAST it"),
    };
    Ok(rows
        .into_iter()
        .map(|row| row.into_iter().map(json).collect())
        .collect())
}
