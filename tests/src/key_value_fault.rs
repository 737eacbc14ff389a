use std::sync::Arc;

use async_trait::async_trait;
use jenny_host::capability::{KeyStream, KeyValueError, KeyValueStore, KeyValueStores};

use crate::fault::FAULT;

/// What is wrong with the key-value stores.
#[derive(Clone, Copy)]
pub(crate) enum KeyValueFault {
    /// Every call fails, once a store is open.
    Fails,
    /// Every call lets others go first: without it, a store in memory answers before any other
    /// request of the instance gets a turn.
    Hesitates,
}

/// How many turns others get before a store that hesitates answers.
const TURNS: usize = 20;

pub(crate) struct FaultyKeyValue {
    pub(crate) stores: Arc<dyn KeyValueStores>,
    pub(crate) fault: KeyValueFault,
}

struct FaultyStore {
    store: Arc<dyn KeyValueStore>,
    fault: KeyValueFault,
}

impl FaultyStore {
    async fn meet(&self) -> Result<(), KeyValueError> {
        match self.fault {
            KeyValueFault::Fails => Err(KeyValueError::Other(FAULT.to_owned())),
            KeyValueFault::Hesitates => {
                for _ in 0..TURNS {
                    tokio::task::yield_now().await;
                }
                Ok(())
            }
        }
    }
}

#[async_trait]
impl KeyValueStores for FaultyKeyValue {
    async fn open(&self, label: &str) -> Result<Arc<dyn KeyValueStore>, KeyValueError> {
        let store = self.stores.open(label).await?;
        let fault = self.fault;
        Ok(Arc::new(FaultyStore { store, fault }))
    }

    fn is_defined(&self, label: &str) -> bool {
        self.stores.is_defined(label)
    }
}

#[async_trait]
impl KeyValueStore for FaultyStore {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, KeyValueError> {
        self.meet().await?;
        self.store.get(key).await
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), KeyValueError> {
        self.meet().await?;
        self.store.set(key, value).await
    }

    async fn delete(&self, key: &str) -> Result<(), KeyValueError> {
        self.meet().await?;
        self.store.delete(key).await
    }

    async fn exists(&self, key: &str) -> Result<bool, KeyValueError> {
        self.meet().await?;
        self.store.exists(key).await
    }

    async fn get_keys(&self) -> Result<KeyStream, KeyValueError> {
        self.meet().await?;
        self.store.get_keys().await
    }

    async fn get_many(
        &self,
        keys: Vec<String>,
    ) -> Result<Vec<(String, Option<Vec<u8>>)>, KeyValueError> {
        self.meet().await?;
        self.store.get_many(keys).await
    }

    async fn set_many(&self, pairs: Vec<(String, Vec<u8>)>) -> Result<(), KeyValueError> {
        self.meet().await?;
        self.store.set_many(pairs).await
    }

    async fn delete_many(&self, keys: Vec<String>) -> Result<(), KeyValueError> {
        self.meet().await?;
        self.store.delete_many(keys).await
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64, KeyValueError> {
        self.meet().await?;
        self.store.increment(key, delta).await
    }

    async fn compare_and_swap(
        &self,
        key: &str,
        expected: Option<Vec<u8>>,
        value: Vec<u8>,
    ) -> Result<bool, KeyValueError> {
        self.meet().await?;
        self.store.compare_and_swap(key, expected, value).await
    }
}
