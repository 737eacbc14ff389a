//! MySQL databases, as `spin:mysql` sees them.

use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;

use super::rows;

/// Why a MySQL operation failed: the errors of `spin:mysql@3.0.0`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MysqlError {
    /// There is no connection: the address is wrong or not allowed, nobody answers there, the
    /// server refuses, or none of the pool's connections became free in time.
    #[error("{0}")]
    ConnectionFailed(String),
    /// A parameter is not a value of its type. No statement of this host's fails so; it is here for
    /// whoever stands in for a database.
    #[error("{0}")]
    BadParameter(String),
    /// The server refused the statement, or the connection broke before it had run.
    #[error("{0}")]
    QueryFailed(String),
    /// A value in a row has no form in `spin:mysql`.
    #[error("{0}")]
    ValueConversionFailed(String),
    /// Everything else: rows that end early, a result that is too large.
    #[error("{0}")]
    Other(String),
}

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are called as in spin:mysql")]
pub enum DataType {
    /// Of no column on a server, whose `BOOLEAN` is a `TINYINT`.
    Boolean,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Floating32,
    Floating64,
    Text,
    Binary,
    /// A type without a form in `spin:mysql`, such as `DECIMAL` and `DATE`.
    Other,
}

/// One value, as a parameter or in a row.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "they are called as in spin:mysql")]
pub enum Value {
    /// `NULL` of any type.
    Null,
    Boolean(bool),
    Int8(i8),
    Int16(i16),
    Int32(i32),
    Int64(i64),
    Uint8(u8),
    Uint16(u16),
    Uint32(u32),
    Uint64(u64),
    Floating32(f32),
    Floating64(f64),
    Text(String),
    Binary(Vec<u8>),
    /// A value of a type without a form in `spin:mysql`; in a row only.
    Unsupported,
}

impl Value {
    /// How many bytes of the host's memory the value takes, for limits.
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>()
            + match self {
                Self::Text(text) => text.len(),
                Self::Binary(bytes) => bytes.len(),
                _ => 0,
            }
    }
}

/// A column of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The type of its values.
    pub data_type: DataType,
}

/// The values of one row, in the order of the columns.
pub type Row = Vec<Value>;

/// The rows of a result as they come, and the error that ended them early, if any.
///
/// A result keeps its connection busy until the stream is drained or dropped. Dropping it early
/// cancels the statement.
pub type RowStream = BoxStream<'static, Result<Row, MysqlError>>;

/// What a query returned.
pub struct QueryResult {
    /// The columns; none for a statement that returns no rows.
    pub columns: Vec<Column>,
    /// The rows.
    pub rows: RowStream,
}

impl QueryResult {
    /// Reads all rows.
    ///
    /// # Errors
    ///
    /// The error of the statement, or [`MysqlError::Other`] when the rows take more than
    /// `max_bytes` of memory.
    pub async fn collect(self, max_bytes: usize) -> Result<Vec<Row>, MysqlError> {
        rows::collect(self.rows, max_bytes, Value::memory_bytes, MysqlError::Other).await
    }
}

impl std::fmt::Debug for QueryResult {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QueryResult")
            .field("columns", &self.columns)
            .finish_non_exhaustive()
    }
}

/// MySQL databases that components connect to. Whether a component may has been checked.
#[async_trait]
pub trait MysqlDatabases: Send + Sync {
    /// Opens a connection: until it is dropped nobody else uses the session behind it, and it
    /// begins without a transaction or any other trace of whoever had the session before.
    ///
    /// `address` is a URL `mysql://user:password@host:port/database?ssl-mode=…`.
    ///
    /// # Errors
    ///
    /// [`MysqlError::ConnectionFailed`].
    async fn open(&self, address: &str) -> Result<Arc<dyn MysqlConnection>, MysqlError>;
}

/// One connection. Dropping the last reference rolls back an open transaction and gives the
/// connection to whoever is next.
///
/// Statements that are started while another runs wait for it.
#[async_trait]
pub trait MysqlConnection: Send + Sync {
    /// Runs one statement and returns its rows. When this returns, the statement has run up to its
    /// first row; one without rows has run.
    ///
    /// # Errors
    ///
    /// Those of [`MysqlError`] that are about statements.
    async fn query(
        &self,
        statement: String,
        parameters: Vec<Value>,
    ) -> Result<QueryResult, MysqlError>;

    /// Runs one statement to its end.
    ///
    /// # Errors
    ///
    /// Those of [`MysqlError`] that are about statements.
    async fn execute(&self, statement: String, parameters: Vec<Value>) -> Result<(), MysqlError>;
}
