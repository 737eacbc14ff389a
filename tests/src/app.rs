use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use http::uri::Scheme;
use http::{Method, Request, Response};
use jenny_host::capability::{Capabilities, NoOutboundHttp, SqliteDatabases, Value};
use jenny_host::manifest::{Manifest, TriggerRoute, TriggerTarget};
use jenny_host::variables::{Resolver, VariableProvider};
use jenny_host::{
    App, AppOptions, Body, LogSink, LogStream, Origin, Runtime, RuntimeOptions, build,
};

use crate::fault::{FailingSqlite, UnreadableSqlite};
use crate::mint::Mint;
use crate::record::{RecordedSqlite, Statements};
use crate::request::TestRequest;

/// A loaded application with stores of its own, which are gone with it.
pub struct TestApp {
    app: App,
    /// The real databases, below whatever fault the components meet.
    sqlite: Arc<dyn SqliteDatabases>,
    statements: Arc<Statements>,
    output: Arc<CapturedOutput>,
}

/// What a [`TestApp`] is made with, beside its manifest.
#[derive(Default)]
pub struct TestAppBuilder {
    variables: Vec<(String, String)>,
    sqlite_fault: Option<SqliteFault>,
}

enum SqliteFault {
    Open,
    File,
}

/// The most that the rows of one [`TestApp::sql`] may take: more than any test should look at.
const MAX_SQL_BYTES: usize = 1024 * 1024;

impl TestApp {
    /// The application of the workspace's `spin.toml`, with the defaults of its variables.
    ///
    /// # Panics
    ///
    /// When the components cannot be built or loaded; the message says why.
    pub async fn new() -> Self {
        Self::builder().build().await
    }

    /// The application of the workspace's `spin.toml`, with something changed.
    pub fn builder() -> TestAppBuilder {
        TestAppBuilder::default()
    }

    /// The routes of the application's components, as the manifest writes them, private ones left
    /// out.
    pub fn routes(&self) -> Vec<String> {
        let triggers = self.app.manifest().triggers.iter();
        triggers
            .filter(|trigger| matches!(trigger.target, TriggerTarget::Component(_)))
            .filter_map(|trigger| match &trigger.route {
                TriggerRoute::Path(path) => Some(path.clone()),
                TriggerRoute::Private => None,
            })
            .collect()
    }

    /// Starts a request.
    ///
    /// # Panics
    ///
    /// When `path` is not the path, with or without a query, of a URI.
    #[track_caller]
    pub fn request(&self, method: Method, path: &str) -> TestRequest<'_> {
        TestRequest::new(self, method, path)
    }

    /// Starts a GET request. Panics as [`request`](Self::request) does.
    #[track_caller]
    pub fn get(&self, path: &str) -> TestRequest<'_> {
        self.request(Method::GET, path)
    }

    /// Starts a POST request. Panics as [`request`](Self::request) does.
    #[track_caller]
    pub fn post(&self, path: &str) -> TestRequest<'_> {
        self.request(Method::POST, path)
    }

    /// Starts a PUT request. Panics as [`request`](Self::request) does.
    #[track_caller]
    pub fn put(&self, path: &str) -> TestRequest<'_> {
        self.request(Method::PUT, path)
    }

    /// Starts a PATCH request. Panics as [`request`](Self::request) does.
    #[track_caller]
    pub fn patch(&self, path: &str) -> TestRequest<'_> {
        self.request(Method::PATCH, path)
    }

    /// Starts a DELETE request. Panics as [`request`](Self::request) does.
    #[track_caller]
    pub fn delete(&self, path: &str) -> TestRequest<'_> {
        self.request(Method::DELETE, path)
    }

    /// Starts a HEAD request. Panics as [`request`](Self::request) does.
    #[track_caller]
    pub fn head(&self, path: &str) -> TestRequest<'_> {
        self.request(Method::HEAD, path)
    }

    /// Starts an OPTIONS request. Panics as [`request`](Self::request) does.
    #[track_caller]
    pub fn options(&self, path: &str) -> TestRequest<'_> {
        self.request(Method::OPTIONS, path)
    }

    /// Runs one statement on the database `default`, to see or to arrange what no request can, and
    /// returns its rows. The tables are there once a request has needed them. Faults do not reach it.
    ///
    /// ```no_run
    /// # async fn example(app: jenny_test::TestApp) {
    /// let rows = app.sql("SELECT count(*) FROM users").await;
    /// assert_eq!(rows, [[0]]);
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// When the database refuses the statement, or a row holds a blob.
    pub async fn sql(&self, statement: &str) -> Vec<Vec<serde_json::Value>> {
        let run = async {
            let connection = self.sqlite.open("default").await?;
            let result = connection.execute(statement.to_owned(), Vec::new()).await?;
            result.collect(MAX_SQL_BYTES).await
        };
        let rows = run
            .await
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
        rows.into_iter()
            .map(|row| row.into_iter().map(json).collect())
            .collect()
    }

    /// The statements that the components have asked their database to run since the application was
    /// loaded, or since [`clear_statements`](Self::clear_statements), in that order. Those that
    /// failed are among them, and so are `BEGIN`, `COMMIT`, `ROLLBACK` and what sets up a
    /// connection; what [`sql`](Self::sql) runs is not.
    ///
    /// ```no_run
    /// # async fn example(app: jenny_test::TestApp) {
    /// app.get("/health/ready").send().await;
    /// app.clear_statements();
    /// app.get("/health/ready").send().await;
    /// assert_eq!(app.statements().len(), 1);
    /// # }
    /// ```
    pub fn statements(&self) -> Vec<String> {
        self.statements.all().clone()
    }

    /// Forgets the [`statements`](Self::statements) so far.
    pub fn clear_statements(&self) {
        self.statements.all().clear();
    }

    /// What the components have logged so far, line by line: JSON objects, as `shared::log` writes
    /// them, beside whatever else they printed.
    pub fn logs(&self) -> Vec<String> {
        self.output.lines().clone()
    }

    pub(crate) async fn handle(&self, request: Request<Body>) -> Response<Body> {
        let origin = Origin {
            scheme: Scheme::HTTP,
            peer: SocketAddr::from((Ipv4Addr::LOCALHOST, 50_000)),
            local: SocketAddr::from((Ipv4Addr::LOCALHOST, 3000)),
        };
        self.app.handle(request, origin).await
    }
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

    /// Lets every attempt to open a SQLite database fail, with [`FAULT`](crate::FAULT).
    #[must_use]
    pub fn failing_database(mut self) -> Self {
        self.sqlite_fault = Some(SqliteFault::Open);
        self
    }

    /// Lets SQLite databases open and every statement that has to read or write the file fail, with
    /// [`FAULT`](crate::FAULT).
    #[must_use]
    pub fn unreadable_database(mut self) -> Self {
        self.sqlite_fault = Some(SqliteFault::File);
        self
    }

    /// Loads the application.
    ///
    /// # Panics
    ///
    /// When the components cannot be built or loaded; the message says why.
    pub async fn build(self) -> TestApp {
        let manifest = workspace_manifest();
        let resolver = Resolver::new(manifest, &[VariableProvider::fixed(self.variables)])
            .unwrap_or_else(|error| panic!("{error}"));
        let mut capabilities = Capabilities::in_memory(
            manifest,
            Arc::new(resolver.clone()),
            Arc::new(NoOutboundHttp),
        )
        .unwrap_or_else(|error| panic!("{error}"));
        let sqlite = Arc::clone(&capabilities.sqlite);
        match self.sqlite_fault {
            Some(SqliteFault::Open) => capabilities.sqlite = Arc::new(FailingSqlite),
            Some(SqliteFault::File) => {
                capabilities.sqlite = Arc::new(UnreadableSqlite(Arc::clone(&sqlite)));
            }
            None => {}
        }
        // Outermost, so that it sees also what an injected fault keeps from the database.
        let statements = Arc::new(Statements::default());
        capabilities.sqlite = Arc::new(RecordedSqlite {
            databases: capabilities.sqlite,
            statements: Arc::clone(&statements),
        });
        let output = Arc::new(CapturedOutput::default());
        let options = AppOptions {
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
            sqlite,
            statements,
            output,
        }
    }
}

/// Keeps what components print, and prints it as if the test had: shown when it fails, and only
/// then.
#[derive(Default)]
struct CapturedOutput(Mutex<Vec<String>>);

impl CapturedOutput {
    fn lines(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LogSink for CapturedOutput {
    fn line(&self, component: &str, _stream: LogStream, line: &str) {
        println!("[{component}] {line}");
        self.lines().push(line.to_owned());
    }
}

fn json(value: Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Integer(integer) => integer.into(),
        Value::Real(real) => real.into(),
        Value::Text(text) => text.into(),
        Value::Blob(_) => panic!("a blob has no form in JSON: select hex(…) of it"),
    }
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
