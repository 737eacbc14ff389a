//! MySQL over the network: a pool of connections for each address.

mod address;
mod link;
mod session;
mod statement;
#[cfg(test)]
mod tests;
mod value;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use deadpool::Runtime;
use deadpool::managed::{self, PoolError, TimeoutType};
use tokio::sync::Semaphore;

use self::link::Manager;
use self::session::Connection;
use super::mysql::{MysqlConnection, MysqlDatabases, MysqlError};
use crate::MAX_PERMITS;
use jenny_manifest::runtime_config::{BlockedNetworks, RuntimeConfig};

pub use self::address::Address;

/// Most connections to one address at once: as many as to a Postgres database.
const POOL_CONNECTIONS: usize = 64;

/// Most addresses whose connections are kept for later. A component that connects to ever other
/// databases of an allowed server must not fill the host.
const POOLS: usize = 16;

/// How long a component waits for a connection that others have, and how long one may take to be
/// made: a third of the time that a request has by default.
const WAIT_TIMEOUT: Duration = Duration::from_secs(10);

type Pool = managed::Pool<Manager>;

/// MySQL databases on the network, with a pool of connections for each address.
///
/// A connection that a component gives up, by intention or because it trapped, is rolled back and
/// forgets every setting before anybody else has it. One that broke is replaced.
#[derive(Clone, Default)]
pub struct MysqlPools {
    blocked: BlockedNetworks,
    /// The places for connections that components hold.
    places: Option<Arc<Semaphore>>,
    /// How long everything may take, where that is not what the constants say.
    patience: Option<Duration>,
    /// By what the address says, however it says it. Those used last come last.
    pools: Arc<Mutex<Vec<(Address, Pool)>>>,
}

impl MysqlPools {
    /// Pools that keep to the runtime configuration's `block_networks` and to its limits of
    /// connections.
    pub fn new(config: &RuntimeConfig) -> Self {
        let limits = [config.mysql_max_connections, config.max_total_connections];
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
    fn pool(&self, address: &str) -> Result<Pool, MysqlError> {
        let address = Address::parse(address).map_err(MysqlError::ConnectionFailed)?;
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = pools.iter().position(|(known, _)| *known == address) {
            // Mostly there is one, and then it stays where it is.
            pools[index..].rotate_left(1);
        } else {
            let pool = self.new_pool(address.clone())?;
            if pools.len() >= POOLS {
                pools.remove(0);
            }
            pools.push((address, pool));
        }
        let (_, pool) = pools.last().expect("a pool was found or made above");
        Ok(pool.clone())
    }

    fn new_pool(&self, address: Address) -> Result<Pool, MysqlError> {
        let manager = Manager {
            address,
            blocked: self.blocked.clone(),
            patience: self.patience,
            unanswered: Mutex::default(),
        };
        Pool::builder(manager)
            .max_size(POOL_CONNECTIONS)
            .wait_timeout(Some(self.wait_timeout()))
            .create_timeout(Some(self.wait_timeout()))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| MysqlError::Other(error.to_string()))
    }
}

impl std::fmt::Debug for MysqlPools {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Addresses hold passwords.
        f.debug_struct("MysqlPools").finish_non_exhaustive()
    }
}

#[async_trait]
impl MysqlDatabases for MysqlPools {
    async fn open(&self, address: &str) -> Result<Arc<dyn MysqlConnection>, MysqlError> {
        let pool = self.pool(address)?;
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
            PoolError::Backend(cause) => MysqlError::ConnectionFailed(cause),
            PoolError::Timeout(TimeoutType::Wait) => exhausted(&format!(
                "all {POOL_CONNECTIONS} connections to the address"
            )),
            PoolError::Timeout(_) => MysqlError::ConnectionFailed(format!(
                "the server did not answer within {} seconds",
                WAIT_TIMEOUT.as_secs()
            )),
            error => MysqlError::ConnectionFailed(error.to_string()),
        })?;
        Ok(Arc::new(Connection::new(link, pool, place)))
    }
}

fn exhausted(what: &str) -> MysqlError {
    MysqlError::ConnectionFailed(format!(
        "no connection became free within {} seconds: {what} are in use",
        WAIT_TIMEOUT.as_secs()
    ))
}
