//! `wasi:config@0.2.0-draft-2024-09-27`: the same variables under another name.

use super::SpinCtxView;
use super::generated::wasi::config::store::{Error, Host};
use crate::capability::VariableError;

impl Host for SpinCtxView<'_> {
    async fn get(&mut self, key: String) -> wasmtime::Result<Result<Option<String>, Error>> {
        let component = self.ctx.grants.component();
        let value = self.ctx.capabilities.variables.get(component, &key);
        Ok(match self.call().of(value).await? {
            Ok(value) => Ok(Some(value)),
            // Here a variable that is not there is no error, and on Spin neither is a name that
            // none can have. Nothing is logged: components ask this way for what is optional.
            Err(VariableError::Undefined(_) | VariableError::InvalidName(_)) => Ok(None),
            Err(error @ VariableError::InvalidTemplate(_)) => Err(Error::Io(error.to_string())),
            Err(error) => Err(Error::Upstream(error.to_string())),
        })
    }

    async fn get_all(&mut self) -> wasmtime::Result<Result<Vec<(String, String)>, Error>> {
        let component = self.ctx.grants.component();
        let all = self.ctx.capabilities.variables.get_all(component);
        let all = self.call().of(all).await?;
        Ok(all.map_err(|error| Error::Upstream(error.to_string())))
    }
}
