//! `fermyon:spin/sqlite@2.0.0`.

use wasmtime::component::Resource;

use super::super::SpinCtxView;
use super::super::generated::fermyon::spin::sqlite::{
    self as wit, Error, Host, HostConnection, QueryResult, RowResult,
};
use super::super::sqlite::{Connection, whole_result};
use jenny_stores::{SqliteError, Value};

type Answer<R> = wasmtime::Result<Result<R, Error>>;

impl From<SqliteError> for Error {
    fn from(error: SqliteError) -> Self {
        match error {
            SqliteError::NoSuchDatabase => Self::NoSuchDatabase,
            SqliteError::AccessDenied => Self::AccessDenied,
            SqliteError::InvalidConnection => Self::InvalidConnection,
            SqliteError::DatabaseFull => Self::DatabaseFull,
            SqliteError::Io(message) => Self::Io(message),
        }
    }
}

impl From<wit::Value> for Value {
    fn from(value: wit::Value) -> Self {
        match value {
            wit::Value::Integer(integer) => Self::Integer(integer),
            wit::Value::Real(real) => Self::Real(real),
            wit::Value::Text(text) => Self::Text(text),
            wit::Value::Blob(bytes) => Self::Blob(bytes),
            wit::Value::Null => Self::Null,
        }
    }
}

impl From<Value> for wit::Value {
    fn from(value: Value) -> Self {
        match value {
            Value::Integer(integer) => Self::Integer(integer),
            Value::Real(real) => Self::Real(real),
            Value::Text(text) => Self::Text(text),
            Value::Blob(bytes) => Self::Blob(bytes),
            Value::Null => Self::Null,
        }
    }
}

impl Host for SpinCtxView<'_> {}

impl HostConnection for SpinCtxView<'_> {
    async fn open(&mut self, database: String) -> Answer<Resource<Connection>> {
        Ok(self.open_database(&database).await?.map_err(Error::from))
    }

    async fn execute(
        &mut self,
        this: Resource<Connection>,
        statement: String,
        parameters: Vec<wit::Value>,
    ) -> Answer<QueryResult> {
        let connection = self.connection(&this)?;
        let parameters = parameters.into_iter().map(Into::into).collect();
        let result = whole_result(connection.as_ref(), statement, parameters);
        let result = self.call().of(result).await?;
        let row = |row: Vec<Value>| RowResult {
            values: row.into_iter().map(Into::into).collect(),
        };
        Ok(result
            .map(|(columns, rows)| QueryResult {
                columns,
                rows: rows.into_iter().map(row).collect(),
            })
            .map_err(Error::from))
    }

    fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.drop_connection(connection)
    }
}
