//! Key-value stores.

use std::sync::Arc;

use async_trait::async_trait;
use jenny_stores::{KeyStream, KeyValueError, KeyValueStore, KeyValueStores};

use super::{Interposed, Interposer};
use crate::ledger::{HostCall, KeyValueCall};

struct Store {
    label: Arc<str>,
    real: Arc<dyn KeyValueStore>,
    by: Interposer,
}

impl Store {
    fn asked_to(&self, operation: KeyValueCall) -> HostCall {
        HostCall::KeyValue {
            store: Arc::clone(&self.label),
            operation,
        }
    }
}

#[async_trait]
impl KeyValueStores for Interposed<dyn KeyValueStores> {
    async fn open(&self, label: &str) -> Result<Arc<dyn KeyValueStore>, KeyValueError> {
        let store: Arc<str> = label.into();
        let what = HostCall::KeyValue {
            store: Arc::clone(&store),
            operation: KeyValueCall::Open,
        };
        let real = self.by.call(what, self.real.open(label)).await?;
        Ok(Arc::new(Store {
            label: store,
            real,
            by: self.by.clone(),
        }))
    }

    fn is_defined(&self, label: &str) -> bool {
        self.real.is_defined(label)
    }
}

#[async_trait]
impl KeyValueStore for Store {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, KeyValueError> {
        let what = self.asked_to(KeyValueCall::Get {
            key: key.to_owned(),
        });
        self.by.call(what, self.real.get(key)).await
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), KeyValueError> {
        let what = self.asked_to(KeyValueCall::Set {
            key: key.to_owned(),
            value: value.clone(),
        });
        self.by.call(what, self.real.set(key, value)).await
    }

    async fn delete(&self, key: &str) -> Result<(), KeyValueError> {
        let what = self.asked_to(KeyValueCall::Delete {
            key: key.to_owned(),
        });
        self.by.call(what, self.real.delete(key)).await
    }

    async fn exists(&self, key: &str) -> Result<bool, KeyValueError> {
        let what = self.asked_to(KeyValueCall::Exists {
            key: key.to_owned(),
        });
        self.by.call(what, self.real.exists(key)).await
    }

    async fn get_keys(&self) -> Result<KeyStream, KeyValueError> {
        let what = self.asked_to(KeyValueCall::GetKeys);
        self.by.call(what, self.real.get_keys()).await
    }

    async fn get_many(
        &self,
        keys: Vec<String>,
    ) -> Result<Vec<(String, Option<Vec<u8>>)>, KeyValueError> {
        let what = self.asked_to(KeyValueCall::GetMany { keys: keys.clone() });
        self.by.call(what, self.real.get_many(keys)).await
    }

    async fn set_many(&self, pairs: Vec<(String, Vec<u8>)>) -> Result<(), KeyValueError> {
        let what = self.asked_to(KeyValueCall::SetMany {
            pairs: pairs.clone(),
        });
        self.by.call(what, self.real.set_many(pairs)).await
    }

    async fn delete_many(&self, keys: Vec<String>) -> Result<(), KeyValueError> {
        let what = self.asked_to(KeyValueCall::DeleteMany { keys: keys.clone() });
        self.by.call(what, self.real.delete_many(keys)).await
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64, KeyValueError> {
        let what = self.asked_to(KeyValueCall::Increment {
            key: key.to_owned(),
            delta,
        });
        self.by.call(what, self.real.increment(key, delta)).await
    }

    async fn compare_and_swap(
        &self,
        key: &str,
        expected: Option<Vec<u8>>,
        value: Vec<u8>,
    ) -> Result<bool, KeyValueError> {
        let what = self.asked_to(KeyValueCall::CompareAndSwap {
            key: key.to_owned(),
            expected: expected.clone(),
            value: value.clone(),
        });
        let swapped = self.real.compare_and_swap(key, expected, value);
        self.by.call(what, swapped).await
    }
}
