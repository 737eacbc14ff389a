//! `wasi:keyvalue@0.2.0-draft2`: store, batch and atomics.

use std::sync::Arc;

use wasmtime::component::Resource;

use super::generated::wasi::keyvalue::atomics::{CasError, HostCas};
use super::generated::wasi::keyvalue::store::{Error, HostBucket, KeyResponse};
use super::generated::wasi::keyvalue::{atomics, batch, store};
use super::key_value::all_keys;
use super::{MAX_OPEN_HANDLES, SpinCtxView};
use jenny_stores::{KeyValueError, KeyValueStore};

/// An open store in the resource table.
#[allow(unreachable_pub, reason = "the generated code re-exports it")]
pub struct Bucket(Arc<dyn KeyValueStore>);

/// A compare-and-swap under way: what its key held when it was last looked at.
#[allow(unreachable_pub, reason = "the generated code re-exports it")]
pub struct Cas {
    store: Arc<dyn KeyValueStore>,
    key: String,
    seen: Option<Vec<u8>>,
}

type Answer<R> = wasmtime::Result<Result<R, Error>>;

impl From<KeyValueError> for Error {
    fn from(error: KeyValueError) -> Self {
        match error {
            KeyValueError::NoSuchStore => Self::NoSuchStore,
            KeyValueError::AccessDenied => Self::AccessDenied,
            error @ (KeyValueError::StoreTableFull | KeyValueError::Other(_)) => {
                Self::Other(error.to_string())
            }
        }
    }
}

impl SpinCtxView<'_> {
    fn bucket(&self, bucket: &Resource<Bucket>) -> wasmtime::Result<Arc<dyn KeyValueStore>> {
        Ok(Arc::clone(&self.table.get(bucket)?.0))
    }

    /// A handle that remembers what `key` holds now.
    async fn new_cas(
        &mut self,
        store: Arc<dyn KeyValueStore>,
        key: String,
    ) -> Answer<Resource<Cas>> {
        if self.ctx.open_swaps >= MAX_OPEN_HANDLES {
            return Ok(Err(Error::Other(
                "too many compare-and-swaps are open at once".to_owned(),
            )));
        }
        match self.call().of(store.get(&key)).await? {
            Ok(seen) => {
                self.ctx.open_swaps += 1;
                Ok(Ok(self.table.push(Cas { store, key, seen })?))
            }
            Err(error) => Ok(Err(error.into())),
        }
    }

    fn delete_cas(&mut self, cas: Resource<Cas>) -> wasmtime::Result<Cas> {
        let cas = self.table.delete(cas)?;
        self.ctx.open_swaps -= 1;
        Ok(cas)
    }
}

impl store::Host for SpinCtxView<'_> {
    async fn open(&mut self, identifier: String) -> Answer<Resource<Bucket>> {
        let stores = match self.admit_store(&identifier) {
            Ok(stores) => stores,
            Err(error) => return Ok(Err(error.into())),
        };
        match self.call().of(stores.open(&identifier)).await? {
            Ok(store) => {
                self.ctx.open_stores += 1;
                Ok(Ok(self.table.push(Bucket(store))?))
            }
            Err(error) => Ok(Err(error.into())),
        }
    }
}

impl HostBucket for SpinCtxView<'_> {
    async fn get(&mut self, this: Resource<Bucket>, key: String) -> Answer<Option<Vec<u8>>> {
        let store = self.bucket(&this)?;
        let done = store.get(&key);
        Ok(self.call().of(done).await?.map_err(Error::from))
    }

    async fn set(&mut self, this: Resource<Bucket>, key: String, value: Vec<u8>) -> Answer<()> {
        let store = self.bucket(&this)?;
        let done = store.set(&key, value);
        Ok(self.call().of(done).await?.map_err(Error::from))
    }

    async fn delete(&mut self, this: Resource<Bucket>, key: String) -> Answer<()> {
        let store = self.bucket(&this)?;
        let done = store.delete(&key);
        Ok(self.call().of(done).await?.map_err(Error::from))
    }

    async fn exists(&mut self, this: Resource<Bucket>, key: String) -> Answer<bool> {
        let store = self.bucket(&this)?;
        let done = store.exists(&key);
        Ok(self.call().of(done).await?.map_err(Error::from))
    }

    async fn list_keys(
        &mut self,
        this: Resource<Bucket>,
        cursor: Option<String>,
    ) -> Answer<KeyResponse> {
        // All keys are one page, as on Spin, and so there is never a cursor to come back with.
        if cursor.is_some() {
            return Ok(Err(Error::Other(
                "list_keys: cursor not supported".to_owned(),
            )));
        }
        let store = self.bucket(&this)?;
        let keys = all_keys(store.as_ref());
        Ok(self
            .call()
            .of(keys)
            .await?
            .map(|keys| KeyResponse { keys, cursor: None })
            .map_err(Error::from))
    }

    fn drop(&mut self, bucket: Resource<Bucket>) -> wasmtime::Result<()> {
        self.table.delete(bucket)?;
        self.ctx.open_stores -= 1;
        Ok(())
    }
}

impl batch::Host for SpinCtxView<'_> {
    async fn get_many(
        &mut self,
        bucket: Resource<Bucket>,
        keys: Vec<String>,
    ) -> Answer<Vec<(String, Option<Vec<u8>>)>> {
        let store = self.bucket(&bucket)?;
        let done = store.get_many(keys);
        Ok(self.call().of(done).await?.map_err(Error::from))
    }

    async fn set_many(
        &mut self,
        bucket: Resource<Bucket>,
        key_values: Vec<(String, Vec<u8>)>,
    ) -> Answer<()> {
        let store = self.bucket(&bucket)?;
        let done = store.set_many(key_values);
        Ok(self.call().of(done).await?.map_err(Error::from))
    }

    async fn delete_many(&mut self, bucket: Resource<Bucket>, keys: Vec<String>) -> Answer<()> {
        let store = self.bucket(&bucket)?;
        let done = store.delete_many(keys);
        Ok(self.call().of(done).await?.map_err(Error::from))
    }
}

impl HostCas for SpinCtxView<'_> {
    async fn new(&mut self, bucket: Resource<Bucket>, key: String) -> Answer<Resource<Cas>> {
        let store = self.bucket(&bucket)?;
        self.new_cas(store, key).await
    }

    /// Looks again, as on Spin: the swap compares with what the component has last seen.
    async fn current(&mut self, this: Resource<Cas>) -> Answer<Option<Vec<u8>>> {
        let call = self.call();
        let cas = self.table.get_mut(&this)?;
        match call.of(cas.store.get(&cas.key)).await? {
            Ok(value) => {
                cas.seen.clone_from(&value);
                Ok(Ok(value))
            }
            Err(error) => Ok(Err(error.into())),
        }
    }

    fn drop(&mut self, cas: Resource<Cas>) -> wasmtime::Result<()> {
        self.delete_cas(cas).map(drop)
    }
}

impl atomics::Host for SpinCtxView<'_> {
    async fn increment(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
        delta: i64,
    ) -> Answer<i64> {
        let store = self.bucket(&bucket)?;
        let done = store.increment(&key, delta);
        Ok(self.call().of(done).await?.map_err(Error::from))
    }

    async fn swap(
        &mut self,
        cas: Resource<Cas>,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), CasError>> {
        let Cas { store, key, seen } = self.delete_cas(cas)?;
        let swapped = store.compare_and_swap(&key, seen, value);
        match self.call().of(swapped).await? {
            Ok(true) => Ok(Ok(())),
            Ok(false) => Ok(Err(match self.new_cas(store, key).await? {
                Ok(newer) => CasError::CasFailed(newer),
                Err(error) => CasError::StoreError(error),
            })),
            Err(error) => Ok(Err(CasError::StoreError(error.into()))),
        }
    }
}
