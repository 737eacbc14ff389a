//! Redis servers, as `spin:redis` sees them.

use std::sync::Arc;

use async_trait::async_trait;

/// Why a Redis operation failed: the errors of `spin:redis@3.0.0`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedisError {
    /// The address is none, or the component's manifest entry does not allow it.
    #[error("the address is not that of a Redis server that the component may connect to")]
    InvalidAddress,
    /// The component, or all of them together, hold as many connections as they may.
    #[error("too many connections to Redis are open at once")]
    TooManyConnections,
    /// The value of the key has another type than the operation works on.
    #[error("the value is not of the type that the operation works on")]
    TypeError,
    /// Everything else: nobody answers, the connection broke, the server refuses.
    #[error("{0}")]
    Other(String),
}

/// An argument of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedisParameter {
    /// A number, sent as its decimal digits.
    Int64(i64),
    /// Any bytes, text as well.
    Binary(Vec<u8>),
}

/// A part of what a command answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedisResult {
    /// There is nothing.
    Nil,
    /// A status, mostly `OK`.
    Status(String),
    /// A number.
    Int64(i64),
    /// Bytes; text as well.
    Binary(Vec<u8>),
}

/// Redis servers that components connect to. Whether a component may has been checked.
#[async_trait]
pub trait RedisServers: Send + Sync {
    /// Opens a connection of the caller's own: what one does to its connection (`SELECT`, `MULTI`,
    /// `WATCH`, `SUBSCRIBE`) is nothing to another.
    ///
    /// `address` is a URL `redis://user:password@host:port/database`, with `rediss` for TLS.
    ///
    /// # Errors
    ///
    /// [`RedisError::InvalidAddress`], [`RedisError::TooManyConnections`], or
    /// [`RedisError::Other`] if the server is not to be had.
    async fn open(&self, address: &str) -> Result<Arc<dyn RedisConnection>, RedisError>;
}

/// One connection. Any number of commands may be under way on it; they are answered in the order in
/// which they were sent.
///
/// A connection that broke stays so: every further command fails. Opening another one is the
/// caller's, because nobody else knows what the connection was in the middle of.
///
/// Every method fails with [`RedisError::Other`] if the server refuses the command or the connection
/// breaks, and if an answer takes more memory than the host has for one.
#[async_trait]
pub trait RedisConnection: Send + Sync {
    /// Sends `payload` to the subscribers of `channel`.
    async fn publish(&self, channel: &str, payload: Vec<u8>) -> Result<(), RedisError>;

    /// The value of `key`, `None` if there is none.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, RedisError>;

    /// Sets `key` to `value`, whether it existed or not.
    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), RedisError>;

    /// Adds 1 to the number at `key`, 0 if there is none, and returns the sum.
    ///
    /// # Errors
    ///
    /// [`RedisError::TypeError`] if the value is no number, as the interface has it. (Spin 4.1
    /// answers `other` there.)
    async fn incr(&self, key: &str) -> Result<i64, RedisError>;

    /// Removes `keys` and returns how many of them there were.
    async fn del(&self, keys: Vec<String>) -> Result<u32, RedisError>;

    /// Adds `values` to the set at `key` and returns how many are new.
    ///
    /// # Errors
    ///
    /// [`RedisError::TypeError`] if there is something else at `key`.
    async fn sadd(&self, key: &str, values: Vec<String>) -> Result<u32, RedisError>;

    /// The values of the set at `key`, in no promised order.
    async fn smembers(&self, key: &str) -> Result<Vec<String>, RedisError>;

    /// Removes `values` from the set at `key` and returns how many of them there were.
    async fn srem(&self, key: &str, values: Vec<String>) -> Result<u32, RedisError>;

    /// Sends any command and returns its answer, in which arrays within arrays have become one flat
    /// sequence, as on Spin.
    ///
    /// # Errors
    ///
    /// [`RedisError::Other`] also for an answer without a form here: the maps, attributes, verbatim
    /// strings and messages of RESP3.
    async fn execute(
        &self,
        command: &str,
        arguments: Vec<RedisParameter>,
    ) -> Result<Vec<RedisResult>, RedisError>;
}
