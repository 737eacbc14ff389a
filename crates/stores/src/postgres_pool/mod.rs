//! Postgres over the network: a pool of connections for each address.

mod address;
mod datetime;
mod decimal;
mod error;
mod link;
mod measure;
mod rows;
mod session;
#[cfg(test)]
mod tests;
mod tls;
mod value;
mod wire;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use deadpool::Runtime;
use deadpool::managed::{self, PoolError, TimeoutType};
use tokio::sync::Semaphore;

use self::link::Manager;
use self::session::Connection;
use self::wire::Transport;
use super::postgres::{PostgresConnection, PostgresDatabases, PostgresError};
use crate::MAX_PERMITS;
use jenny_manifest::runtime_config::{BlockedNetworks, RuntimeConfig};

pub use self::address::Address;

/// Most connections to one address at once: Spin's number.
const POOL_CONNECTIONS: usize = 64;

/// Most addresses whose connections are kept for later: Spin's number. A component that connects to
/// ever other databases of an allowed server must not fill the host.
const POOLS: usize = 16;

/// How long a component waits for a connection that others have, and how long one may take to be
/// made: a third of the time that a request has by default.
const WAIT_TIMEOUT: Duration = Duration::from_secs(10);

type Pool = managed::Pool<Manager>;

/// Postgres databases on the network, with a pool of connections for each address.
///
/// A connection that a component gives up, by intention or because it trapped, is rolled back and
/// forgets every setting before anybody else has it. One that broke is replaced.
#[derive(Clone, Default)]
pub struct PostgresPools {
    blocked: BlockedNetworks,
    /// The places for connections that components hold.
    places: Option<Arc<Semaphore>>,
    /// How long everything may take, where that is not what the constants say.
    patience: Option<Duration>,
    /// Those used last come last.
    pools: Arc<Mutex<Vec<(Key, Pool)>>>,
}

/// What has to be the same for connections to be.
#[derive(Clone, PartialEq, Eq)]
struct Key {
    address: String,
    ca_root: Option<String>,
}

impl PostgresPools {
    /// Pools that keep to the runtime configuration's `block_networks` and to its limits of
    /// connections.
    pub fn new(config: &RuntimeConfig) -> Self {
        let limits = [
            config.postgres_max_connections,
            config.max_total_connections,
        ];
        let limit = limits.into_iter().flatten().min();
        Self {
            blocked: config.blocked_networks.clone(),
            places: limit.map(|limit| Arc::new(Semaphore::new(limit.min(MAX_PERMITS)))),
            patience: None,
            pools: Arc::default(),
        }
    }

    /// Has components wait so long for what otherwise may take some seconds at most: a place, a
    /// connection, the end of a statement. For tests, in which it must not
    /// matter how fast the machine is.
    #[must_use]
    pub fn patient(mut self, patience: impl Into<Option<Duration>>) -> Self {
        self.patience = patience.into();
        self
    }

    fn wait_timeout(&self) -> Duration {
        self.patience.unwrap_or(WAIT_TIMEOUT)
    }

    /// The pool of an address. That of the address which nobody has asked for the longest makes
    /// room for a new one; connections of it that are in use live on.
    fn pool(&self, key: Key) -> Result<Pool, PostgresError> {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = pools.iter().position(|(known, _)| *known == key) {
            // Mostly there is one, and then it stays where it is.
            pools[index..].rotate_left(1);
        } else {
            let pool = self.new_pool(&key)?;
            if pools.len() >= POOLS {
                pools.remove(0);
            }
            pools.push((key, pool));
        }
        let (_, pool) = pools.last().expect("a pool was found or made above");
        Ok(pool.clone())
    }

    fn new_pool(&self, key: &Key) -> Result<Pool, PostgresError> {
        let address = Address::parse(&key.address).map_err(PostgresError::ConnectionFailed)?;
        let config =
            tls::client(address.protection, key.ca_root.as_deref()).map_err(invalid_root)?;
        let transport = Transport {
            mode: address.config.get_ssl_mode(),
            negotiation: address.config.get_ssl_negotiation(),
            config,
            awaits_end: false,
        };
        let manager = Manager {
            address,
            transport,
            blocked: self.blocked.clone(),
            patience: self.patience,
        };
        Pool::builder(manager)
            .max_size(POOL_CONNECTIONS)
            .wait_timeout(Some(self.wait_timeout()))
            .create_timeout(Some(self.wait_timeout()))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| PostgresError::Other(error.to_string()))
    }
}

impl std::fmt::Debug for PostgresPools {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Addresses hold passwords.
        f.debug_struct("PostgresPools").finish_non_exhaustive()
    }
}

/// Checks the text of certificates to trust.
///
/// # Errors
///
/// [`PostgresError::Other`].
pub fn check_ca_root(pem: &str) -> Result<(), PostgresError> {
    tls::certificates(pem).map(drop).map_err(invalid_root)
}

fn invalid_root(cause: String) -> PostgresError {
    PostgresError::Other(format!("invalid root certificate: {cause}"))
}

#[async_trait]
impl PostgresDatabases for PostgresPools {
    async fn open(
        &self,
        address: &str,
        ca_root: Option<&str>,
    ) -> Result<Arc<dyn PostgresConnection>, PostgresError> {
        let pool = self.pool(Key {
            address: address.to_owned(),
            ca_root: ca_root.map(str::to_owned),
        })?;
        let place = match &self.places {
            Some(places) => {
                let place = Arc::clone(places).acquire_owned();
                match tokio::time::timeout(self.wait_timeout(), place).await {
                    Ok(place) => place.ok(),
                    Err(_) => return Err(exhausted("as many as the runtime configuration allows")),
                }
            }
            None => None,
        };
        let link = pool.get().await.map_err(|error| match error {
            PoolError::Backend(cause) => PostgresError::ConnectionFailed(cause),
            PoolError::Timeout(TimeoutType::Wait) => exhausted(&format!(
                "all {POOL_CONNECTIONS} connections to the address"
            )),
            PoolError::Timeout(_) => PostgresError::ConnectionFailed(format!(
                "the server did not answer within {} seconds",
                WAIT_TIMEOUT.as_secs()
            )),
            error => PostgresError::ConnectionFailed(error.to_string()),
        })?;
        Ok(Arc::new(Connection::new(link, place)))
    }
}

fn exhausted(what: &str) -> PostgresError {
    PostgresError::ConnectionFailed(format!(
        "no connection became free within {} seconds: {what} are in use",
        WAIT_TIMEOUT.as_secs()
    ))
}
