//! The runtime configuration, `runtime-config.toml`: what differs from place to place.
//!
//! It is read as Spin 4 reads it. What this host has no machinery for is an error where ignoring
//! it would store data elsewhere or weaken a restriction, and one of
//! [`RuntimeConfig::warnings`] otherwise.
//!
//! Reference: <https://spinframework.dev/v4/dynamic-configuration>.

mod networks;
mod read;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use networks::BlockedNetworks;

use crate::document::{Document, FileError, read_text};
use crate::variables::{Secret, VariableProvider};

/// Why a runtime configuration cannot be used.
pub type RuntimeConfigError = FileError;

/// A runtime configuration. The default is that of no file at all.
#[derive(Clone, Debug, Default)]
pub struct RuntimeConfig {
    /// The file, where there is one.
    pub path: Option<PathBuf>,
    /// `state_dir` as written; empty means none. See [`RuntimeConfig::state_directory`].
    pub state_dir: Option<String>,
    /// `log_dir` as written; empty means none.
    pub log_dir: Option<String>,
    /// `[key_value_store.<label>]`, by label. `default` is only there if it is written.
    pub key_value_stores: BTreeMap<String, KeyValueBackend>,
    /// `[sqlite_database.<label>]`, by label. `default` is only there if it is written.
    pub sqlite_databases: BTreeMap<String, SqliteBackend>,
    /// `[[variables_provider]]`, the first of which wins.
    pub variables_providers: Vec<VariableProvider>,
    /// `[outbound_http]`.
    pub outbound_http: OutboundHttpConfig,
    /// `[outbound_networking]`: addresses that nothing may connect to, whatever the manifest
    /// allows.
    pub blocked_networks: BlockedNetworks,
    /// `[outbound_networking]`'s `max_total_connections`: most connections of each kind (HTTP,
    /// Postgres, MySQL, Redis, MQTT) at once, where that kind has no lower limit of its own.
    pub max_total_connections: Option<usize>,
    /// `[outbound_networking]`'s `max_socket_connections`: most sockets at once.
    pub max_socket_connections: Option<usize>,
    /// `[outbound_pg]`'s `max_connections`: most connections to Postgres that components hold at once.
    pub postgres_max_connections: Option<usize>,
    /// `[outbound_mysql]`'s `max_connections`: most connections to MySQL that components hold at once.
    pub mysql_max_connections: Option<usize>,
    /// `[outbound_mqtt]`'s `max_payload_size_bytes`: the longest message that components may publish.
    pub mqtt_max_payload_bytes: Option<usize>,
    /// `[outbound_redis]`'s `max_connections`: most connections to Redis that components hold at once.
    pub redis_max_connections: Option<usize>,
    /// `max_instance_memory`, in bytes.
    pub max_instance_memory: Option<usize>,
    /// Sentences, each with its line, about what is read but has no effect here.
    pub warnings: Vec<String>,
}

/// What holds a key-value store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyValueBackend {
    /// `type = "spin"`: a file in Spin's SQLite format.
    File {
        /// The file, seen from the current directory; without one the store is kept in memory.
        path: Option<PathBuf>,
    },
    /// `type = "redis"`.
    Redis {
        /// Its URL, which may hold a password.
        url: Secret,
        /// Where it stands in the file, for messages: `runtime-config.toml:3`.
        place: String,
    },
}

/// What holds a SQLite database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SqliteBackend {
    /// `type = "spin"`: a SQLite file.
    File {
        /// The file, seen from the current directory; without one the database is kept in memory.
        path: Option<PathBuf>,
    },
}

/// `[outbound_http]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboundHttpConfig {
    /// Whether connections are kept for later requests.
    pub connection_pooling: bool,
    /// Most connections at once; no limit if none.
    pub max_connections: Option<usize>,
}

impl Default for OutboundHttpConfig {
    fn default() -> Self {
        Self {
            connection_pooling: true,
            max_connections: None,
        }
    }
}

impl RuntimeConfig {
    /// Reads and checks a file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is not TOML, or asks for what this host does not do.
    pub fn load(path: &Path) -> Result<Self, RuntimeConfigError> {
        let text = read_text(path, "correct --runtime-config-file")?;
        Self::parse(&text, path)
    }

    /// Checks the text of a file; `path` is what messages call it and what the paths of key-value
    /// stores start from.
    ///
    /// # Errors
    ///
    /// When the text is not TOML or asks for what this host does not do.
    pub fn parse(text: &str, path: &Path) -> Result<Self, RuntimeConfigError> {
        read::runtime_config(&Document::new(path, text), path)
    }

    /// The directory for the application's own files, or none if everything is to stay in memory:
    /// the `--state-dir` flag, else `state_dir`, else `.spin` beside the manifest. An empty text
    /// means none.
    pub fn state_directory(&self, flag: Option<&str>, application: &Path) -> Option<PathBuf> {
        match flag.or(self.state_dir.as_deref()) {
            Some("") => None,
            Some(path) => Some(path.into()),
            None => Some(application.join(".spin")),
        }
    }
}
