//! MQTT brokers, as `spin:mqtt` sees them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

/// Why an MQTT operation failed: the errors of `spin:mqtt@3.0.0`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MqttError {
    /// The address is none.
    #[error("invalid address")]
    InvalidAddress,
    /// The instance has too many connections open.
    #[error("too many connections")]
    TooManyConnections,
    /// There is no connection: the address is not allowed, nobody answers there, the broker refuses,
    /// or the connection broke.
    #[error("{0}")]
    ConnectionFailed(String),
    /// Everything else.
    #[error("{0}")]
    Other(String),
}

/// How certain it is to be that a message arrives.
/// See <https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html#_Toc398718099>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Qos {
    /// It is sent, and nobody says whether it arrived.
    AtMostOnce,
    /// The broker has acknowledged it.
    AtLeastOnce,
    /// The broker has acknowledged it, and will not take it a second time.
    ExactlyOnce,
}

/// What a component says when it opens a connection.
#[derive(Clone, PartialEq, Eq)]
pub struct MqttOptions {
    /// A URL `mqtt://host:port?client_id=…`, or `mqtts://` for TLS.
    pub address: String,
    /// The user's name; none if empty.
    pub username: String,
    /// The password; none if empty.
    pub password: String,
    /// How long nothing may be sent before the broker is told that the connection lives. Zero turns
    /// that off.
    pub keep_alive: Duration,
}

impl std::fmt::Debug for MqttOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Neither the password nor the address, which may hold one.
        f.debug_struct("MqttOptions")
            .field("username", &self.username)
            .field("keep_alive", &self.keep_alive)
            .finish_non_exhaustive()
    }
}

/// MQTT brokers that components connect to. Whether a component may has been checked.
#[async_trait]
pub trait MqttBrokers: Send + Sync {
    /// Opens a connection, which need not reach the broker before something is published.
    ///
    /// # Errors
    ///
    /// [`MqttError`] but for [`MqttError::TooManyConnections`].
    async fn open(&self, options: MqttOptions) -> Result<Arc<dyn MqttConnection>, MqttError>;
}

/// One connection, which ends when the last reference is dropped.
#[async_trait]
pub trait MqttConnection: Send + Sync {
    /// Publishes a message, and waits until the broker has acknowledged it as `qos` demands.
    ///
    /// # Errors
    ///
    /// [`MqttError::ConnectionFailed`], or [`MqttError::Other`] if the message cannot be one.
    async fn publish(&self, topic: String, payload: Vec<u8>, qos: Qos) -> Result<(), MqttError>;
}
