//! Application variables: templates, providers and the resolver.
//!
//! ```
//! use std::path::Path;
//! use jenny_manifest::Manifest;
//! use jenny_manifest::variables::{Resolver, VariableProvider};
//!
//! let manifest = Manifest::parse(
//!     r#"
//!     spin_manifest_version = 2
//!     application = { name = "greeter" }
//!     [variables]
//!     host = { default = "localhost" }
//!     [[trigger.http]]
//!     route = "/"
//!     component = "hello"
//!     [component.hello]
//!     source = "hello.wasm"
//!     variables = { url = "http://{{ host }}:8080" }
//!     "#,
//!     Path::new("spin.toml"),
//! )?;
//! let flags = VariableProvider::fixed([("host", "example.com")]);
//! let resolver = Resolver::new(&manifest, &[flags])?;
//! assert_eq!(resolver.get("hello", "url")?, "http://example.com:8080");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod argument;
mod provider;
mod resolver;
mod secret;
mod template;
#[cfg(test)]
mod tests;

pub use argument::VariableArgument;
pub use provider::{ENVIRONMENT_PREFIX, EnvironmentProvider, VariableProvider};
pub use resolver::Resolver;
pub use secret::Secret;
pub(crate) use template::Template;

/// Why a variable has no value.
///
/// The variants are those of `spin:variables`. No text of theirs ever holds a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VariableError {
    /// The name asked for cannot be the name of a variable.
    #[error(
        "'{0}' cannot be the name of a variable; use lower-case letters, digits and underscores"
    )]
    InvalidName(String),
    /// The component's manifest entry does not have the variable.
    #[error("{0}")]
    Undefined(String),
    /// A provider failed, or none has a value for a required variable.
    #[error("{0}")]
    Provider(String),
    /// A template is malformed or names a variable that is not declared.
    #[error("{0}")]
    InvalidTemplate(String),
}
