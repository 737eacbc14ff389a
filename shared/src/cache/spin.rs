//! The cache on Spin.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use spin_sdk::key_value::{Error, Store};
use spin_sdk::wasip3::clocks::monotonic_clock;

use super::platform::{BoxFuture, Platform, StoreError};

/// The label of the store, which the manifest grants in `key_value_stores`.
const LABEL: &str = "default";

#[derive(Default)]
pub(super) struct Spin {
    /// Opened by the first request that needs it.
    store: Mutex<Option<Arc<Store>>>,
}

impl Spin {
    async fn store(&self) -> Result<Arc<Store>, StoreError> {
        if let Some(store) = &*self.opened() {
            return Ok(Arc::clone(store));
        }
        let store = Arc::new(Store::open(LABEL).await.map_err(store_error)?);
        *self.opened() = Some(Arc::clone(&store));
        Ok(store)
    }

    fn opened(&self) -> std::sync::MutexGuard<'_, Option<Arc<Store>>> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Platform for Spin {
    fn now(&self) -> Timestamp {
        crate::time::now()
    }

    fn random(&self) -> u64 {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).expect("the host gives random bytes");
        u64::from_ne_bytes(bytes)
    }

    fn pause(&self, time: Duration) -> BoxFuture<'_, ()> {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Box::pin(monotonic_clock::wait_for(nanoseconds))
    }

    fn spawn(&self, work: BoxFuture<'static, ()>) {
        spin_sdk::wasip3::spawn(work);
    }

    fn get(&self, name: String) -> BoxFuture<'_, Result<Option<Vec<u8>>, StoreError>> {
        Box::pin(async move { self.store().await?.get(name).await.map_err(store_error) })
    }

    fn set(&self, name: String, value: Vec<u8>) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            let store = self.store().await?;
            store.set(name, value).await.map_err(store_error)
        })
    }
}

fn store_error(error: Error) -> StoreError {
    StoreError(match error {
        Error::AccessDenied => format!(
            "this component may not open the key-value store `{LABEL}`; add \
             `key_value_stores = [\"{LABEL}\"]` to its component in spin.toml"
        ),
        other => other.to_string(),
    })
}
