//! Variables, as `spin:variables` and `wasi:config` see them.

use async_trait::async_trait;

/// Why a variable has no value: the errors of `spin:variables@3.0.0`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VariableError {
    /// No variable can be called so.
    #[error("invalid variable name: {0}")]
    InvalidName(String),
    /// The component's manifest entry does not declare the variable.
    #[error("undefined variable: {0}")]
    Undefined(String),
    /// A provider failed.
    #[error("variables provider: {0}")]
    Provider(String),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

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
