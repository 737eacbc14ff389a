//! A connection to a server: its socket, and the task that drives it.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, RedisError, Value};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;

use super::address::Address;
use super::gate::Gate;
use crate::{MAX_BUFFERED_BYTES, network};
use jenny_manifest::runtime_config::BlockedNetworks;

/// How long all addresses of a server together may take to answer.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// An open connection.
pub(super) struct Link {
    connection: MultiplexedConnection,
    driver: JoinHandle<()>,
    _place: Option<OwnedSemaphorePermit>,
}

impl Link {
    /// Connects within `time`, and introduces itself with the address's password and database.
    ///
    /// # Errors
    ///
    /// A sentence without the address's password.
    pub(super) async fn open(
        address: &Address,
        blocked: &BlockedNetworks,
        tls: &Arc<ClientConfig>,
        time: Duration,
        place: Option<OwnedSemaphorePermit>,
    ) -> Result<Self, String> {
        let servers = network::lookup(&address.host, address.port, blocked).await?;
        let tcp = network::connect(&servers, time).await?;
        let stream: Box<dyn Stream> = if address.tls {
            let name =
                ServerName::try_from(address.host.clone()).map_err(|error| error.to_string())?;
            let connector = TlsConnector::from(Arc::clone(tls));
            let secured = connector.connect(name, tcp).await;
            Box::new(secured.map_err(|error| format!("TLS with the server failed: {error}"))?)
        } else {
            Box::new(tcp)
        };
        // A command may wait for as long as the request may: `BLPOP`, for one.
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let gated = Gate::new(stream, MAX_BUFFERED_BYTES);
        let (connection, driver) =
            MultiplexedConnection::new_with_config(&address.session, gated, config)
                .await
                .map_err(|error| error.to_string())?;
        Ok(Self {
            connection,
            driver: tokio::spawn(driver),
            _place: place,
        })
    }

    /// Sends a command and waits for its answer.
    pub(super) async fn send(&self, command: &Cmd) -> Result<Value, RedisError> {
        let mut connection = self.connection.clone();
        connection
            .send_packed_command(command)
            .await?
            .extract_error()
    }

    /// Whether the connection has ended, or broken.
    pub(super) fn is_closed(&self) -> bool {
        self.driver.is_finished()
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // Left alone it would wait for the answers to what is still under way.
        self.driver.abort();
    }
}
