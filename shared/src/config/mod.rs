//! Configuration: typed settings from Spin variables.
//!
//! Each [`Setting`] is a constant that names its variable, its default and what its value must
//! look like; a value that does not parse is an error that names the variable, so that a typo
//! fails loudly at the first request instead of acting as a default.
//!
//! ```no_run
//! # async fn run() -> Result<(), shared::config::ConfigError> {
//! use shared::config::ACCESS_TOKEN_TTL_SECONDS;
//!
//! let ttl_seconds: u64 = ACCESS_TOKEN_TTL_SECONDS.get().await?;
//! # Ok(()) }
//! ```
//!
//! Parsing is pure and tested natively ([`Setting::parse`]); only [`Setting::get`] asks Spin.

mod error;
mod parse;
mod secret;
mod settings;

pub use self::{
    error::{ConfigError, Fault},
    parse::{CorsOrigins, PublicUrl},
    secret::Secret,
    settings::*,
};

/// One setting: a Spin variable, its default and how to read it.
#[derive(Clone, Copy, Debug)]
pub struct Setting<T> {
    name: &'static str,
    default: Option<&'static str>,
    expected: &'static str,
    secret: bool,
    parse: fn(&str) -> Option<T>,
}

impl<T> Setting<T> {
    /// A setting without a default: a component that is not given the variable gets an error that
    /// names the manifest line to add. `expected` completes "must be …".
    pub const fn new(
        name: &'static str,
        expected: &'static str,
        parse: fn(&str) -> Option<T>,
    ) -> Self {
        Setting {
            name,
            default: None,
            expected,
            secret: false,
            parse,
        }
    }

    /// What holds when the component is not given the variable.
    #[must_use]
    pub const fn with_default(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    /// Marks the value as one that no message may show.
    #[must_use]
    pub const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// The variable's name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The default, as it would stand in the manifest.
    pub const fn default_text(&self) -> Option<&'static str> {
        self.default
    }

    /// Whether the value is a secret.
    pub const fn is_secret(&self) -> bool {
        self.secret
    }

    /// Reads a value.
    ///
    /// # Errors
    ///
    /// When the text is not what the setting expects; the message shows the text unless it is
    /// secret.
    pub fn parse(&self, text: &str) -> Result<T, ConfigError> {
        (self.parse)(text.trim()).ok_or_else(|| {
            self.error(Fault::Invalid {
                expected: self.expected,
                found: (!self.secret).then(|| text.to_owned()),
            })
        })
    }

    /// What holds when the variable is not given to the component.
    ///
    /// # Errors
    ///
    /// When the setting has no default; the message names the manifest line to add.
    pub fn when_undefined(&self) -> Result<T, ConfigError> {
        match self.default {
            Some(default) => self.parse(default),
            None => Err(self.error(Fault::Undefined)),
        }
    }

    /// Asks Spin for the value.
    ///
    /// # Errors
    ///
    /// When the value is not what the setting expects, when it is not given to the component and
    /// has no default, or when Spin's provider of variables fails.
    pub async fn get(&self) -> Result<T, ConfigError> {
        use spin_sdk::variables::Error;

        match spin_sdk::variables::get(self.name).await {
            Ok(text) => self.parse(&text),
            Err(Error::Undefined(_)) => self.when_undefined(),
            Err(Error::InvalidName(message) | Error::Provider(message) | Error::Other(message)) => {
                Err(self.error(Fault::Provider(message)))
            }
        }
    }

    fn error(&self, fault: Fault) -> ConfigError {
        ConfigError {
            variable: self.name,
            fault,
        }
    }
}
