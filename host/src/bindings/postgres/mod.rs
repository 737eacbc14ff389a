//! `spin:postgres`: 4.2.0, which serves components that import 4.0.0 and 4.1.0 as well, and 3.0.0.

mod convert;
mod v3;
mod v4;

use std::sync::Arc;

use wasmtime::component::{Accessor, Resource};

use super::{MAX_OPEN_HANDLES, Spin, SpinCtxView};
use crate::capability::postgres::{PostgresConnection, PostgresDatabases, PostgresError};
use crate::capability::{PostgresAddress, check_ca_root};
use crate::outbound;

/// An open connection in the resource table.
#[allow(unreachable_pub, reason = "the generated code re-exports it")]
pub struct Connection(Arc<dyn PostgresConnection>);

/// A connection to be, in the resource table.
#[allow(unreachable_pub, reason = "the generated code re-exports it")]
pub struct ConnectionBuilder {
    address: String,
    ca_root: Option<String>,
}

impl SpinCtxView<'_> {
    /// What opening a connection to `address` needs: whether the component may, whether it has not
    /// too many open, and who opens it.
    fn admit_postgres(&self, address: &str) -> Result<Arc<dyn PostgresDatabases>, PostgresError> {
        let parsed = PostgresAddress::parse(address).map_err(PostgresError::ConnectionFailed)?;
        for server in &parsed.servers {
            let (host, port) = (&server.host, server.port);
            if !outbound::allows_connection(&self.ctx.component, "postgres", host, port) {
                return Err(PostgresError::ConnectionFailed(format!(
                    "address postgres://{host}:{port} is not permitted"
                )));
            }
        }
        if self.ctx.open_postgres >= MAX_OPEN_HANDLES {
            let sentence = "too many connections".to_owned();
            return Err(PostgresError::ConnectionFailed(sentence));
        }
        Ok(Arc::clone(&self.ctx.capabilities.postgres))
    }

    fn keep_postgres(
        &mut self,
        connection: Arc<dyn PostgresConnection>,
    ) -> wasmtime::Result<Resource<Connection>> {
        let resource = self.table.push(Connection(connection))?;
        self.ctx.open_postgres += 1;
        Ok(resource)
    }

    fn postgres(
        &self,
        connection: &Resource<Connection>,
    ) -> wasmtime::Result<Arc<dyn PostgresConnection>> {
        Ok(Arc::clone(&self.table.get(connection)?.0))
    }

    fn drop_postgres(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        self.ctx.open_postgres -= 1;
        Ok(())
    }

    /// Opens a connection while nothing else of the instance runs.
    async fn open_postgres(
        &mut self,
        address: &str,
        ca_root: Option<&str>,
    ) -> wasmtime::Result<Result<Resource<Connection>, PostgresError>> {
        let databases = match self.admit_postgres(address) {
            Ok(databases) => databases,
            Err(error) => return Ok(Err(error)),
        };
        match databases.open(address, ca_root).await {
            Ok(connection) => Ok(Ok(self.keep_postgres(connection)?)),
            Err(error) => Ok(Err(error)),
        }
    }
}

/// Opens a connection beside the other tasks of the instance.
async fn open_beside<T: 'static>(
    accessor: &Accessor<T, Spin>,
    address: &str,
    ca_root: Option<&str>,
) -> wasmtime::Result<Result<Resource<Connection>, PostgresError>> {
    let databases = match accessor.with(|mut access| access.get().admit_postgres(address)) {
        Ok(databases) => databases,
        Err(error) => return Ok(Err(error)),
    };
    match databases.open(address, ca_root).await {
        Ok(connection) => {
            accessor.with(|mut access| Ok(Ok(access.get().keep_postgres(connection)?)))
        }
        Err(error) => Ok(Err(error)),
    }
}

/// Checks what a builder is given.
fn checked_ca_root(certificate: String) -> Result<String, PostgresError> {
    check_ca_root(&certificate).map(|()| certificate)
}
