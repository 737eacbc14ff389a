use std::sync::Arc;

use async_trait::async_trait;
use jenny_host::capability::{QueryResult, SqliteConnection, SqliteDatabases, SqliteError, Value};

/// The message of every failure that a test injects. It is internal, so no answer may repeat it.
pub const FAULT: &str = "disk I/O error (injected by the test)";

fn fault() -> SqliteError {
    SqliteError::Io(FAULT.to_owned())
}

/// Databases that cannot be opened.
pub(crate) struct FailingSqlite;

#[async_trait]
impl SqliteDatabases for FailingSqlite {
    async fn open(&self, _label: &str) -> Result<Arc<dyn SqliteConnection>, SqliteError> {
        Err(fault())
    }

    fn is_defined(&self, _label: &str) -> bool {
        true
    }
}

/// Databases that open, and whose files then cannot be read or written. What SQLite answers without
/// its file still succeeds, as it does on a real connection whose disk is gone.
pub(crate) struct UnreadableSqlite(pub(crate) Arc<dyn SqliteDatabases>);

#[async_trait]
impl SqliteDatabases for UnreadableSqlite {
    async fn open(&self, label: &str) -> Result<Arc<dyn SqliteConnection>, SqliteError> {
        let connection = self.0.open(label).await?;
        Ok(Arc::new(UnreadableConnection(connection)))
    }

    fn is_defined(&self, label: &str) -> bool {
        self.0.is_defined(label)
    }
}

struct UnreadableConnection(Arc<dyn SqliteConnection>);

/// Whether SQLite answers from memory: a setting of the connection, or a query of no table.
fn needs_no_file(statement: &str) -> bool {
    statement.starts_with("PRAGMA foreign_keys")
        || (statement.starts_with("SELECT") && !statement.contains("FROM"))
}

#[async_trait]
impl SqliteConnection for UnreadableConnection {
    async fn execute(
        &self,
        statement: String,
        parameters: Vec<Value>,
    ) -> Result<QueryResult, SqliteError> {
        if needs_no_file(&statement) {
            self.0.execute(statement, parameters).await
        } else {
            Err(fault())
        }
    }

    async fn execute_batch(&self, _statements: String) -> Result<(), SqliteError> {
        Err(fault())
    }

    async fn last_insert_rowid(&self) -> Result<i64, SqliteError> {
        self.0.last_insert_rowid().await
    }

    async fn changes(&self) -> Result<u64, SqliteError> {
        self.0.changes().await
    }
}
