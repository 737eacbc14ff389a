//! `spin:postgres@4.2.0`.

use std::sync::Arc;

use futures::StreamExt as _;
use wasmtime::component::{Accessor, FutureReader, Resource, StreamReader};

use super::super::generated::spin::postgres4_2_0::postgres::{
    self as wit, Error, Host, HostConnection, HostConnectionBuilder,
    HostConnectionBuilderWithStore, HostConnectionWithStore, ParameterValue,
};
use super::super::stream::readers;
use super::super::{Spin, SpinCtxView, call};
use super::{Connection, ConnectionBuilder, checked_ca_root, open_beside, whole_result};
use jenny_stores::postgres::{PostgresConnection, PostgresError, Row, Value};

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

fn connection<T>(
    accessor: &Accessor<T, Spin>,
    connection: &Resource<Connection>,
) -> wasmtime::Result<Arc<dyn PostgresConnection>> {
    accessor.with(|mut access| access.get().postgres(connection))
}

impl Host for SpinCtxView<'_> {}

impl HostConnectionBuilder for SpinCtxView<'_> {
    async fn new(&mut self, address: String) -> wasmtime::Result<Resource<ConnectionBuilder>> {
        let builder = ConnectionBuilder {
            address,
            ca_root: None,
        };
        Ok(self.table.push(builder)?)
    }

    async fn set_ca_root(
        &mut self,
        this: Resource<ConnectionBuilder>,
        certificate: String,
    ) -> Answer<()> {
        let builder = self.table.get_mut(&this)?;
        match checked_ca_root(certificate) {
            Ok(certificate) => {
                builder.ca_root = Some(certificate);
                Ok(Ok(()))
            }
            Err(error) => Ok(Err(error.into())),
        }
    }

    async fn build(&mut self, this: Resource<ConnectionBuilder>) -> Answer<Resource<Connection>> {
        let builder = self.table.get(&this)?;
        let (address, ca_root) = (builder.address.clone(), builder.ca_root.clone());
        let opened = self.open_postgres(&address, ca_root.as_deref()).await?;
        Ok(opened.map_err(Error::from))
    }

    fn drop(&mut self, builder: Resource<ConnectionBuilder>) -> wasmtime::Result<()> {
        self.table.delete(builder)?;
        Ok(())
    }
}

impl<T: 'static> HostConnectionBuilderWithStore<T> for Spin {
    async fn build_async(
        accessor: &Accessor<T, Self>,
        this: Resource<ConnectionBuilder>,
    ) -> Answer<Resource<Connection>> {
        let (address, ca_root) = accessor.with(|mut access| {
            let builder = access.get().table.get(&this)?;
            wasmtime::error::Ok((builder.address.clone(), builder.ca_root.clone()))
        })?;
        let opened = open_beside(accessor, &address, ca_root.as_deref()).await?;
        Ok(opened.map_err(Error::from))
    }
}

impl HostConnection for SpinCtxView<'_> {
    async fn open(&mut self, address: String) -> Answer<Resource<Connection>> {
        Ok(self
            .open_postgres(&address, None)
            .await?
            .map_err(Error::from))
    }

    async fn query(
        &mut self,
        this: Resource<Connection>,
        statement: String,
        parameters: Vec<ParameterValue>,
    ) -> Answer<wit::RowSet> {
        let connection = self.postgres(&this)?;
        let result = whole_result(&*connection, statement, values(parameters));
        let result = self.call().of(result).await?;
        Ok(result
            .map(|(columns, rows)| wit::RowSet {
                columns: columns.into_iter().map(Into::into).collect(),
                rows: rows.into_iter().map(row).collect(),
            })
            .map_err(Error::from))
    }

    async fn execute(
        &mut self,
        this: Resource<Connection>,
        statement: String,
        parameters: Vec<ParameterValue>,
    ) -> Answer<u64> {
        let connection = self.postgres(&this)?;
        let executed = connection.execute(statement, values(parameters));
        let executed = self.call().of(executed).await?;
        Ok(executed.map_err(Error::from))
    }

    fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.drop_postgres(connection)
    }
}

impl<T: 'static> HostConnectionWithStore<T> for Spin {
    async fn open_async(
        accessor: &Accessor<T, Self>,
        address: String,
    ) -> Answer<Resource<Connection>> {
        let opened = open_beside(accessor, &address, None).await?;
        Ok(opened.map_err(Error::from))
    }

    async fn query_async(
        accessor: &Accessor<T, Self>,
        this: Resource<Connection>,
        statement: String,
        parameters: Vec<ParameterValue>,
    ) -> Answer<Streamed> {
        let place = accessor.with(|mut access| access.get().postgres_place(&this))?;
        let connection = connection(accessor, &this)?;
        let result = connection.query(statement, values(parameters));
        match call(accessor).of(result).await? {
            Ok(result) => {
                let columns = result.columns.into_iter().map(Into::into).collect();
                // The rows hold the connection even after the component has dropped its handle.
                let rows = result.rows.inspect(move |_| {
                    let _ = &place;
                });
                let (rows, end) = readers(accessor, rows.boxed(), row, |error: PostgresError| {
                    error.into()
                })
                .await?;
                Ok(Ok((columns, rows, end)))
            }
            Err(error) => Ok(Err(error.into())),
        }
    }

    async fn execute_async(
        accessor: &Accessor<T, Self>,
        this: Resource<Connection>,
        statement: String,
        parameters: Vec<ParameterValue>,
    ) -> Answer<u64> {
        let connection = connection(accessor, &this)?;
        let executed = connection.execute(statement, values(parameters));
        let executed = call(accessor).of(executed).await?;
        Ok(executed.map_err(Error::from))
    }
}
