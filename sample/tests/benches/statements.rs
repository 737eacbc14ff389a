//! Counts statements.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use jenny_stores::{QueryResult, SqliteConnection, SqliteDatabases, SqliteError, Value};

/// Databases whose statements are counted.
pub(crate) struct Counted {
    pub(crate) databases: Arc<dyn SqliteDatabases>,
    pub(crate) count: Arc<AtomicU64>,
}

#[async_trait]
impl SqliteDatabases for Counted {
    async fn open(&self, label: &str) -> Result<Arc<dyn SqliteConnection>, SqliteError> {
        Ok(Arc::new(CountedConnection {
            connection: self.databases.open(label).await?,
            count: Arc::clone(&self.count),
        }))
    }

    fn is_defined(&self, label: &str) -> bool {
        self.databases.is_defined(label)
    }
}

struct CountedConnection {
    connection: Arc<dyn SqliteConnection>,
    count: Arc<AtomicU64>,
}

#[async_trait]
impl SqliteConnection for CountedConnection {
    async fn execute(
        &self,
        statement: String,
        parameters: Vec<Value>,
    ) -> Result<QueryResult, SqliteError> {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.connection.execute(statement, parameters).await
    }

    async fn execute_batch(&self, statements: String) -> Result<(), SqliteError> {
        self.connection.execute_batch(statements).await
    }

    async fn last_insert_rowid(&self) -> Result<i64, SqliteError> {
        self.connection.last_insert_rowid().await
    }

    async fn changes(&self) -> Result<u64, SqliteError> {
        self.connection.changes().await
    }
}
