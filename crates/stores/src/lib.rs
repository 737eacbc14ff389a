//! The stores of a Spin application: key-value, SQLite, Postgres, MySQL, Redis, MQTT.
//!
//! Each kind is a trait with a real implementation, and a host calls nothing but the traits. A wrapper
//! of a trait therefore sees every call that a component makes: it can count it, delay it or let it fail.
//!
//! What a component *may* open is decided by its [`Grants`], which a host checks before it calls.

mod grants;
mod key_value;
mod key_value_store;
mod local;
pub mod mqtt;
mod mqtt_client;
pub mod mysql;
mod mysql_pool;
pub mod names;
mod network;
pub mod postgres;
mod postgres_pool;
pub mod private;
pub mod redis;
mod redis_client;
mod rows;
mod sqlite;
mod sqlite_database;
mod work;

use std::sync::Arc;

pub use grants::{GrantKind, Grants, excerpt};
pub use key_value::{KeyStream, KeyValueError, KeyValueStore, KeyValueStores};
pub use local::{StoreError, StoreLocations};
pub use mqtt::{MqttBrokers, MqttConnection, MqttError};
pub use mqtt_client::{Address as MqttAddress, MqttClient};
pub use mysql::{MysqlConnection, MysqlDatabases, MysqlError};
pub use mysql_pool::{Address as MysqlAddress, MysqlPools};
pub use postgres::{PostgresConnection, PostgresDatabases, PostgresError};
pub use postgres_pool::{Address as PostgresAddress, PostgresPools, check_ca_root};
pub use redis::{RedisConnection, RedisError, RedisParameter, RedisResult, RedisServers};
pub use redis_client::{Address as RedisAddress, RedisConnector};
pub use sqlite::{
    QueryResult, Row, RowStream, SqliteConnection, SqliteDatabases, SqliteError, Value,
};

/// The most bytes that a host buffers for one answer: Spin's number.
pub const MAX_BUFFERED_BYTES: usize = 128 * 1024 * 1024;

/// More permits than any machine can use, and few enough for a semaphore on every platform.
pub const MAX_PERMITS: usize = 1 << 20;

/// The longest address of a server. Addresses are kept: with the pool, in the log of refusals.
pub const MAX_ADDRESS_BYTES: usize = 8 * 1024;

/// The stores of one application.
///
/// Cloning is cheap, and clones share the same stores.
#[derive(Clone)]
pub struct Stores {
    /// Key-value stores by label.
    pub key_value: Arc<dyn KeyValueStores>,
    /// SQLite databases by label.
    pub sqlite: Arc<dyn SqliteDatabases>,
    /// Postgres databases on the network.
    pub postgres: Arc<dyn PostgresDatabases>,
    /// MySQL databases on the network.
    pub mysql: Arc<dyn MysqlDatabases>,
    /// MQTT brokers on the network.
    pub mqtt: Arc<dyn MqttBrokers>,
    /// Redis servers on the network.
    pub redis: Arc<dyn RedisServers>,
}

impl std::fmt::Debug for Stores {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stores").finish_non_exhaustive()
    }
}
