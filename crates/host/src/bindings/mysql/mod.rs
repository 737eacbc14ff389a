//! `spin:mysql@3.0.0`, and what came before it, `fermyon:spin/mysql@2.0.0`.

mod convert;
mod v2;
mod v3;

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;
use wasmtime::component::{Accessor, Resource};

use super::{Spin, SpinCtxView, call};
use crate::outbound;
use jenny_stores::MysqlAddress;
use jenny_stores::mysql::{MysqlConnection, MysqlDatabases, MysqlError};

/// An open connection in the resource table.
#[allow(unreachable_pub, reason = "the generated code re-exports it")]
pub struct Connection {
    connection: Arc<dyn MysqlConnection>,
    place: Place,
}

/// One of the connections that an instance may have open. Taken before the connection is opened,
/// because any number may be on their way at once, and given back when the last clone is dropped.
type Place = Arc<OwnedSemaphorePermit>;

impl SpinCtxView<'_> {
    /// What opening a connection to `address` needs: whether the component may, whether it has not
    /// too many open, and who opens it.
    fn admit_mysql(&self, address: &str) -> Result<(Arc<dyn MysqlDatabases>, Place), MysqlError> {
        let parsed = MysqlAddress::parse(address).map_err(MysqlError::ConnectionFailed)?;
        let (host, port) = (&parsed.host, parsed.port);
        if !outbound::allows_connection(&self.ctx.component, "mysql", host, port) {
            return Err(MysqlError::ConnectionFailed(format!(
                "address mysql://{host}:{port} is not permitted"
            )));
        }
        let place = Arc::clone(&self.ctx.mysql_places)
            .try_acquire_owned()
            .map_err(|_| MysqlError::ConnectionFailed("too many connections".to_owned()))?;
        let databases = Arc::clone(&self.ctx.capabilities.stores.mysql);
        Ok((databases, Arc::new(place)))
    }

    fn keep_mysql(
        &mut self,
        connection: Arc<dyn MysqlConnection>,
        place: Place,
    ) -> wasmtime::Result<Resource<Connection>> {
        Ok(self.table.push(Connection { connection, place })?)
    }

    fn mysql(
        &self,
        connection: &Resource<Connection>,
    ) -> wasmtime::Result<Arc<dyn MysqlConnection>> {
        Ok(Arc::clone(&self.table.get(connection)?.connection))
    }

    fn drop_mysql(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }

    /// Opens a connection while nothing else of the instance runs.
    async fn open_mysql(
        &mut self,
        address: &str,
    ) -> wasmtime::Result<Result<Resource<Connection>, MysqlError>> {
        let (databases, place) = match self.admit_mysql(address) {
            Ok(admitted) => admitted,
            Err(error) => return Ok(Err(error)),
        };
        match self.call().of(databases.open(address)).await? {
            Ok(connection) => Ok(Ok(self.keep_mysql(connection, place)?)),
            Err(error) => Ok(Err(error)),
        }
    }
}

/// Opens a connection beside the other tasks of the instance.
async fn open_beside<T: 'static>(
    accessor: &Accessor<T, Spin>,
    address: &str,
) -> wasmtime::Result<Result<Resource<Connection>, MysqlError>> {
    let admitted = accessor.with(|mut access| access.get().admit_mysql(address));
    let (databases, place) = match admitted {
        Ok(admitted) => admitted,
        Err(error) => return Ok(Err(error)),
    };
    match call(accessor).of(databases.open(address)).await? {
        Ok(connection) => {
            accessor.with(|mut access| Ok(Ok(access.get().keep_mysql(connection, place)?)))
        }
        Err(error) => Ok(Err(error)),
    }
}
