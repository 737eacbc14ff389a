//! What can be wrong with a setting.

use std::fmt;

use crate::problem::Problem;

/// A setting that cannot be used; says which variable, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The Spin variable.
    pub variable: &'static str,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The component is not given the variable.
    Undefined,
    /// The value is not what it must be.
    Invalid {
        /// Completes "must be …".
        expected: &'static str,
        /// The value; `None` when it is secret.
        found: Option<String>,
    },
    /// The provider of variables failed, with its message.
    Provider(String),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.variable;
        match &self.fault {
            Fault::Undefined => write!(
                formatter,
                "the variable {name} is not given to this component; add \
                 `{name} = \"{{{{ {name} }}}}\"` under [component.<id>.variables] in spin.toml"
            ),
            Fault::Invalid {
                expected,
                found: Some(found),
            } => {
                write!(
                    formatter,
                    "the variable {name} must be {expected}, not `{found}`"
                )
            }
            Fault::Invalid {
                expected,
                found: None,
            } => {
                write!(formatter, "the variable {name} must be {expected}")
            }
            Fault::Provider(message) => {
                write!(formatter, "the variable {name} cannot be read: {message}")
            }
        }
    }
}

impl std::error::Error for ConfigError {}

impl From<ConfigError> for Problem {
    /// A configuration error is the operator's to fix: the caller learns nothing of it.
    fn from(error: ConfigError) -> Self {
        Problem::internal(error)
    }
}
