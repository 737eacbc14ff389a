//! `spin:key-value@3.0.0`.

use std::sync::Arc;

use futures::TryStreamExt as _;
use wasmtime::component::{Accessor, FutureReader, Resource, StreamReader};

use super::generated::spin::key_value::key_value::{Error, Host, HostStore, HostStoreWithStore};
use super::stream::readers;
use super::{MAX_OPEN_HANDLES, Spin, SpinCtxView, call};
use jenny_stores::{GrantKind, KeyValueError, KeyValueStore, MAX_BUFFERED_BYTES};

/// An open store in the resource table.
#[allow(unreachable_pub, reason = "the generated code re-exports it")]
pub struct Store(Arc<dyn KeyValueStore>);

type Answer<R> = wasmtime::Result<Result<R, Error>>;

impl From<KeyValueError> for Error {
    fn from(error: KeyValueError) -> Self {
        match error {
            KeyValueError::StoreTableFull => Self::StoreTableFull,
            KeyValueError::NoSuchStore => Self::NoSuchStore,
            KeyValueError::AccessDenied => Self::AccessDenied,
            KeyValueError::Other(message) => Self::Other(message),
        }
    }
}

impl SpinCtxView<'_> {
    /// What opening the store called `label` needs: whether the component may, whether it has not
    /// too many open, and who opens it.
    pub(super) fn admit_store(
        &self,
        label: &str,
    ) -> Result<Arc<dyn jenny_stores::KeyValueStores>, KeyValueError> {
        if !self.ctx.grants.check(GrantKind::KeyValueStore, label) {
            return Err(KeyValueError::AccessDenied);
        }
        if self.ctx.open_stores >= MAX_OPEN_HANDLES {
            return Err(KeyValueError::StoreTableFull);
        }
        let stores = Arc::clone(&self.ctx.capabilities.stores.key_value);
        if !stores.is_defined(label) {
            self.ctx
                .grants
                .note_undefined(GrantKind::KeyValueStore, label);
        }
        Ok(stores)
    }

    /// Opens the store called `label` while nothing else of the instance runs.
    pub(super) async fn open_store(
        &mut self,
        label: &str,
    ) -> wasmtime::Result<Result<Resource<Store>, KeyValueError>> {
        let stores = match self.admit_store(label) {
            Ok(stores) => stores,
            Err(error) => return Ok(Err(error)),
        };
        match self.call().of(stores.open(label)).await? {
            Ok(store) => Ok(Ok(self.keep_store(store)?)),
            Err(error) => Ok(Err(error)),
        }
    }

    fn keep_store(&mut self, store: Arc<dyn KeyValueStore>) -> wasmtime::Result<Resource<Store>> {
        self.ctx.open_stores += 1;
        Ok(self.table.push(Store(store))?)
    }

    pub(super) fn store(
        &self,
        store: &Resource<Store>,
    ) -> wasmtime::Result<Arc<dyn KeyValueStore>> {
        Ok(Arc::clone(&self.table.get(store)?.0))
    }

    pub(super) fn drop_store(&mut self, store: Resource<Store>) -> wasmtime::Result<()> {
        self.table.delete(store)?;
        self.ctx.open_stores -= 1;
        Ok(())
    }
}

/// All keys of a store, for the interfaces that have no streams.
pub(super) async fn all_keys(store: &dyn KeyValueStore) -> Result<Vec<String>, KeyValueError> {
    let mut bytes = 0;
    let mut all = Vec::new();
    let mut keys = store.get_keys().await?;
    while let Some(key) = keys.try_next().await? {
        bytes += size_of::<String>() + key.len();
        if bytes > MAX_BUFFERED_BYTES {
            return Err(KeyValueError::Other(format!(
                "query result exceeds limit of {MAX_BUFFERED_BYTES} bytes"
            )));
        }
        all.push(key);
    }
    Ok(all)
}

fn store<T>(
    accessor: &Accessor<T, Spin>,
    store: &Resource<Store>,
) -> wasmtime::Result<Arc<dyn KeyValueStore>> {
    accessor.with(|mut access| access.get().store(store))
}

impl Host for SpinCtxView<'_> {}

impl HostStore for SpinCtxView<'_> {
    fn drop(&mut self, store: Resource<Store>) -> wasmtime::Result<()> {
        self.drop_store(store)
    }
}

impl<T: 'static> HostStoreWithStore<T> for Spin {
    async fn open(accessor: &Accessor<T, Self>, label: String) -> Answer<Resource<Store>> {
        let stores = match accessor.with(|mut access| access.get().admit_store(&label)) {
            Ok(stores) => stores,
            Err(error) => return Ok(Err(error.into())),
        };
        match call(accessor).of(stores.open(&label)).await? {
            Ok(store) => accessor.with(|mut access| Ok(Ok(access.get().keep_store(store)?))),
            Err(error) => Ok(Err(error.into())),
        }
    }

    async fn get(
        accessor: &Accessor<T, Self>,
        this: Resource<Store>,
        key: String,
    ) -> Answer<Option<Vec<u8>>> {
        let store = store(accessor, &this)?;
        let done = store.get(&key);
        Ok(call(accessor).of(done).await?.map_err(Error::from))
    }

    async fn set(
        accessor: &Accessor<T, Self>,
        this: Resource<Store>,
        key: String,
        value: Vec<u8>,
    ) -> Answer<()> {
        let store = store(accessor, &this)?;
        let done = store.set(&key, value);
        Ok(call(accessor).of(done).await?.map_err(Error::from))
    }

    async fn delete(
        accessor: &Accessor<T, Self>,
        this: Resource<Store>,
        key: String,
    ) -> Answer<()> {
        let store = store(accessor, &this)?;
        let done = store.delete(&key);
        Ok(call(accessor).of(done).await?.map_err(Error::from))
    }

    async fn exists(
        accessor: &Accessor<T, Self>,
        this: Resource<Store>,
        key: String,
    ) -> Answer<bool> {
        let store = store(accessor, &this)?;
        let done = store.exists(&key);
        Ok(call(accessor).of(done).await?.map_err(Error::from))
    }

    async fn get_keys(
        accessor: &Accessor<T, Self>,
        this: Resource<Store>,
    ) -> wasmtime::Result<(StreamReader<String>, FutureReader<Result<(), Error>>)> {
        let store = store(accessor, &this)?;
        // This function has no error of its own: the future carries it.
        let keys = match call(accessor).of(store.get_keys()).await? {
            Ok(keys) => keys,
            Err(error) => Box::pin(futures::stream::iter([Err(error)])),
        };
        readers(
            accessor,
            keys,
            |key| key,
            |error: KeyValueError| error.into(),
        )
        .await
    }
}
