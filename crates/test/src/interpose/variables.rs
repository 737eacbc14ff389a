//! Variables.

use async_trait::async_trait;
use jenny_host::capability::{VariableError, Variables};

use super::Interposed;
use crate::ledger::HostCall;

#[async_trait]
impl Variables for Interposed<dyn Variables> {
    async fn get(&self, component: &str, name: &str) -> Result<String, VariableError> {
        let what = HostCall::Variable {
            name: Some(name.to_owned()),
        };
        self.by.call(what, self.real.get(component, name)).await
    }

    async fn get_all(&self, component: &str) -> Result<Vec<(String, String)>, VariableError> {
        let what = HostCall::Variable { name: None };
        self.by.call(what, self.real.get_all(component)).await
    }
}
