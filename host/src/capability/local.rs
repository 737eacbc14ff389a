//! Connects an application to stores on this machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::key_value_store::LocalKeyValue;
use super::sqlite_database::LocalSqlite;
use super::work::Work;
use super::{Capabilities, GrantKind, Grants, OutboundHttp, PostgresPools, Variables};
use crate::manifest::Manifest;
use crate::runtime_config::{KeyValueBackend, RuntimeConfig, SqliteBackend};

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
    /// The runtime configuration asks for a kind of store that is not implemented.
    #[error("{place}: this host has no {kind} stores yet: use type = \"spin\"")]
    Unsupported {
        /// The line of the runtime configuration.
        place: String,
        /// The kind.
        kind: &'static str,
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
/// with the application.
///
/// ```
/// use jenny_host::capability::StoreLocations;
///
/// let mut stores = StoreLocations::with_defaults(Some(".spin".as_ref()));
/// stores.key_value.insert("sessions".into(), Some("/var/lib/sessions.db".into()));
/// assert!(stores.sqlite["default"].as_ref().unwrap().ends_with("sqlite_db.db"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreLocations {
    /// Key-value stores by label. Labels may share a file: keys are kept apart by label.
    pub key_value: BTreeMap<String, Option<PathBuf>>,
    /// SQLite databases by label.
    pub sqlite: BTreeMap<String, Option<PathBuf>>,
}

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
            sqlite: file(SQLITE_FILE),
        }
    }

    /// The stores that `runtime_config` defines, and those of
    /// [`with_defaults`](Self::with_defaults) that it does not define itself.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unsupported`].
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
                KeyValueBackend::Redis { place, .. } => {
                    let place = place.clone();
                    return Err(StoreError::Unsupported {
                        place,
                        kind: "Redis key-value",
                    });
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
        let mut stores = Self::with_defaults(None);
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
            std::fs::create_dir_all(directory).map_err(|cause| StoreError::Directory {
                directory: directory.to_owned(),
                cause,
            })?;
        }
        Ok(())
    }
}

impl Capabilities {
    /// Real stores at `stores`. Directories are made now; files when they are first used. Postgres
    /// is reached without limits: who has some replaces [`postgres`](Self::postgres).
    ///
    /// # Errors
    ///
    /// [`StoreError::Directory`] or [`StoreError::Scratch`].
    pub fn local(
        stores: &StoreLocations,
        variables: Arc<dyn Variables>,
        outbound_http: Arc<dyn OutboundHttp>,
    ) -> Result<Self, StoreError> {
        stores.create_directories()?;
        Self::with_stores(stores, Work::Pool, variables, outbound_http)
    }

    /// A world of its own: empty stores in memory for every label that `manifest` mentions. Each
    /// call makes another one, and it is gone with the last clone of what this returns.
    ///
    /// Calls answer without suspending, except while one connection waits for another's lock.
    ///
    /// # Errors
    ///
    /// [`StoreError::Scratch`].
    pub fn in_memory(
        manifest: &Manifest,
        variables: Arc<dyn Variables>,
        outbound_http: Arc<dyn OutboundHttp>,
    ) -> Result<Self, StoreError> {
        let stores = StoreLocations::in_memory(manifest);
        Self::with_stores(&stores, Work::Inline, variables, outbound_http)
    }

    fn with_stores(
        stores: &StoreLocations,
        work: Work,
        variables: Arc<dyn Variables>,
        outbound_http: Arc<dyn OutboundHttp>,
    ) -> Result<Self, StoreError> {
        let sqlite = LocalSqlite::new(&stores.sqlite, work).map_err(StoreError::Scratch)?;
        Ok(Self {
            key_value: Arc::new(LocalKeyValue::new(&stores.key_value, work)),
            sqlite: Arc::new(sqlite),
            postgres: Arc::new(PostgresPools::default()),
            variables,
            outbound_http,
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
