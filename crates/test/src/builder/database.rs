//! Where the application keeps its data, and what is there when it begins.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use jenny_host::capability::{Capabilities, NoOutboundHttp};
use jenny_manifest::Manifest;
use jenny_manifest::variables::Resolver;
use jenny_stores::{StoreError, StoreLocations, Stores};
use postgres_server::TestDatabase;

use crate::builder::TestAppBuilder;
use crate::database::{Location, OnServer, Store};
use crate::mint::Mint;
use crate::template::{Preparation, Template};

/// The label of the database that needs no runtime configuration.
const DEFAULT: &str = "default";

/// The variables that tell an application where its Postgres database is.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct PostgresVariables {
    url: String,
    endpoint: Option<String>,
}

impl Default for PostgresVariables {
    fn default() -> Self {
        Self {
            url: "database_url".to_owned(),
            endpoint: Some("database_endpoint".to_owned()),
        }
    }
}

impl TestAppBuilder {
    /// Keeps the data in a database of this kind, of the application's own.
    ///
    /// An application learns where its Postgres database is from the variables `database_url` and
    /// `database_endpoint`, unless [others](Self::postgres_variables) are named. Where no Postgres
    /// server is to be had, an application on Postgres ends the process, as if its tests had
    /// succeeded, with a line that says so: see [`postgres_server`].
    #[must_use]
    pub fn on(mut self, store: Store) -> Self {
        self.location = match store {
            Store::Sqlite => Location::Scratch,
            Store::Postgres => Location::Server,
        };
        self
    }

    /// Names the variables that tell the application where its Postgres database is: the one for the
    /// URL, and the one for the entry of `allowed_outbound_hosts`, its scheme, host and port, if there
    /// is such a one.
    #[must_use]
    pub fn postgres_variables(mut self, url: &str, endpoint: Option<&str>) -> Self {
        self.postgres_variables = PostgresVariables {
            url: url.to_owned(),
            endpoint: endpoint.map(str::to_owned),
        };
        self
    }

    /// Begins with a copy of the database that this has prepared, once for all applications of the
    /// process that are prepared by the same function: typically with a request that lays the schema.
    /// What it is called with has the same manifest, with all of its components even where a test has
    /// [only](Self::only) some, and only the variables that have no default; where these differ, so do the
    /// databases.
    ///
    /// ```no_run
    /// # use jenny_test::{Store, TestApp};
    /// # async fn example() {
    /// let app = TestApp::builder()
    ///     .on(Store::Postgres)
    ///     .prepared_by(|app| {
    ///         Box::pin(async {
    ///             app.get("/health/ready").send().await.assert_status(200);
    ///         })
    ///     })
    ///     .await;
    /// # }
    /// ```
    #[must_use]
    pub fn prepared_by(mut self, preparation: Preparation) -> Self {
        self.preparation = Some(preparation);
        self
    }

    /// Begins with a database that has no tables, whatever would have [prepared](Self::prepared_by) it.
    #[must_use]
    pub fn empty(mut self) -> Self {
        self.preparation = None;
        self
    }

    /// Keeps the data of the SQLite database `default` in this file.
    #[must_use]
    pub fn in_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.location = Location::File(path.into());
        self
    }

    /// Keeps the data in this Postgres database, which goes with the application.
    #[must_use]
    pub fn in_database(mut self, database: TestDatabase) -> Self {
        self.location = Location::Database(database);
        self
    }

    /// The Postgres database that the application is to have, if it is to have one.
    pub(super) fn take_server(&mut self, manifest: &Manifest) -> Option<OnServer> {
        if matches!(self.location, Location::Server | Location::Database(_)) {
            let url = &self.postgres_variables.url;
            assert!(
                manifest.variables.contains_key(url),
                "{} declares no variable `{url}` to tell the application where its Postgres database \
                 is; name the one that does with `postgres_variables`",
                manifest.path.display()
            );
        }
        match std::mem::take(&mut self.location) {
            Location::Server => Some(match self.template(manifest) {
                Some(template) => OnServer::prepared(&template),
                None => OnServer::empty(),
            }),
            Location::Database(database) => Some(OnServer::given(database)),
            other => {
                self.location = other;
                None
            }
        }
    }

    /// What the application's database is to be a copy of.
    fn template(&self, manifest: &Manifest) -> Option<Template> {
        let is_required = |name: &str| {
            let declared = manifest.variables.get(name);
            declared.is_some_and(|variable| variable.required)
        };
        let variables = self.variables.iter();
        Some(Template {
            source: self.source.whole(),
            preparation: self.preparation?,
            variables: variables
                .filter(|(name, _)| is_required(name))
                .cloned()
                .collect(),
            postgres_variables: self.postgres_variables.clone(),
        })
    }

    /// Sets what tells the application of its Postgres database, unless the test has.
    pub(super) fn point_to(&mut self, server: &OnServer, manifest: &Manifest) {
        let PostgresVariables { url, endpoint } = std::mem::take(&mut self.postgres_variables);
        self.default_variable(manifest, &url, || server.database.url().to_owned());
        if let Some(endpoint) = endpoint {
            self.default_variable(manifest, &endpoint, || server.endpoint());
        }
        // What signs tokens by `shared` makes a key of its own only on SQLite.
        self.default_variable(manifest, "signing_key", || usual_mint().private_pem());
        self.default_variable(manifest, "verification_keys", || usual_mint().public_pem());
    }

    /// Sets a variable that the application has, unless the test has set it.
    fn default_variable(
        &mut self,
        manifest: &Manifest,
        name: &str,
        value: impl FnOnce() -> String,
    ) {
        let is_set = self.variables.iter().any(|(set, _)| set == name);
        if !is_set && manifest.variables.contains_key(name) {
            self.variables.push((name.to_owned(), value()));
        }
    }

    /// The stores, empty but for what was prepared or is in a file.
    pub(super) fn capabilities(
        &mut self,
        manifest: &Manifest,
        resolver: &Resolver,
        is_on_server: bool,
    ) -> Result<Capabilities, StoreError> {
        let template = self.template(manifest).filter(|_| !is_on_server);
        let stores = match (std::mem::take(&mut self.location), template) {
            (Location::File(path), _) => {
                let stores = locations(manifest, |label| (label == DEFAULT).then(|| path.clone()));
                Stores::local(&stores)?
            }
            (Location::Folder(folder), _) => {
                let stores = locations(manifest, |label| Some(folder.join(format!("{label}.db"))));
                Stores::local(&stores)?
            }
            (_, Some(template)) => {
                let databases = template.contents();
                Stores::in_memory_with(manifest, &databases)?
            }
            (_, None) => Stores::in_memory(manifest)?,
        };
        Ok(Capabilities {
            stores,
            variables: Arc::new(resolver.clone()),
            outbound_http: Arc::new(NoOutboundHttp),
        })
    }
}

/// Every store that `manifest` mentions in memory, but for the databases that `file` has one for.
fn locations(manifest: &Manifest, file: impl Fn(&str) -> Option<PathBuf>) -> StoreLocations {
    let mut stores = StoreLocations::with_defaults(None);
    for component in manifest.components.values() {
        for label in &component.key_value_stores {
            stores.key_value.insert(label.clone(), None);
        }
        for label in &component.sqlite_databases {
            stores.sqlite.insert(label.clone(), None);
        }
    }
    for (label, place) in &mut stores.sqlite {
        *place = file(label);
    }
    stores
}

/// The key of every application on Postgres that is not given another: there it makes none itself.
fn usual_mint() -> &'static Mint {
    static MINT: OnceLock<Mint> = OnceLock::new();
    MINT.get_or_init(|| Mint::of_seed([1; 32]))
}
