//! `spin:mqtt@3.0.0`, and what came before it, `fermyon:spin/mqtt@2.0.0`.

mod convert;
mod v2;
mod v3;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use wasmtime::component::Resource;

use super::SpinCtxView;
use crate::outbound;
use jenny_stores::MqttAddress;
use jenny_stores::mqtt::{MqttBrokers, MqttConnection, MqttError, MqttOptions};

/// An open connection in the resource table.
#[allow(unreachable_pub, reason = "the generated code re-exports it")]
pub struct Connection {
    connection: Arc<dyn MqttConnection>,
    /// One of the connections that an instance may have open.
    _place: OwnedSemaphorePermit,
}

/// Who opens a connection, and the place for it.
type Admitted = (Arc<dyn MqttBrokers>, OwnedSemaphorePermit);

fn options(
    address: String,
    username: String,
    password: String,
    keep_alive_seconds: u64,
) -> MqttOptions {
    MqttOptions {
        address,
        username,
        password,
        keep_alive: Duration::from_secs(keep_alive_seconds),
    }
}

impl SpinCtxView<'_> {
    /// What opening a connection to `address` needs: whether the component may, whether it has not
    /// too many open, and who opens it.
    fn admit_mqtt(&self, address: &str) -> Result<Admitted, MqttError> {
        let parsed = MqttAddress::parse(address).ok_or(MqttError::InvalidAddress)?;
        let (scheme, host, port) = (&parsed.scheme, &parsed.host, parsed.port);
        if !outbound::allows_connection(&self.ctx.component, scheme, host, port) {
            return Err(MqttError::ConnectionFailed(format!(
                "address {scheme}://{host}:{port} is not permitted"
            )));
        }
        let place = Arc::clone(&self.ctx.mqtt_places)
            .try_acquire_owned()
            .map_err(|_| MqttError::TooManyConnections)?;
        Ok((Arc::clone(&self.ctx.capabilities.stores.mqtt), place))
    }

    fn keep_mqtt(
        &mut self,
        connection: Arc<dyn MqttConnection>,
        place: OwnedSemaphorePermit,
    ) -> wasmtime::Result<Resource<Connection>> {
        Ok(self.table.push(Connection {
            connection,
            _place: place,
        })?)
    }

    fn mqtt(&self, connection: &Resource<Connection>) -> wasmtime::Result<Arc<dyn MqttConnection>> {
        Ok(Arc::clone(&self.table.get(connection)?.connection))
    }

    fn drop_mqtt(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }
}
