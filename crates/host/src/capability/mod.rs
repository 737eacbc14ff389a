//! What a component can ask of its host: stores, databases, variables, outbound HTTP.
//!
//! Each capability is a trait with a real implementation, and the bindings call nothing but the
//! traits. Whoever wraps a trait therefore sees every call that a component makes, and can count
//! it, delay it or let it fail.
//!
//! What a component *may* ask is not decided here but by its [`Grants`], which the bindings check
//! before they call.

mod grants;
mod key_value;
mod key_value_store;
mod local;
pub mod mqtt;
mod mqtt_client;
pub mod mysql;
mod mysql_pool;
mod network;
mod outbound_http;
pub mod postgres;
mod postgres_pool;
pub mod redis;
mod redis_server;
mod rows;
mod sqlite;
mod sqlite_database;
mod variables;
mod work;

use std::sync::Arc;

pub(crate) use grants::excerpt;
pub use grants::{GrantKind, Grants};
pub use key_value::{KeyStream, KeyValueError, KeyValueStore, KeyValueStores};
pub use local::{StoreError, StoreLocations};
pub use mqtt::{MqttBrokers, MqttConnection, MqttError};
pub(crate) use mqtt_client::Address as MqttAddress;
pub use mqtt_client::MqttClient;
pub use mysql::{MysqlConnection, MysqlDatabases, MysqlError};
pub(crate) use mysql_pool::Address as MysqlAddress;
pub use mysql_pool::MysqlPools;
pub use outbound_http::{
    NoOutboundHttp, OutboundHttp, OutboundIo, OutboundRequest, OutboundResponse,
};
pub use postgres::{PostgresConnection, PostgresDatabases, PostgresError};
pub use postgres_pool::PostgresPools;
pub(crate) use postgres_pool::{Address as PostgresAddress, check_ca_root};
pub use redis::{RedisConnection, RedisError, RedisParameter, RedisResult, RedisServers};
pub(crate) use redis_server::Address as RedisAddress;
pub use redis_server::RedisConnector;
pub use sqlite::{
    QueryResult, Row, RowStream, SqliteConnection, SqliteDatabases, SqliteError, Value,
};
pub use variables::{VariableError, Variables};

/// The most bytes that the host buffers for one answer: Spin's number.
pub(crate) const MAX_BUFFERED_BYTES: usize = 128 * 1024 * 1024;

/// The longest address of a server. Addresses are kept: with the pool, in the log of refusals.
pub(crate) const MAX_ADDRESS_BYTES: usize = 8 * 1024;

/// The capabilities of one application: what its components' imports are connected to.
///
/// Cloning is cheap, and clones share the same stores.
#[derive(Clone)]
pub struct Capabilities {
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
    /// The values of each component's variables.
    pub variables: Arc<dyn Variables>,
    /// Requests that leave the application. Local service chaining never comes here.
    pub outbound_http: Arc<dyn OutboundHttp>,
}

impl std::fmt::Debug for Capabilities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Capabilities").finish_non_exhaustive()
    }
}
