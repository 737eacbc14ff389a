//! Postgres databases, as `spin:postgres` sees them.

use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;

use super::rows;

/// Why a Postgres operation failed: the errors of `spin:postgres@4.2.0`.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PostgresError {
    /// There is no connection: the address is wrong or not allowed, nobody answers there, the
    /// server refuses, or none of the pool's connections became free in time.
    #[error("{0}")]
    ConnectionFailed(String),
    /// A parameter is not a value of its type.
    #[error("{0}")]
    BadParameter(String),
    /// The statement failed, in words: the connection broke, or a value has no form in
    /// `spin:postgres`.
    #[error("{0}")]
    Failed(String),
    /// The server refused the statement.
    #[error("{0}")]
    Refused(Box<ServerError>),
    /// Everything else.
    #[error("{0}")]
    Other(String),
}

/// What the server says of a statement that it refuses. The fields are those of
/// <https://www.postgresql.org/docs/current/protocol-error-fields.html>.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{severity}: {message} (SQLSTATE {code})")]
pub struct ServerError {
    /// Everything as one text.
    pub as_text: String,
    /// `ERROR`, `FATAL` or `PANIC`, in the server's language.
    pub severity: String,
    /// The SQLSTATE, such as `23505` for a violated uniqueness.
    pub code: String,
    /// The message.
    pub message: String,
    /// More about it.
    pub detail: Option<String>,
    /// The remaining fields by name: `hint`, `table`, `column`, `constraint` and others.
    pub extras: Vec<(String, String)>,
}

/// The type of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are called as in Postgres")]
pub enum DataType {
    Boolean,
    Int16,
    Int32,
    Int64,
    Floating32,
    Floating64,
    Text,
    Binary,
    Date,
    Time,
    Datetime,
    Uuid,
    Jsonb,
    Decimal,
    RangeInt32,
    RangeInt64,
    RangeDecimal,
    ArrayInt32,
    ArrayInt64,
    ArrayDecimal,
    ArrayText,
    Interval,
    /// A type without a form in `spin:postgres`, by its name.
    Other(String),
}

/// Year, month and day of the Gregorian calendar; the year 0 is 1 BC.
pub type Date = (i32, u8, u8);

/// Hour, minute, second and nanosecond. Postgres keeps microseconds.
pub type Time = (u8, u8, u8, u32);

/// Year, month, day, hour, minute, second and nanosecond.
pub type Datetime = (i32, u8, u8, u8, u8, u8, u32);

/// One end of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound<T> {
    /// Where it is.
    pub value: T,
    /// Whether the value itself is within the range.
    pub inclusive: bool,
}

/// A range; an end without a bound is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range<T> {
    /// Where it begins.
    pub lower: Option<Bound<T>>,
    /// Where it ends.
    pub upper: Option<Bound<T>>,
}

/// A span of time, in the parts that Postgres keeps apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are called after their units")]
pub struct Interval {
    pub microseconds: i64,
    pub days: i32,
    pub months: i32,
}

/// One value, as a parameter or in a row.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "they are called as in Postgres")]
pub enum Value {
    /// `NULL` of any type.
    Null,
    Boolean(bool),
    /// `"char"`, as a parameter only.
    Int8(i8),
    Int16(i16),
    Int32(i32),
    Int64(i64),
    Floating32(f32),
    Floating64(f64),
    Text(String),
    Binary(Vec<u8>),
    Date(Date),
    Time(Time),
    /// `timestamp`; in a row also `timestamptz`, in UTC.
    Datetime(Datetime),
    /// Seconds since 1970, for a `timestamptz`; as a parameter only.
    Timestamp(i64),
    Uuid(String),
    /// JSON text.
    Jsonb(Vec<u8>),
    /// Decimal digits, or `NaN`, `Infinity`, `-Infinity`.
    Decimal(String),
    RangeInt32(Range<i32>),
    RangeInt64(Range<i64>),
    RangeDecimal(Range<String>),
    ArrayInt32(Vec<Option<i32>>),
    ArrayInt64(Vec<Option<i64>>),
    ArrayDecimal(Vec<Option<String>>),
    ArrayText(Vec<Option<String>>),
    Interval(Interval),
    /// A value of a type without a form in `spin:postgres`, in Postgres's binary format; in a row
    /// only.
    Unsupported(Vec<u8>),
}

impl Value {
    /// How many bytes of the host's memory the value takes, for limits.
    pub fn memory_bytes(&self) -> usize {
        let texts = |texts: &[Option<String>]| {
            let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
            size_of_val(texts) + texts.iter().map(text).sum::<usize>()
        };
        let end = |end: &Option<Bound<String>>| end.as_ref().map_or(0, |bound| bound.value.len());
        size_of::<Self>()
            + match self {
                Value::Text(text) | Value::Uuid(text) | Value::Decimal(text) => text.len(),
                Value::Binary(bytes) | Value::Jsonb(bytes) | Value::Unsupported(bytes) => {
                    bytes.len()
                }
                Value::RangeDecimal(range) => end(&range.lower) + end(&range.upper),
                Value::ArrayInt32(items) => size_of_val(items.as_slice()),
                Value::ArrayInt64(items) => size_of_val(items.as_slice()),
                Value::ArrayDecimal(items) | Value::ArrayText(items) => texts(items),
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
pub type RowStream = BoxStream<'static, Result<Row, PostgresError>>;

/// What a query returned.
pub struct QueryResult {
    /// The columns; none if there are no rows, as on Spin.
    pub columns: Vec<Column>,
    /// The rows.
    pub rows: RowStream,
}

impl QueryResult {
    /// Reads all rows.
    ///
    /// # Errors
    ///
    /// The error of the statement, or [`PostgresError::Failed`] when the rows take more than
    /// `max_bytes` of memory.
    pub async fn collect(self, max_bytes: usize) -> Result<Vec<Row>, PostgresError> {
        rows::collect(
            self.rows,
            max_bytes,
            Value::memory_bytes,
            PostgresError::Failed,
        )
        .await
    }
}

impl std::fmt::Debug for QueryResult {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QueryResult")
            .field("columns", &self.columns)
            .finish_non_exhaustive()
    }
}

/// Postgres databases that components connect to. Whether a component may has been checked.
#[async_trait]
pub trait PostgresDatabases: Send + Sync {
    /// Opens a connection: until it is dropped nobody else uses the session behind it, and it
    /// begins without a transaction or any other trace of whoever had the session before.
    ///
    /// `address` is a URL `postgres://user:password@host:port/database?sslmode=…` or the same as
    /// `host=… user=…`. `ca_root` is the PEM text of certificates to trust beside the usual ones.
    ///
    /// # Errors
    ///
    /// [`PostgresError::ConnectionFailed`], or [`PostgresError::Other`] if `ca_root` holds no
    /// certificate.
    async fn open(
        &self,
        address: &str,
        ca_root: Option<&str>,
    ) -> Result<Arc<dyn PostgresConnection>, PostgresError>;
}

/// One connection. Dropping the last reference rolls back an open transaction and gives the
/// connection to whoever is next.
///
/// Statements that are started while another runs wait for it.
#[async_trait]
pub trait PostgresConnection: Send + Sync {
    /// Runs one statement and returns its rows. When this returns, the statement has run up to its
    /// first row; one without rows has run.
    ///
    /// # Errors
    ///
    /// Those of [`PostgresError`] that are about statements.
    async fn query(
        &self,
        statement: String,
        parameters: Vec<Value>,
    ) -> Result<QueryResult, PostgresError>;

    /// Runs one statement to its end and returns how many rows it touched.
    ///
    /// # Errors
    ///
    /// Those of [`PostgresError`] that are about statements.
    async fn execute(
        &self,
        statement: String,
        parameters: Vec<Value>,
    ) -> Result<u64, PostgresError>;

    /// Runs any number of statements, without parameters and without results, in order until one
    /// fails. Components cannot ask for this; it serves commands and test fixtures.
    ///
    /// # Errors
    ///
    /// Those of [`PostgresError`] that are about statements.
    async fn execute_batch(&self, statements: String) -> Result<(), PostgresError>;
}
