//! The stores of an application under test, as the test itself sees them: below whatever fault the
//! components meet, and in no ledger.

use std::sync::Arc;

use jenny_host::capability::Capabilities;
use jenny_manifest::{Component, Manifest};
use jenny_stores::{KeyValueStore, KeyValueStores, PostgresDatabases, SqliteDatabases};
use postgres_server::TestDatabase;

use crate::database::{OnServer, Session};

/// The label of the database and the store that need no runtime configuration.
const DEFAULT: &str = "default";

pub(crate) struct Stores {
    key_value: Arc<dyn KeyValueStores>,
    sqlite: Arc<dyn SqliteDatabases>,
    postgres: Arc<dyn PostgresDatabases>,
    granted_key_value: Vec<String>,
    granted_sqlite: Vec<String>,
    /// Last: what is connected to it goes before it does.
    server: Option<OnServer>,
}

impl Stores {
    /// Those that `capabilities` has before anything is put in between, and the database on a server
    /// if that is where the application keeps its data.
    pub(crate) fn new(
        capabilities: &Capabilities,
        manifest: &Manifest,
        server: Option<OnServer>,
    ) -> Self {
        Self {
            key_value: Arc::clone(&capabilities.stores.key_value),
            sqlite: Arc::clone(&capabilities.stores.sqlite),
            postgres: Arc::clone(&capabilities.stores.postgres),
            granted_key_value: granted(manifest, |component| &component.key_value_stores),
            granted_sqlite: granted(manifest, |component| &component.sqlite_databases),
            server,
        }
    }

    /// Connects to the application's database: on Postgres to its own there, otherwise to the SQLite
    /// database that is called `default` or is the only one.
    pub(crate) async fn connect(&self) -> Session {
        if let Some(server) = &self.server {
            return match self.postgres.open(server.database.url(), None).await {
                Ok(connection) => Session::Postgres(connection),
                Err(error) => panic!("the database does not open: {error}"),
            };
        }
        match self.granted_sqlite.as_slice() {
            [] => panic!(
                "the application has no database: no component lists one under sqlite_databases"
            ),
            [only] => self.connect_to(only).await,
            several if several.iter().any(|label| label == DEFAULT) => {
                self.connect_to(DEFAULT).await
            }
            several => panic!(
                "which database is meant? There are {}: use `sql_in` or `connect_to`",
                several.join(", ")
            ),
        }
    }

    /// Connects to the SQLite database of this label.
    pub(crate) async fn connect_to(&self, label: &str) -> Session {
        assert!(
            self.granted_sqlite.iter().any(|granted| granted == label),
            "no component lists {label:?} under sqlite_databases"
        );
        match self.sqlite.open(label).await {
            Ok(connection) => Session::Sqlite(connection),
            Err(error) => panic!("the database {label:?} does not open: {error}"),
        }
    }

    /// Opens the key-value store of this label.
    pub(crate) async fn open_key_value(&self, label: &str) -> Arc<dyn KeyValueStore> {
        assert!(
            self.granted_key_value
                .iter()
                .any(|granted| granted == label),
            "no component lists {label:?} under key_value_stores"
        );
        match self.key_value.open(label).await {
            Ok(store) => store,
            Err(error) => panic!("the key-value store {label:?} does not open: {error}"),
        }
    }

    /// Leaves the Postgres database that the application was given, if it was given one.
    pub(crate) fn into_database(self) -> Option<TestDatabase> {
        self.server.map(|server| server.database)
    }
}

/// The labels that components list, each once.
fn granted(manifest: &Manifest, labels: impl Fn(&Component) -> &Vec<String>) -> Vec<String> {
    let mut all: Vec<String> = manifest
        .components
        .values()
        .flat_map(|component| labels(component).iter().cloned())
        .collect();
    all.sort();
    all.dedup();
    all
}
