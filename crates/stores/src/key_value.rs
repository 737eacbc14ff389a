//! Key-value stores, as `spin:key-value` and `wasi:keyvalue` see them.

use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;

/// The keys of a store, one by one, and the error that ended them early, if any.
///
/// Nothing is held between two keys: a reader that stops half-way blocks nobody.
pub type KeyStream = BoxStream<'static, Result<String, KeyValueError>>;

/// Why a key-value operation failed: the errors of `spin:key-value@3.0.0`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyValueError {
    /// The component holds too many open stores.
    #[error("too many key-value stores are open at once")]
    StoreTableFull,
    /// No store of that label is defined.
    #[error("no such key-value store")]
    NoSuchStore,
    /// The component's manifest entry does not name the store.
    #[error("access to the key-value store is denied")]
    AccessDenied,
    /// The store itself failed.
    #[error("{0}")]
    Other(String),
}

/// The key-value stores of an application.
#[async_trait]
pub trait KeyValueStores: Send + Sync {
    /// Opens the store called `label`.
    ///
    /// # Errors
    ///
    /// [`KeyValueError::NoSuchStore`] if no store is called so.
    async fn open(&self, label: &str) -> Result<Arc<dyn KeyValueStore>, KeyValueError>;

    /// Whether [`open`](Self::open) knows `label`.
    fn is_defined(&self, label: &str) -> bool;
}

/// One open key-value store.
///
/// Every method fails with [`KeyValueError::Other`] when the storage behind it does.
#[async_trait]
pub trait KeyValueStore: Send + Sync {
    /// The value of `key`, `None` if there is none.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, KeyValueError>;

    /// Sets `key` to `value`, whether it existed or not.
    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), KeyValueError>;

    /// Removes `key`; a key that is not there is no error.
    async fn delete(&self, key: &str) -> Result<(), KeyValueError>;

    /// Whether `key` has a value.
    async fn exists(&self, key: &str) -> Result<bool, KeyValueError>;

    /// All keys, in no promised order. Keys written meanwhile may or may not be among them.
    async fn get_keys(&self) -> Result<KeyStream, KeyValueError>;

    /// The values of `keys`, in their order, with `None` for a key that is not there.
    async fn get_many(
        &self,
        keys: Vec<String>,
    ) -> Result<Vec<(String, Option<Vec<u8>>)>, KeyValueError>;

    /// Sets all pairs, or on an error none.
    async fn set_many(&self, pairs: Vec<(String, Vec<u8>)>) -> Result<(), KeyValueError>;

    /// Removes all `keys`, or on an error none.
    async fn delete_many(&self, keys: Vec<String>) -> Result<(), KeyValueError>;

    /// Adds `delta` to the number at `key` in one indivisible step and returns the sum.
    ///
    /// A missing key counts as 0. The number is stored as Spin stores it: as eight little-endian
    /// bytes in a file, as decimal digits on a Redis server.
    ///
    /// # Errors
    ///
    /// [`KeyValueError::Other`] if the value is not such a number or the sum overflows; the value
    /// is then unchanged.
    async fn increment(&self, key: &str, delta: i64) -> Result<i64, KeyValueError>;

    /// Sets `key` to `value` if its present value is `expected` (`None`: there is none), in one
    /// indivisible step. Returns whether it did.
    async fn compare_and_swap(
        &self,
        key: &str,
        expected: Option<Vec<u8>>,
        value: Vec<u8>,
    ) -> Result<bool, KeyValueError>;
}
