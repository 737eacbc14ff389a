//! What components asked of their databases.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jenny_host::capability::postgres;
use jenny_host::capability::{
    PostgresConnection, PostgresDatabases, PostgresError, QueryResult, SqliteConnection,
    SqliteDatabases, SqliteError, Value,
};

/// The statements of an application's components, in the order in which they were asked to run:
/// those that failed as well, and what sets up a connection.
#[derive(Default)]
pub(crate) struct Statements(Mutex<Vec<String>>);

impl Statements {
    pub(crate) fn all(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, statement: &str) {
        self.all().push(statement.to_owned());
    }
}

/// Databases whose statements are written down.
pub(crate) struct Recorded<D: ?Sized> {
    pub(crate) databases: Arc<D>,
    pub(crate) statements: Arc<Statements>,
}

struct RecordedConnection<C: ?Sized> {
    connection: Arc<C>,
    statements: Arc<Statements>,
}

#[async_trait]
impl SqliteDatabases for Recorded<dyn SqliteDatabases> {
    async fn open(&self, label: &str) -> Result<Arc<dyn SqliteConnection>, SqliteError> {
        Ok(Arc::new(RecordedConnection {
            connection: self.databases.open(label).await?,
            statements: Arc::clone(&self.statements),
        }))
    }

    fn is_defined(&self, label: &str) -> bool {
        self.databases.is_defined(label)
    }
}

#[async_trait]
impl SqliteConnection for RecordedConnection<dyn SqliteConnection> {
    async fn execute(
        &self,
        statement: String,
        parameters: Vec<Value>,
    ) -> Result<QueryResult, SqliteError> {
        self.statements.add(&statement);
        self.connection.execute(statement, parameters).await
    }

    async fn execute_batch(&self, statements: String) -> Result<(), SqliteError> {
        self.statements.add(&statements);
        self.connection.execute_batch(statements).await
    }

    async fn last_insert_rowid(&self) -> Result<i64, SqliteError> {
        self.connection.last_insert_rowid().await
    }

    async fn changes(&self) -> Result<u64, SqliteError> {
        self.connection.changes().await
    }
}

#[async_trait]
impl PostgresDatabases for Recorded<dyn PostgresDatabases> {
    async fn open(
        &self,
        address: &str,
        ca_root: Option<&str>,
    ) -> Result<Arc<dyn PostgresConnection>, PostgresError> {
        Ok(Arc::new(RecordedConnection {
            connection: self.databases.open(address, ca_root).await?,
            statements: Arc::clone(&self.statements),
        }))
    }
}

#[async_trait]
impl PostgresConnection for RecordedConnection<dyn PostgresConnection> {
    async fn query(
        &self,
        statement: String,
        parameters: Vec<postgres::Value>,
    ) -> Result<postgres::QueryResult, PostgresError> {
        self.statements.add(&statement);
        self.connection.query(statement, parameters).await
    }

    async fn execute(
        &self,
        statement: String,
        parameters: Vec<postgres::Value>,
    ) -> Result<u64, PostgresError> {
        self.statements.add(&statement);
        self.connection.execute(statement, parameters).await
    }

    async fn execute_batch(&self, statements: String) -> Result<(), PostgresError> {
        self.statements.add(&statements);
        self.connection.execute_batch(statements).await
    }
}
