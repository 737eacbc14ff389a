//! `fermyon:spin/variables@2.0.0`.

use super::super::SpinCtxView;
use super::super::generated::fermyon::spin::variables::{Error, Host};
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

impl Host for SpinCtxView<'_> {
    async fn get(&mut self, name: String) -> wasmtime::Result<Result<String, Error>> {
        let grants = &self.ctx.grants;
        let variables = &self.ctx.capabilities.variables;
        let value = variables.get(grants.component(), &name);
        let value = self.call().of(value).await?;
        if let Err(VariableError::Undefined(_)) = value {
            grants.note_unknown_variable(&name);
        }
        Ok(value.map_err(Error::from))
    }
}
