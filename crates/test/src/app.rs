use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use futures::future::join_all;
use http::uri::Scheme;
use http::{Method, Request, Response};
use jenny_host::{App, Body, Origin};
use jenny_manifest::{TriggerRoute, TriggerTarget};
use postgres_server::TestDatabase;
use waiting::Waiting;

use crate::builder::TestAppBuilder;
use crate::clock::TestClock;
use crate::database::Session;
use crate::fault::{Fault, Faults};
use crate::ledger::{Calls, CallsOfRequest, Ledger, ShownOnFailure};
use crate::leftovers::{Leftovers, OpenRequests};
use crate::outbound::Outbound;
use crate::output::CapturedOutput;
use crate::request::TestRequest;
use crate::response::TestResponse;
use crate::settle::Settling;
use crate::stores::Stores;

/// A loaded application with stores of its own, which are gone with it.
pub struct TestApp {
    /// First: what it has to say is about the application as it was.
    pub(crate) leftovers: Leftovers,
    /// Before the application, whose end is part of no request.
    pub(crate) shown: ShownOnFailure,
    pub(crate) app: App,
    pub(crate) clock: TestClock,
    pub(crate) settling: Settling,
    pub(crate) faults: Arc<Faults>,
    pub(crate) output: Arc<CapturedOutput>,
    /// Last: what is connected to it goes before it does.
    pub(crate) stores: Stores,
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

    /// The application of any Spin manifest: a file, or a directory with a `spin.toml` in it, seen from
    /// the folder of the tested package. It may know nothing of this workspace; its components are
    /// built by the commands that it names.
    ///
    /// ```no_run
    /// # use jenny_test::TestApp;
    /// # async fn example() {
    /// let app = TestApp::from_manifest("fixtures/guestbook").await;
    /// app.get("/book/entries").send().await.assert_status(200);
    ///
    /// let reader = TestApp::from_manifest("fixtures/guestbook").only("reader").await;
    /// reader.get("/book/entries").send().await.assert_status(404);
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// When it is awaited and the manifest is none, or its components cannot be built or loaded: with
    /// the sentence of `jenny up`.
    #[must_use = "an application is loaded when its builder is awaited"]
    pub fn from_manifest(path: impl Into<PathBuf>) -> TestAppBuilder {
        Self::builder().manifest(path)
    }

    /// The application of the workspace's `spin.toml`, with something changed.
    #[must_use = "an application is loaded when its builder is awaited"]
    pub fn builder() -> TestAppBuilder {
        TestAppBuilder::default()
    }

    /// The clock that the components go by.
    pub fn clock(&self) -> &TestClock {
        &self.clock
    }

    /// The requests that leave the application: what the test expects of them, and what came.
    pub fn outbound(&self) -> &Outbound {
        &self.leftovers.outbound
    }

    /// The routes of the application's components, as the manifest writes them, private ones left
    /// out.
    pub fn routes(&self) -> Vec<String> {
        self.routes_where(|target| matches!(target, TriggerTarget::Component(_)))
    }

    fn routes_where(&self, is_meant: impl Fn(&TriggerTarget) -> bool) -> Vec<String> {
        let triggers = self.app.manifest().triggers.iter();
        triggers
            .filter(|trigger| is_meant(&trigger.target))
            .filter_map(|trigger| match &trigger.route {
                TriggerRoute::Path(path) => Some(path.clone()),
                TriggerRoute::Private => None,
            })
            .collect()
    }

    /// The names of the application's components, sorted.
    pub fn components(&self) -> Vec<String> {
        self.app.manifest().components.keys().cloned().collect()
    }

    /// The routes of one component, as the manifest writes them, private ones left out.
    ///
    /// ```no_run
    /// # async fn example() {
    /// # use jenny_test::TestApp;
    /// let app = TestApp::new().await;
    /// assert_eq!(app.routes_of("health"), ["/health/live", "/health/ready"]);
    /// # }
    /// ```
    pub fn routes_of(&self, component: &str) -> Vec<String> {
        self.routes_where(
            |target| matches!(target, TriggerTarget::Component(id) if id == component),
        )
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

    /// Sends all of these at the same time and returns their answers in the same order.
    ///
    /// With [`one_instance_each`](TestAppBuilder::one_instance_each) they meet in one instance, once
    /// it is there: while an instance starts, no other request can be given to it.
    ///
    /// ```no_run
    /// # async fn example() {
    /// # use jenny_test::TestApp;
    /// let app = TestApp::builder().one_instance_each().build().await;
    /// app.get("/api/notes").send().await;
    /// let answers = app.together([app.get("/api/notes"), app.get("/api/notes")]).await;
    /// answers[0].assert_status(200);
    /// # }
    /// ```
    pub async fn together<'app>(
        &'app self,
        requests: impl IntoIterator<Item = TestRequest<'app>>,
    ) -> Vec<TestResponse> {
        join_all(requests.into_iter().map(TestRequest::send)).await
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
        self.stores.connect().await
    }

    /// A connection to the SQLite database of this label: for an application that has several.
    ///
    /// # Panics
    ///
    /// When no component is granted it, or it does not open.
    pub async fn connect_to(&self, label: &str) -> Session {
        self.stores.connect_to(label).await
    }

    /// What the key-value store of this label holds under `key`. Faults do not reach it.
    ///
    /// # Panics
    ///
    /// When no component is granted the store, or it does not open.
    pub async fn key_value(&self, store: &str, key: &str) -> Option<Vec<u8>> {
        let opened = self.stores.open_key_value(store).await;
        let value = opened.get(key).await;
        value.unwrap_or_else(|error| panic!("{key:?} of {store:?}: {error}"))
    }

    /// What the components have asked of their host since the application was loaded, or since
    /// [`clear_calls`](Self::clear_calls), in that order. What [`sql`](Self::sql) does is not part of
    /// it.
    ///
    /// ```no_run
    /// # async fn example(app: jenny_test::TestApp) {
    /// app.get("/health/ready").send().await;
    /// app.clear_calls();
    /// app.get("/health/ready").send().await;
    /// assert_eq!(app.calls().sql().len(), 1, "{}", app.calls());
    /// # }
    /// ```
    pub fn calls(&self) -> Calls {
        self.ledger().calls(|_| true)
    }

    /// Forgets the [`calls`](Self::calls) so far, and what was logged between them.
    pub fn clear_calls(&self) {
        self.ledger().clear();
    }

    /// The statements among the [`calls`](Self::calls): those that failed as well, `BEGIN`, `COMMIT`
    /// and `ROLLBACK`, and what sets up a connection.
    pub fn statements(&self) -> Vec<String> {
        self.calls().statements()
    }

    /// Lets something go wrong from now on.
    pub fn inject(&self, fault: Fault) {
        self.faults.add(fault);
    }

    /// Lets nothing go wrong any longer, whatever was injected or built in.
    pub fn clear_faults(&self) {
        self.faults.clear();
    }

    pub(crate) fn ledger(&self) -> &Arc<Ledger> {
        &self.shown.0
    }

    /// What the components have logged so far, line by line: JSON objects, as `shared::log` writes
    /// them, beside whatever else they printed.
    pub fn logs(&self) -> Vec<String> {
        self.output.lines().clone()
    }

    /// Ends the application and leaves the Postgres database that it was given, if it was given one.
    pub(crate) fn into_database(self) -> Option<TestDatabase> {
        let Self { app, stores, .. } = self;
        drop(app);
        stores.into_database()
    }

    /// Not tied to `self`: what a test leaves running outlives its application, and is found out
    /// by that.
    pub(crate) fn handle(
        &self,
        mut request: Request<Body>,
    ) -> impl Future<Output = Response<Body>> + Send + use<> {
        let origin = Origin {
            scheme: Scheme::HTTP,
            peer: SocketAddr::from((Ipv4Addr::LOCALHOST, 50_000)),
            local: SocketAddr::from((Ipv4Addr::LOCALHOST, 3000)),
        };
        let (app, clock) = (self.app.clone(), self.clock.clone());
        let ledger = Arc::clone(self.ledger());
        let watch = Arc::clone(&self.leftovers.watch);
        async move {
            clock.tick();
            let waiting = Waiting::on(format!(
                "the answer to {} {}",
                request.method(),
                request.uri()
            ));
            let tag = ledger.sent(format!("{} {}", request.method(), request.uri()));
            request.extensions_mut().insert(tag);
            let watched = watch.open(tag);
            let mut response = app.handle(request, origin).await;
            drop(waiting);
            ledger.answered(tag, response.status());
            let calls = CallsOfRequest::new(ledger, tag);
            response.extensions_mut().insert(calls);
            response.extensions_mut().insert(Arc::new(watched));
            response
        }
    }

    pub(crate) fn open_requests(&self) -> &Arc<OpenRequests> {
        &self.leftovers.requests
    }
}
