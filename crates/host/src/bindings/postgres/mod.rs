//! `spin:postgres`: 4.2.0, which serves components that import 4.0.0 and 4.1.0 as well, 3.0.0, and
//! what came before them, `fermyon:spin/postgres@2.0.0`.

mod convert;
mod v2;
mod v3;
mod v4;

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;
use wasmtime::component::{Accessor, Resource};

use super::{Spin, SpinCtxView, call};
use crate::outbound;
use jenny_stores::postgres::{
    Column, PostgresConnection, PostgresDatabases, PostgresError, Row, Value,
};
use jenny_stores::{MAX_BUFFERED_BYTES, PostgresAddress, check_ca_root};

/// An open connection in the resource table.
#[allow(unreachable_pub, reason = "the generated code re-exports it")]
pub struct Connection {
    connection: Arc<dyn PostgresConnection>,
    place: Place,
}

/// One of the connections that an instance may have open. Taken before the connection is opened,
/// because any number may be on their way at once, and given back when the last clone is dropped.
type Place = Arc<OwnedSemaphorePermit>;

/// A connection to be, in the resource table.
#[allow(unreachable_pub, reason = "the generated code re-exports it")]
pub struct ConnectionBuilder {
    address: String,
    ca_root: Option<String>,
}

impl SpinCtxView<'_> {
    /// What opening a connection to `address` needs: whether the component may, whether it has not
    /// too many open, and who opens it.
    fn admit_postgres(
        &self,
        address: &str,
    ) -> Result<(Arc<dyn PostgresDatabases>, Place), PostgresError> {
        let parsed = PostgresAddress::parse(address).map_err(PostgresError::ConnectionFailed)?;
        for server in &parsed.servers {
            let (host, port) = (&server.host, server.port);
            if !outbound::allows_connection(&self.ctx.component, "postgres", host, port) {
                return Err(PostgresError::ConnectionFailed(format!(
                    "address postgres://{host}:{port} is not permitted"
                )));
            }
        }
        let place = Arc::clone(&self.ctx.postgres_places)
            .try_acquire_owned()
            .map_err(|_| PostgresError::ConnectionFailed("too many connections".to_owned()))?;
        let databases = Arc::clone(&self.ctx.capabilities.stores.postgres);
        Ok((databases, Arc::new(place)))
    }

    fn keep_postgres(
        &mut self,
        connection: Arc<dyn PostgresConnection>,
        place: Place,
    ) -> wasmtime::Result<Resource<Connection>> {
        Ok(self.table.push(Connection { connection, place })?)
    }

    fn postgres(
        &self,
        connection: &Resource<Connection>,
    ) -> wasmtime::Result<Arc<dyn PostgresConnection>> {
        Ok(Arc::clone(&self.table.get(connection)?.connection))
    }

    /// For what holds on to a connection beside the component's handle.
    fn postgres_place(&self, connection: &Resource<Connection>) -> wasmtime::Result<Place> {
        Ok(Arc::clone(&self.table.get(connection)?.place))
    }

    fn drop_postgres(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }

    /// Opens a connection while nothing else of the instance runs.
    async fn open_postgres(
        &mut self,
        address: &str,
        ca_root: Option<&str>,
    ) -> wasmtime::Result<Result<Resource<Connection>, PostgresError>> {
        let (databases, place) = match self.admit_postgres(address) {
            Ok(admitted) => admitted,
            Err(error) => return Ok(Err(error)),
        };
        match self.call().of(databases.open(address, ca_root)).await? {
            Ok(connection) => Ok(Ok(self.keep_postgres(connection, place)?)),
            Err(error) => Ok(Err(error)),
        }
    }
}

/// Runs a query and reads all of its rows.
async fn whole_result(
    connection: &dyn PostgresConnection,
    statement: String,
    parameters: Vec<Value>,
) -> Result<(Vec<Column>, Vec<Row>), PostgresError> {
    let mut result = connection.query(statement, parameters).await?;
    let columns = std::mem::take(&mut result.columns);
    let rows = result.collect(MAX_BUFFERED_BYTES).await?;
    Ok((columns, rows))
}

/// Opens a connection beside the other tasks of the instance.
async fn open_beside<T: 'static>(
    accessor: &Accessor<T, Spin>,
    address: &str,
    ca_root: Option<&str>,
) -> wasmtime::Result<Result<Resource<Connection>, PostgresError>> {
    let admitted = accessor.with(|mut access| access.get().admit_postgres(address));
    let (databases, place) = match admitted {
        Ok(admitted) => admitted,
        Err(error) => return Ok(Err(error)),
    };
    match call(accessor).of(databases.open(address, ca_root)).await? {
        Ok(connection) => {
            accessor.with(|mut access| Ok(Ok(access.get().keep_postgres(connection, place)?)))
        }
        Err(error) => Ok(Err(error)),
    }
}

/// Checks what a builder is given.
fn checked_ca_root(certificate: String) -> Result<String, PostgresError> {
    check_ca_root(&certificate).map(|()| certificate)
}
