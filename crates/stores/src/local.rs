//! Connects an application to stores on this machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::key_value_store::LocalKeyValue;
use super::redis_client::RedisStores;
use super::sqlite_database::LocalSqlite;
use super::work::Work;
use super::{
    GrantKind, Grants, KeyValueStores, MqttClient, MysqlPools, PostgresPools, RedisAddress,
    RedisConnector, Stores,
};
use crate::private;
use jenny_manifest::Manifest;
use jenny_manifest::runtime_config::{KeyValueBackend, RuntimeConfig, SqliteBackend};
use jenny_manifest::variables::Secret;

/// The label that is defined without a runtime configuration.
const DEFAULT_LABEL: &str = "default";

/// Where Spin keeps the key-value stores, in the state directory.
const KEY_VALUE_FILE: &str = "sqlite_key_value.db";

/// Where Spin keeps the default SQLite database, in the state directory.
const SQLITE_FILE: &str = "sqlite_db.db";

/// Why the stores of an application are not to be had. Each message is one sentence that says what
/// to do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A component's manifest entry names a store that is defined nowhere.
    #[error("{place}: {message}")]
    Undefined {
        /// The line of the manifest.
        place: String,
        /// What is not defined, and what to do.
        message: String,
    },
    /// The address of a key-value store's server is none.
    #[error(
        "{place}: the url of the key-value store is not that of a Redis server; write \
         redis://host:port/database, with user:password@ before the host if there is a password, \
         or rediss:// for TLS"
    )]
    Address {
        /// The line of the runtime configuration.
        place: String,
    },
    /// The directory of a store cannot be made.
    #[error("cannot create {} for the application's data: {cause}; make its parent writable, or name another directory with --state-dir", .directory.display())]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// A database that is not to be kept has no place.
    #[error(
        "cannot create a temporary database: {0}; make the directory that TMPDIR names writable"
    )]
    Scratch(std::io::Error),
}

/// The stores that labels stand for: files, or where there is no path something that is gone
/// with the application, or for key-value databases of Redis servers.
///
/// ```
/// use jenny_stores::StoreLocations;
///
/// let mut stores = StoreLocations::with_defaults(Some(".spin".as_ref()));
/// stores.key_value.insert("sessions".into(), Some("/var/lib/sessions.db".into()));
/// assert!(stores.sqlite["default"].as_ref().unwrap().ends_with("sqlite_db.db"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreLocations {
    /// Key-value stores by label. Labels may share a file: keys are kept apart by label.
    pub key_value: BTreeMap<String, Option<PathBuf>>,
    /// Key-value stores on Redis servers: the URLs by label. They go before files.
    pub redis: BTreeMap<String, Secret>,
    /// SQLite databases by label.
    pub sqlite: BTreeMap<String, Option<PathBuf>>,
    /// How long components wait for another one's lock, or a server's answer, where that is not the few
    /// seconds of each kind of store. For tests, in which it must not matter how fast the machine is.
    pub patience: Option<Duration>,
}

/// How long components wait in worlds of their own: those are for tests.
const ENDLESS: Duration = Duration::from_secs(24 * 60 * 60);

impl StoreLocations {
    /// The stores that Spin defines by itself: `default` of either kind, in `state_dir` under the
    /// names that Spin gives them, or without a directory in memory.
    pub fn with_defaults(state_dir: Option<&Path>) -> Self {
        let file = |name: &str| {
            BTreeMap::from([(
                DEFAULT_LABEL.to_owned(),
                state_dir.map(|dir| dir.join(name)),
            )])
        };
        Self {
            key_value: file(KEY_VALUE_FILE),
            redis: BTreeMap::new(),
            sqlite: file(SQLITE_FILE),
            patience: None,
        }
    }

    /// The stores that `runtime_config` defines, and those of
    /// [`with_defaults`](Self::with_defaults) that it does not define itself.
    ///
    /// # Errors
    ///
    /// [`StoreError::Address`].
    pub fn new(
        runtime_config: &RuntimeConfig,
        state_dir: Option<&Path>,
    ) -> Result<Self, StoreError> {
        let mut stores = Self::with_defaults(state_dir);
        for (label, backend) in &runtime_config.key_value_stores {
            match backend {
                KeyValueBackend::File { path } => {
                    stores.key_value.insert(label.clone(), path.clone());
                }
                KeyValueBackend::Redis { url, place } => {
                    redis_address(url, place)?;
                    stores.key_value.remove(label);
                    stores.redis.insert(label.clone(), url.clone());
                }
            }
        }
        for (label, SqliteBackend::File { path }) in &runtime_config.sqlite_databases {
            stores.sqlite.insert(label.clone(), path.clone());
        }
        Ok(stores)
    }

    /// A store in memory for every label that `manifest` mentions.
    fn in_memory(manifest: &Manifest) -> Self {
        let mut stores = Self {
            patience: Some(ENDLESS),
            ..Self::with_defaults(None)
        };
        for component in manifest.components.values() {
            for label in &component.key_value_stores {
                stores.key_value.insert(label.clone(), None);
            }
            for label in &component.sqlite_databases {
                stores.sqlite.insert(label.clone(), None);
            }
        }
        stores
    }

    fn create_directories(&self) -> Result<(), StoreError> {
        let paths = self
            .key_value
            .values()
            .chain(self.sqlite.values())
            .flatten();
        for directory in paths.filter_map(|path| path.parent()) {
            private::create_dir_all(directory).map_err(|cause| StoreError::Directory {
                directory: directory.to_owned(),
                cause,
            })?;
        }
        Ok(())
    }
}

/// Understands the URL of a store; `place` is where it stands.
fn redis_address(url: &Secret, place: &str) -> Result<RedisAddress, StoreError> {
    RedisAddress::parse(url.reveal()).map_err(|_| StoreError::Address {
        place: place.to_owned(),
    })
}

impl Stores {
    /// Real stores at `stores`. Directories are made now; files when they are first used. Servers
    /// are reached without limits: who has some replaces [`postgres`](Self::postgres) and the like.
    ///
    /// # Errors
    ///
    /// [`StoreError::Directory`], [`StoreError::Address`] or [`StoreError::Scratch`].
    pub fn local(stores: &StoreLocations) -> Result<Self, StoreError> {
        stores.create_directories()?;
        let sqlite = LocalSqlite::new(&stores.sqlite, Work::Pool, stores.patience)
            .map_err(StoreError::Scratch)?;
        Self::new(stores, sqlite, Work::Pool)
    }

    /// A world of its own: empty stores in memory for every label that `manifest` mentions. Each
    /// call makes another one, and it is gone with the last clone of what this returns.
    ///
    /// Calls answer without suspending, except while one connection waits for another's lock.
    ///
    /// # Errors
    ///
    /// [`StoreError::Scratch`].
    pub fn in_memory(manifest: &Manifest) -> Result<Self, StoreError> {
        Self::in_memory_with(manifest, &BTreeMap::new())
    }

    /// Like [`in_memory`](Self::in_memory), with SQLite databases that begin as copies: `databases` has
    /// the contents of the files of others, which nobody has open, by label.
    ///
    /// # Errors
    ///
    /// [`StoreError::Scratch`].
    pub fn in_memory_with(
        manifest: &Manifest,
        databases: &BTreeMap<String, Vec<u8>>,
    ) -> Result<Self, StoreError> {
        let stores = StoreLocations::in_memory(manifest);
        let sqlite = LocalSqlite::new(&stores.sqlite, Work::Inline, stores.patience)
            .map_err(StoreError::Scratch)?;
        for (label, contents) in databases {
            sqlite.fill(label, contents).map_err(StoreError::Scratch)?;
        }
        Self::new(&stores, sqlite, Work::Inline)
    }

    fn new(stores: &StoreLocations, sqlite: LocalSqlite, work: Work) -> Result<Self, StoreError> {
        let mut key_value: Arc<dyn KeyValueStores> =
            Arc::new(LocalKeyValue::new(&stores.key_value, work, stores.patience));
        if !stores.redis.is_empty() {
            let address = |(label, url): (&String, &Secret)| {
                let place = format!("[key_value_store.{label}]");
                Ok((label.clone(), redis_address(url, &place)?))
            };
            let addresses: Vec<_> = stores.redis.iter().map(address).collect::<Result<_, _>>()?;
            let connector = RedisConnector::default().patient(stores.patience);
            key_value = Arc::new(RedisStores::new(addresses, &connector, key_value));
        }
        Ok(Self {
            key_value,
            sqlite: Arc::new(sqlite),
            postgres: Arc::new(PostgresPools::default().patient(stores.patience)),
            redis: Arc::new(RedisConnector::default().patient(stores.patience)),
            mysql: Arc::new(MysqlPools::default().patient(stores.patience)),
            mqtt: Arc::new(MqttClient::default().patient(stores.patience)),
        })
    }

    /// Checks that every store that `manifest` grants is defined.
    ///
    /// # Errors
    ///
    /// [`StoreError::Undefined`] for the first one that is not.
    pub fn check(&self, manifest: &Manifest) -> Result<(), StoreError> {
        for (id, component) in &manifest.components {
            let undefined = |kind: GrantKind, label: &String| StoreError::Undefined {
                place: component.lines.of(kind.manifest_key()),
                message: Grants::new(id, [] as [&str; 0], [] as [&str; 0]).undefined(kind, label),
            };
            let mut stores = component.key_value_stores.iter();
            if let Some(label) = stores.find(|label| !self.key_value.is_defined(label)) {
                return Err(undefined(GrantKind::KeyValueStore, label));
            }
            let mut databases = component.sqlite_databases.iter();
            if let Some(label) = databases.find(|label| !self.sqlite.is_defined(label)) {
                return Err(undefined(GrantKind::SqliteDatabase, label));
            }
        }
        Ok(())
    }
}
