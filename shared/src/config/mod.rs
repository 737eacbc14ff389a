//! Configuration: typed settings from Spin variables.
//!
//! Each [`Setting`] is a constant that names its variable and what its value must look like. The
//! default stands in `spin.toml`, and nowhere else: a variable that the manifest does not give to
//! the component, or whose value does not parse, is an error that names it, so that a forgotten
//! grant or a typo fails loudly at the first request instead of acting as a default.
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

pub use jenny_client_address::TrustedProxies;

pub use self::{
    error::{ConfigError, Fault},
    parse::{CommonPasswords, CorsOrigins, PublicUrl},
    secret::Secret,
    settings::*,
};

/// One setting: a Spin variable and how to read it.
#[derive(Clone, Copy, Debug)]
pub struct Setting<T> {
    name: &'static str,
    expected: &'static str,
    secret: bool,
    parse: fn(&str) -> Option<T>,
}

impl<T> Setting<T> {
    /// A setting that is not secret. `expected` completes "must be …".
    pub const fn new(
        name: &'static str,
        expected: &'static str,
        parse: fn(&str) -> Option<T>,
    ) -> Self {
        Setting {
            name,
            expected,
            secret: false,
            parse,
        }
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

    /// Asks Spin for the value.
    ///
    /// # Errors
    ///
    /// When the value is not what the setting expects, when the manifest does not give the variable
    /// to the component, or when Spin's provider of variables fails.
    pub async fn get(&self) -> Result<T, ConfigError> {
        use spin_sdk::variables::Error;

        match spin_sdk::variables::get(self.name).await {
            Ok(text) => self.parse(&text),
            Err(Error::Undefined(_)) => Err(self.error(Fault::Undefined)),
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
