use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use http::uri::Scheme;
use http::{Method, Request, Response};
use jenny_host::manifest::{TriggerRoute, TriggerTarget};
use jenny_host::{App, Body, Origin};
use postgres_server::TestDatabase;

use crate::builder::TestAppBuilder;
use crate::database::{Database, Session};
use crate::output::CapturedOutput;
use crate::record::Statements;
use crate::request::TestRequest;

/// A loaded application with stores of its own, which are gone with it.
pub struct TestApp {
    pub(crate) app: App,
    pub(crate) statements: Arc<Statements>,
    pub(crate) output: Arc<CapturedOutput>,
    /// Last: what is connected to it goes before it does.
    pub(crate) database: Database,
}

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

    /// Runs one statement on the application's database, to see or to arrange what no request can,
    /// and returns its rows. The tables are there once a request has needed them. Faults do not reach it.
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
    /// When the database refuses the statement, or a row holds bytes.
    pub async fn sql(&self, statement: &str) -> Vec<Vec<serde_json::Value>> {
        self.connect().await.sql(statement).await
    }

    /// A connection to the application's database, for a test that holds a transaction or a lock.
    ///
    /// # Panics
    ///
    /// When the database does not open.
    pub async fn connect(&self) -> Session {
        self.database.connect().await
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

    /// Ends the application and leaves the Postgres database that it was given.
    pub(crate) fn into_database(self) -> TestDatabase {
        let Self { app, database, .. } = self;
        drop(app);
        match database {
            Database::Postgres(_, on) => on.database,
            Database::Sqlite(_) => panic!("the application is not on Postgres"),
        }
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
