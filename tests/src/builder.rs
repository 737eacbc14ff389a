use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jenny_host::capability::{Capabilities, NoOutboundHttp, StoreError, StoreLocations};
use jenny_host::manifest::Manifest;
use jenny_host::variables::{Resolver, VariableProvider};
use jenny_host::{App, AppOptions, Limits, LogSink, Runtime, RuntimeOptions, build};
use postgres_server::TestDatabase;

use crate::app::TestApp;
use crate::database::{Database, Location, OnServer, Store};
use crate::fault::{Fault, Faulty};
use crate::key_value_fault::{FaultyKeyValue, KeyValueFault};
use crate::mint::Mint;
use crate::output::CapturedOutput;
use crate::record::{Recorded, Statements};

/// What a [`TestApp`] is made with, beside its manifest.
#[derive(Default)]
pub struct TestAppBuilder {
    variables: Vec<(String, String)>,
    location: Location,
    fault: Option<Fault>,
    request_timeout: Option<Duration>,
    one_instance_each: bool,
    key_value_fault: Option<KeyValueFault>,
}

impl TestAppBuilder {
    /// Sets an application variable.
    #[must_use]
    pub fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// Has the application sign with this key and accept it alone.
    #[must_use]
    pub fn signed_by(self, mint: &Mint) -> Self {
        self.variable("signing_key", mint.private_pem())
            .variable("verification_keys", mint.public_pem())
    }

    /// Keeps the data in a database of this kind, of the application's own.
    ///
    /// Where no Postgres server is to be had, an application on Postgres ends the process, as if
    /// its tests had succeeded, with a line that says so: see [`postgres_server`].
    #[must_use]
    pub fn on(mut self, store: Store) -> Self {
        self.location = match store {
            Store::Sqlite => Location::Scratch,
            Store::Postgres => Location::Server,
        };
        self
    }

    /// Begins with a database that has no tables, as one of SQLite always does.
    #[must_use]
    pub fn empty(mut self) -> Self {
        if matches!(self.location, Location::Server) {
            self.location = Location::EmptyServer;
        }
        self
    }

    /// Keeps the data in this SQLite file.
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

    /// Lets every attempt to open the database fail, with [`FAULT`](crate::FAULT).
    #[must_use]
    pub fn failing_database(self) -> Self {
        self.with_fault(Fault::Open)
    }

    /// Lets the database open and every statement that has to read or write what it keeps fail,
    /// with [`FAULT`](crate::FAULT).
    #[must_use]
    pub fn unreadable_database(self) -> Self {
        self.with_fault(Fault::Storage)
    }

    /// Lets every statement fail that contains this text, with [`FAULT`](crate::FAULT).
    #[must_use]
    pub fn failing_at(self, statement: &str) -> Self {
        self.with_fault(Fault::Statement(statement.to_owned()))
    }

    /// Lets statements that contain this text never come to an end, while the transaction that they
    /// are in stays open.
    #[must_use]
    pub fn silent_at(self, statement: &str) -> Self {
        self.with_fault(Fault::Silence(statement.to_owned()))
    }

    /// Hands out connections to Postgres as Spin may: within a transaction that somebody began who
    /// is gone, every other one in a transaction that has failed.
    #[must_use]
    pub fn left_in_transactions(self) -> Self {
        self.with_fault(Fault::OpenTransactions)
    }

    /// Lets every call on an open key-value store fail, with [`FAULT`](crate::FAULT).
    #[must_use]
    pub fn failing_key_value(mut self) -> Self {
        self.key_value_fault = Some(KeyValueFault::Fails);
        self
    }

    /// Lets other requests go on, for a while, in every call on an open key-value store.
    #[must_use]
    pub fn hesitant_key_value(mut self) -> Self {
        self.key_value_fault = Some(KeyValueFault::Hesitates);
        self
    }

    /// Gives a request less time than the thirty seconds that it has by default.
    #[must_use]
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = Some(timeout);
        self
    }

    /// Lets no component have a second instance at the same time, so that requests meet in the first.
    #[must_use]
    pub fn one_instance_each(mut self) -> Self {
        self.one_instance_each = true;
        self
    }

    fn with_fault(mut self, fault: Fault) -> Self {
        self.fault = Some(fault);
        self
    }

    /// Loads the application.
    ///
    /// # Panics
    ///
    /// When the components cannot be built or loaded, or there is no database for it; the message
    /// says why.
    pub async fn build(mut self) -> TestApp {
        let on_server = match std::mem::take(&mut self.location) {
            Location::Server => Some(OnServer::new()),
            Location::EmptyServer => Some(OnServer::empty()),
            Location::Database(database) => Some(OnServer::given(database)),
            other => {
                self.location = other;
                None
            }
        };
        if let Some(on) = &on_server {
            self.default_variable("database_url", || on.database.url().to_owned());
            self.default_variable("database_endpoint", || on.endpoint());
            self.default_variable("signing_key", || usual_mint().private_pem());
            self.default_variable("verification_keys", || usual_mint().public_pem());
        }
        let manifest = workspace_manifest();
        let variables = VariableProvider::fixed(self.variables);
        let resolver =
            Resolver::new(manifest, &[variables]).unwrap_or_else(|error| panic!("{error}"));
        let mut capabilities = capabilities(self.location, manifest, &resolver)
            .unwrap_or_else(|error| panic!("{error}"));
        let database = match on_server {
            Some(on) => Database::Postgres(Arc::clone(&capabilities.postgres), on),
            None => Database::Sqlite(Arc::clone(&capabilities.sqlite)),
        };
        if let Some(fault) = self.fault {
            capabilities.sqlite = Arc::new(Faulty::new(capabilities.sqlite, fault.clone()));
            capabilities.postgres = Arc::new(Faulty::new(capabilities.postgres, fault));
        }
        if let Some(fault) = self.key_value_fault {
            let stores = capabilities.key_value;
            capabilities.key_value = Arc::new(FaultyKeyValue { stores, fault });
        }
        // Outermost, so that it sees also what an injected fault keeps from the database.
        let statements = Arc::new(Statements::default());
        capabilities.sqlite = Arc::new(Recorded {
            databases: capabilities.sqlite,
            statements: Arc::clone(&statements),
        });
        capabilities.postgres = Arc::new(Recorded {
            databases: capabilities.postgres,
            statements: Arc::clone(&statements),
        });
        let output = Arc::new(CapturedOutput::default());
        let usual = Limits::default();
        let options = AppOptions {
            limits: Limits {
                request_timeout: self.request_timeout.unwrap_or(usual.request_timeout),
                max_instances: match self.one_instance_each {
                    true => manifest.components.len(),
                    false => usual.max_instances,
                },
                ..usual
            },
            quiet: true,
            log_sink: Some(Arc::clone(&output) as Arc<dyn LogSink>),
            ..AppOptions::default()
        };
        let app = App::load(
            runtime(),
            manifest.clone(),
            resolver,
            capabilities,
            options,
            |_| (),
        )
        .await
        .unwrap_or_else(|error| panic!("{error}"));
        TestApp {
            app,
            statements,
            output,
            database,
        }
    }

    /// Sets a variable unless the test has.
    fn default_variable(&mut self, name: &str, value: impl FnOnce() -> String) {
        if !self.variables.iter().any(|(set, _)| set == name) {
            self.variables.push((name.to_owned(), value()));
        }
    }
}

fn capabilities(
    location: Location,
    manifest: &Manifest,
    resolver: &Resolver,
) -> Result<Capabilities, StoreError> {
    let (variables, outbound) = (Arc::new(resolver.clone()), Arc::new(NoOutboundHttp));
    match location {
        Location::File(path) => {
            let mut stores = StoreLocations::with_defaults(None);
            stores.sqlite.insert("default".to_owned(), Some(path));
            Capabilities::local(&stores, variables, outbound)
        }
        _ => Capabilities::in_memory(manifest, variables, outbound),
    }
}

/// The key of every application on Postgres that is not given another: there it makes none itself.
fn usual_mint() -> &'static Mint {
    static MINT: OnceLock<Mint> = OnceLock::new();
    MINT.get_or_init(Mint::new)
}

/// One engine for all tests of the process, so that a component is compiled once.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        Runtime::new(&RuntimeOptions::default()).unwrap_or_else(|error| panic!("{error}"))
    })
}

/// The workspace's manifest, with its components built.
fn workspace_manifest() -> &'static Manifest {
    static MANIFEST: OnceLock<Manifest> = OnceLock::new();
    MANIFEST.get_or_init(|| {
        let manifest =
            Manifest::load(&nearest_manifest()).unwrap_or_else(|error| panic!("{error}"));
        build::components_unless_built(&manifest, |_| ()).unwrap_or_else(|error| panic!("{error}"));
        manifest
    })
}

/// The nearest `spin.toml`, from the tested package's folder upwards.
fn nearest_manifest() -> PathBuf {
    let start =
        std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from("."), PathBuf::from);
    start
        .ancestors()
        .map(|folder: &Path| folder.join("spin.toml"))
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("there is no spin.toml in {} or above it", start.display()))
}
