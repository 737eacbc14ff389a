use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use http::uri::Scheme;
use http::{Method, Request, Response};
use jenny_host::capability::{Capabilities, NoOutboundHttp};
use jenny_host::manifest::Manifest;
use jenny_host::variables::{Resolver, VariableProvider};
use jenny_host::{
    App, AppOptions, Body, LogSink, LogStream, Origin, Runtime, RuntimeOptions, build,
};

use crate::fault::FailingSqlite;
use crate::request::TestRequest;

/// A loaded application with stores of its own, which are gone with it.
pub struct TestApp {
    app: App,
}

/// What a [`TestApp`] is made with, beside its manifest.
#[derive(Default)]
pub struct TestAppBuilder {
    variables: Vec<(String, String)>,
    failing_sqlite: bool,
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

    /// Lets every attempt to open a SQLite database fail, with [`FAULT`](crate::FAULT).
    #[must_use]
    pub fn failing_sqlite(mut self) -> Self {
        self.failing_sqlite = true;
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
        if self.failing_sqlite {
            capabilities.sqlite = Arc::new(FailingSqlite);
        }
        let options = AppOptions {
            quiet: true,
            log_sink: Some(Arc::new(CapturedOutput)),
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
        TestApp { app }
    }
}

/// Prints what components print as if the test had: shown when it fails, and only then.
struct CapturedOutput;

impl LogSink for CapturedOutput {
    fn line(&self, component: &str, _stream: LogStream, line: &str) {
        println!("[{component}] {line}");
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
