//! `fermyon:spin/key-value@2.0.0`.

use wasmtime::component::Resource;

use super::super::SpinCtxView;
use super::super::generated::fermyon::spin::key_value::{Error, Host, HostStore};
use super::super::key_value::{Store, all_keys};
use jenny_stores::KeyValueError;

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

impl Host for SpinCtxView<'_> {}

impl HostStore for SpinCtxView<'_> {
    async fn open(&mut self, label: String) -> Answer<Resource<Store>> {
        Ok(self.open_store(&label).await?.map_err(Error::from))
    }

    async fn get(&mut self, this: Resource<Store>, key: String) -> Answer<Option<Vec<u8>>> {
        let store = self.store(&this)?;
        let value = self.call().of(store.get(&key)).await?;
        Ok(value.map_err(Error::from))
    }

    async fn set(&mut self, this: Resource<Store>, key: String, value: Vec<u8>) -> Answer<()> {
        let store = self.store(&this)?;
        let done = self.call().of(store.set(&key, value)).await?;
        Ok(done.map_err(Error::from))
    }

    async fn delete(&mut self, this: Resource<Store>, key: String) -> Answer<()> {
        let store = self.store(&this)?;
        let done = self.call().of(store.delete(&key)).await?;
        Ok(done.map_err(Error::from))
    }

    async fn exists(&mut self, this: Resource<Store>, key: String) -> Answer<bool> {
        let store = self.store(&this)?;
        let exists = self.call().of(store.exists(&key)).await?;
        Ok(exists.map_err(Error::from))
    }

    async fn get_keys(&mut self, this: Resource<Store>) -> Answer<Vec<String>> {
        let store = self.store(&this)?;
        let keys = self.call().of(all_keys(store.as_ref())).await?;
        Ok(keys.map_err(Error::from))
    }

    fn drop(&mut self, store: Resource<Store>) -> wasmtime::Result<()> {
        self.drop_store(store)
    }
}
