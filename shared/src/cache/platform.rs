//! What the cache needs of its surroundings: arguments to all the logic, so that tests rule them.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use jiff::Timestamp;

pub(super) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Why a store did not answer, for the log.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct StoreError(pub(super) String);

pub(super) trait Platform: Send + Sync {
    fn now(&self) -> Timestamp;

    fn random(&self) -> u64;

    /// Comes back after this time, whatever other requests of the instance do.
    fn pause(&self, time: Duration) -> BoxFuture<'_, ()>;

    /// Runs after the answer, for as long as the host lets it.
    fn spawn(&self, work: BoxFuture<'static, ()>);

    /// What the second level has under a name.
    fn get(&self, name: String) -> BoxFuture<'_, Result<Option<Vec<u8>>, StoreError>>;

    fn set(&self, name: String, value: Vec<u8>) -> BoxFuture<'_, Result<(), StoreError>>;
}
