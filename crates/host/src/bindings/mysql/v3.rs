//! `spin:mysql@3.0.0`.

use std::sync::Arc;

use futures::StreamExt as _;
use wasmtime::component::{Accessor, FutureReader, Resource, StreamReader};

use super::super::generated::spin::mysql::mysql::{
    self as wit, Error, Host, HostConnection, HostConnectionWithStore, ParameterValue,
};
use super::super::stream::readers;
use super::super::{Spin, SpinCtxView, call};
use super::{Connection, open_beside};
use jenny_stores::mysql::{MysqlError, Row, Value};

type Answer<R> = wasmtime::Result<Result<R, Error>>;

/// The columns of a result, its rows, and how they ended.
type Streamed = (
    Vec<wit::Column>,
    StreamReader<wit::Row>,
    FutureReader<Result<(), Error>>,
);

fn values(parameters: Vec<ParameterValue>) -> Vec<Value> {
    parameters.into_iter().map(Into::into).collect()
}

fn row(row: Row) -> wit::Row {
    row.into_iter().map(Into::into).collect()
}

impl Host for SpinCtxView<'_> {}

impl HostConnection for SpinCtxView<'_> {
    fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.drop_mysql(connection)
    }
}

impl<T: 'static> HostConnectionWithStore<T> for Spin {
    async fn open(accessor: &Accessor<T, Self>, address: String) -> Answer<Resource<Connection>> {
        Ok(open_beside(accessor, &address).await?.map_err(Error::from))
    }

    async fn query(
        accessor: &Accessor<T, Self>,
        this: Resource<Connection>,
        statement: String,
        parameters: Vec<ParameterValue>,
    ) -> Answer<Streamed> {
        let (connection, place) = accessor.with(|mut access| {
            let view = access.get();
            let place = Arc::clone(&view.table.get(&this)?.place);
            wasmtime::error::Ok((view.mysql(&this)?, place))
        })?;
        let result = connection.query(statement, values(parameters));
        match call(accessor).of(result).await? {
            Ok(result) => {
                let columns = result.columns.into_iter().map(Into::into).collect();
                // The rows hold the connection even after the component has dropped its handle.
                let rows = result.rows.inspect(move |_| {
                    let _ = &place;
                });
                let (rows, end) = readers(accessor, rows.boxed(), row, |error: MysqlError| {
                    error.into()
                })
                .await?;
                Ok(Ok((columns, rows, end)))
            }
            Err(error) => Ok(Err(error.into())),
        }
    }

    async fn execute(
        accessor: &Accessor<T, Self>,
        this: Resource<Connection>,
        statement: String,
        parameters: Vec<ParameterValue>,
    ) -> Answer<()> {
        let connection = accessor.with(|mut access| access.get().mysql(&this))?;
        let executed = connection.execute(statement, values(parameters));
        Ok(call(accessor).of(executed).await?.map_err(Error::from))
    }
}
