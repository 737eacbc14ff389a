//! `spin:variables@3.0.0`.

use std::sync::Arc;

use wasmtime::component::Accessor;

use super::generated::spin::variables::variables::{Error, Host, HostWithStore};
use super::{Spin, SpinCtxView, call};
use crate::capability::VariableError;

impl From<VariableError> for Error {
    fn from(error: VariableError) -> Self {
        let message = error.to_string();
        match error {
            VariableError::InvalidName(_) => Self::InvalidName(message),
            VariableError::Undefined(_) => Self::Undefined(message),
            VariableError::Provider(_) => Self::Provider(message),
            VariableError::InvalidTemplate(_) => Self::Other(message),
        }
    }
}

impl Host for SpinCtxView<'_> {}

impl<T: 'static> HostWithStore<T> for Spin {
    async fn get(
        accessor: &Accessor<T, Self>,
        name: String,
    ) -> wasmtime::Result<Result<String, Error>> {
        let (variables, grants) = accessor.with(|mut access| {
            let ctx = access.get().ctx;
            (
                Arc::clone(&ctx.capabilities.variables),
                Arc::clone(&ctx.grants),
            )
        });
        let value = variables.get(grants.component(), &name);
        let value = call(accessor).of(value).await?;
        if let Err(VariableError::Undefined(_)) = value {
            grants.note_unknown_variable(&name);
        }
        Ok(value.map_err(Error::from))
    }
}
