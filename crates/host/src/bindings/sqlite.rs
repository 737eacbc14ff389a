//! `spin:sqlite@3.1.0`. A component that imports 3.0.0 gets the functions that it knows.

use std::sync::Arc;

use wasmtime::component::{Accessor, FutureReader, Resource, StreamReader};

use super::generated::spin::sqlite::sqlite::{
    self as wit, Error, Host, HostConnection, HostConnectionWithStore, RowResult,
};
use super::stream::readers;
use super::{MAX_OPEN_HANDLES, Spin, SpinCtxView, call};
use jenny_stores::{
    GrantKind, MAX_BUFFERED_BYTES, Row, SqliteConnection, SqliteDatabases, SqliteError, Value,
};

/// An open connection in the resource table.
#[allow(unreachable_pub, reason = "the generated code re-exports it")]
pub struct Connection(Arc<dyn SqliteConnection>);

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

fn row(row: Row) -> RowResult {
    RowResult {
        values: row.into_iter().map(Into::into).collect(),
    }
}

impl SpinCtxView<'_> {
    fn admit_database(&self, label: &str) -> Result<Arc<dyn SqliteDatabases>, SqliteError> {
        if !self.ctx.grants.check(GrantKind::SqliteDatabase, label) {
            return Err(SqliteError::AccessDenied);
        }
        if self.ctx.open_connections >= MAX_OPEN_HANDLES {
            return Err(SqliteError::Io("too many connections opened".to_owned()));
        }
        let databases = Arc::clone(&self.ctx.capabilities.stores.sqlite);
        if !databases.is_defined(label) {
            self.ctx
                .grants
                .note_undefined(GrantKind::SqliteDatabase, label);
        }
        Ok(databases)
    }

    /// Opens the database called `label` while nothing else of the instance runs.
    pub(super) async fn open_database(
        &mut self,
        label: &str,
    ) -> wasmtime::Result<Result<Resource<Connection>, SqliteError>> {
        let databases = match self.admit_database(label) {
            Ok(databases) => databases,
            Err(error) => return Ok(Err(error)),
        };
        match self.call().of(databases.open(label)).await? {
            Ok(connection) => Ok(Ok(self.keep_connection(connection)?)),
            Err(error) => Ok(Err(error)),
        }
    }

    fn keep_connection(
        &mut self,
        connection: Arc<dyn SqliteConnection>,
    ) -> wasmtime::Result<Resource<Connection>> {
        self.ctx.open_connections += 1;
        Ok(self.table.push(Connection(connection))?)
    }

    pub(super) fn drop_connection(
        &mut self,
        connection: Resource<Connection>,
    ) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        self.ctx.open_connections -= 1;
        Ok(())
    }

    pub(super) fn connection(
        &self,
        connection: &Resource<Connection>,
    ) -> wasmtime::Result<Arc<dyn SqliteConnection>> {
        Ok(Arc::clone(&self.table.get(connection)?.0))
    }
}

/// Runs a statement and reads all of its rows.
pub(super) async fn whole_result(
    connection: &dyn SqliteConnection,
    statement: String,
    parameters: Vec<Value>,
) -> Result<(Vec<String>, Vec<Row>), SqliteError> {
    let mut result = connection.execute(statement, parameters).await?;
    let columns = std::mem::take(&mut result.columns);
    let rows = result.collect(MAX_BUFFERED_BYTES).await?;
    Ok((columns, rows))
}

fn connection<T>(
    accessor: &Accessor<T, Spin>,
    connection: &Resource<Connection>,
) -> wasmtime::Result<Arc<dyn SqliteConnection>> {
    accessor.with(|mut access| access.get().connection(connection))
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
    ) -> Answer<wit::QueryResult> {
        let connection = self.connection(&this)?;
        let parameters = parameters.into_iter().map(Into::into).collect();
        let result = whole_result(connection.as_ref(), statement, parameters);
        let result = self.call().of(result).await?;
        Ok(result
            .map(|(columns, rows)| wit::QueryResult {
                columns,
                rows: rows.into_iter().map(row).collect(),
            })
            .map_err(Error::from))
    }

    async fn last_insert_rowid(&mut self, this: Resource<Connection>) -> wasmtime::Result<i64> {
        let connection = self.connection(&this)?;
        Ok(self.call().of(connection.last_insert_rowid()).await??)
    }

    async fn changes(&mut self, this: Resource<Connection>) -> wasmtime::Result<u64> {
        let connection = self.connection(&this)?;
        Ok(self.call().of(connection.changes()).await??)
    }

    fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.drop_connection(connection)
    }
}

impl<T: 'static> HostConnectionWithStore<T> for Spin {
    async fn open_async(
        accessor: &Accessor<T, Self>,
        database: String,
    ) -> Answer<Resource<Connection>> {
        let databases = match accessor.with(|mut access| access.get().admit_database(&database)) {
            Ok(databases) => databases,
            Err(error) => return Ok(Err(error.into())),
        };
        match call(accessor).of(databases.open(&database)).await? {
            Ok(connection) => {
                accessor.with(|mut access| Ok(Ok(access.get().keep_connection(connection)?)))
            }
            Err(error) => Ok(Err(error.into())),
        }
    }

    async fn execute_async(
        accessor: &Accessor<T, Self>,
        this: Resource<Connection>,
        statement: String,
        parameters: Vec<wit::Value>,
    ) -> Answer<(
        Vec<String>,
        StreamReader<RowResult>,
        FutureReader<Result<(), Error>>,
    )> {
        let connection = connection(accessor, &this)?;
        let parameters = parameters.into_iter().map(Into::into).collect();
        let executed = connection.execute(statement, parameters);
        match call(accessor).of(executed).await? {
            Ok(result) => {
                let (rows, end) = readers(accessor, result.rows, row, |error: SqliteError| {
                    error.into()
                })
                .await?;
                Ok(Ok((result.columns, rows, end)))
            }
            Err(error) => Ok(Err(error.into())),
        }
    }

    async fn last_insert_rowid_async(
        accessor: &Accessor<T, Self>,
        this: Resource<Connection>,
    ) -> wasmtime::Result<i64> {
        let connection = connection(accessor, &this)?;
        Ok(call(accessor).of(connection.last_insert_rowid()).await??)
    }

    async fn changes_async(
        accessor: &Accessor<T, Self>,
        this: Resource<Connection>,
    ) -> wasmtime::Result<u64> {
        let connection = connection(accessor, &this)?;
        Ok(call(accessor).of(connection.changes()).await??)
    }
}
