//! SQLite databases, as `spin:sqlite` sees them.

use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;

use super::rows;

/// Why an SQLite operation failed: the errors of `spin:sqlite@3.1.0`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SqliteError {
    /// No database of that label is defined.
    #[error("no such SQLite database")]
    NoSuchDatabase,
    /// The component's manifest entry does not name the database.
    #[error("access to the SQLite database is denied")]
    AccessDenied,
    /// The connection is not one that was opened.
    #[error("invalid SQLite connection")]
    InvalidConnection,
    /// The database has reached its capacity.
    #[error("the SQLite database is full")]
    DatabaseFull,
    /// Everything else, in SQLite's words. Spin gives text too, so components cannot tell a
    /// violated constraint from a full disk except by reading it.
    #[error("{0}")]
    Io(String),
}

/// One value, as a parameter or in a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `NULL`.
    Null,
    /// A 64-bit integer.
    Integer(i64),
    /// A floating-point number.
    Real(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

impl Value {
    /// How many bytes of the host's memory the value takes, for limits.
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>()
            + match self {
                Value::Null | Value::Integer(_) | Value::Real(_) => 0,
                Value::Text(text) => text.len(),
                Value::Blob(bytes) => bytes.len(),
            }
    }
}

/// The values of one row, in the order of the columns.
pub type Row = Vec<Value>;

/// The rows of a result as they come, and the error that ended them early, if any.
///
/// A statement that returned few rows has run by the time the stream is handed out. One that
/// returns many keeps its connection busy until the stream is drained or dropped: drain it before
/// the next statement.
pub type RowStream = BoxStream<'static, Result<Row, SqliteError>>;

/// What a statement returned.
pub struct QueryResult {
    /// The names of the columns; none for a statement that returns no rows.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: RowStream,
}

impl QueryResult {
    /// Reads all rows.
    ///
    /// # Errors
    ///
    /// The error of the statement, or [`SqliteError::Io`] when the rows take more than
    /// `max_bytes` of memory.
    pub async fn collect(self, max_bytes: usize) -> Result<Vec<Row>, SqliteError> {
        rows::collect(self.rows, max_bytes, Value::memory_bytes, SqliteError::Io).await
    }
}

impl std::fmt::Debug for QueryResult {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QueryResult")
            .field("columns", &self.columns)
            .finish_non_exhaustive()
    }
}

/// The SQLite databases of an application.
#[async_trait]
pub trait SqliteDatabases: Send + Sync {
    /// Opens a new connection to the database called `label`: nothing that is tied to a
    /// connection (a transaction, a pragma, a temporary table) is shared with another one.
    ///
    /// # Errors
    ///
    /// [`SqliteError::NoSuchDatabase`] if no database is called so.
    async fn open(&self, label: &str) -> Result<Arc<dyn SqliteConnection>, SqliteError>;

    /// Whether [`open`](Self::open) knows `label`.
    fn is_defined(&self, label: &str) -> bool;
}

/// One connection. Dropping the last reference closes it and rolls back an open transaction.
#[async_trait]
pub trait SqliteConnection: Send + Sync {
    /// Runs one statement.
    ///
    /// # Errors
    ///
    /// [`SqliteError::Io`] with SQLite's message, also if `statement` holds more than one.
    async fn execute(
        &self,
        statement: String,
        parameters: Vec<Value>,
    ) -> Result<QueryResult, SqliteError>;

    /// Runs any number of statements, without parameters and without results, in order until one
    /// fails. Components cannot ask for this; it serves `--sqlite` and test fixtures.
    ///
    /// # Errors
    ///
    /// [`SqliteError::Io`] with SQLite's message.
    async fn execute_batch(&self, statements: String) -> Result<(), SqliteError>;

    /// The rowid of the connection's latest successful `INSERT`, 0 before the first.
    async fn last_insert_rowid(&self) -> Result<i64, SqliteError>;

    /// How many rows the connection's latest `INSERT`, `UPDATE` or `DELETE` touched.
    async fn changes(&self) -> Result<u64, SqliteError>;
}
