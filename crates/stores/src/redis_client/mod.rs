//! Redis over the network: connections for components, and key-value stores.

mod address;
mod connection;
mod gate;
mod link;
mod store;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rustls::ClientConfig;
use tokio::sync::Semaphore;

use self::connection::Connection;
use self::link::{CONNECT_TIMEOUT, Link};
use super::network::MOZILLA;
use super::redis::{RedisConnection, RedisError, RedisServers};
use crate::MAX_PERMITS;
use jenny_manifest::runtime_config::{BlockedNetworks, RuntimeConfig};

pub use self::address::Address;
pub(crate) use self::store::RedisStores;

/// How long a component waits for a connection that others have, and how long one may take to be
/// made: a third of the time that a request has by default.
const WAIT_TIMEOUT: Duration = Duration::from_secs(10);

/// Redis servers on the network.
///
/// Each opening connects anew, as on Spin: connections have state (`SELECT`, `MULTI`, `WATCH`,
/// `SUBSCRIBE`) that no command resets on every server.
#[derive(Clone)]
pub struct RedisConnector {
    blocked: BlockedNetworks,
    /// The places for connections that components hold.
    places: Option<Arc<Semaphore>>,
    /// How long everything may take, where that is not what the constants say.
    patience: Option<Duration>,
    tls: Arc<ClientConfig>,
}

impl RedisConnector {
    /// Connections that keep to the runtime configuration's `block_networks` and to its limits of
    /// connections.
    pub fn new(config: &RuntimeConfig) -> Self {
        let limits = [config.redis_max_connections, config.max_total_connections];
        let limit = limits.into_iter().flatten().min();
        Self {
            blocked: config.blocked_networks.clone(),
            places: limit.map(|limit| Arc::new(Semaphore::new(limit.min(MAX_PERMITS)))),
            patience: None,
            tls: Arc::clone(&MOZILLA),
        }
    }

    /// Has components wait so long for what otherwise may take some seconds at most: a place, a
    /// connection. For tests, in which it must not
    /// matter how fast the machine is.
    #[must_use]
    pub fn patient(mut self, patience: impl Into<Option<Duration>>) -> Self {
        self.patience = patience.into();
        self
    }

    fn wait_timeout(&self) -> Duration {
        self.patience.unwrap_or(WAIT_TIMEOUT)
    }

    /// Connects to what the configuration of the host itself names, which no network is closed to.
    fn for_the_host() -> Self {
        Self::new(&RuntimeConfig::default())
    }

    async fn connect(&self, address: &Address) -> Result<Link, RedisError> {
        let place = match &self.places {
            Some(places) => {
                let place = Arc::clone(places).acquire_owned();
                match tokio::time::timeout(self.wait_timeout(), place).await {
                    Ok(place) => place.ok(),
                    Err(_) => return Err(RedisError::TooManyConnections),
                }
            }
            None => None,
        };
        let connecting = self.patience.unwrap_or(CONNECT_TIMEOUT);
        let opening = Link::open(address, &self.blocked, &self.tls, connecting, place);
        match tokio::time::timeout(self.wait_timeout(), opening).await {
            Ok(link) => link.map_err(RedisError::Other),
            Err(_) => Err(RedisError::Other(format!(
                "the server did not answer within {} seconds",
                WAIT_TIMEOUT.as_secs()
            ))),
        }
    }
}

impl Default for RedisConnector {
    fn default() -> Self {
        Self::for_the_host()
    }
}

impl std::fmt::Debug for RedisConnector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisConnector").finish_non_exhaustive()
    }
}

#[async_trait]
impl RedisServers for RedisConnector {
    async fn open(&self, address: &str) -> Result<Arc<dyn RedisConnection>, RedisError> {
        let link = self.connect(&Address::parse(address)?).await?;
        Ok(Arc::new(Connection(link)))
    }
}
