//! Variables, as `spin:variables` and `wasi:config` see them.

use async_trait::async_trait;

use jenny_manifest::variables::Resolver;
pub use jenny_manifest::variables::VariableError;

/// The variables of an application, by component.
#[async_trait]
pub trait Variables: Send + Sync {
    /// The value of the variable `name` of `component`.
    ///
    /// # Errors
    ///
    /// See [`VariableError`].
    async fn get(&self, component: &str, name: &str) -> Result<String, VariableError>;

    /// All variables of `component`, by name.
    ///
    /// # Errors
    ///
    /// See [`VariableError`].
    async fn get_all(&self, component: &str) -> Result<Vec<(String, String)>, VariableError>;
}

#[async_trait]
impl Variables for Resolver {
    async fn get(&self, component: &str, name: &str) -> Result<String, VariableError> {
        Self::get(self, component, name)
    }

    async fn get_all(&self, component: &str) -> Result<Vec<(String, String)>, VariableError> {
        Self::get_all(self, component)
    }
}
