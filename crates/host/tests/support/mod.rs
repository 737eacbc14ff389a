//! One application in process, with empty stores of its own.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use http::uri::Scheme;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Empty, Full};
use jenny_host::capability::{Capabilities, OutboundHttp};
use jenny_host::{
    App, AppOptions, Body, Clock, CompileCache, HttpClient, Limits, LoadError, LogSink, LogStream,
    Origin, Runtime, RuntimeOptions,
};
use jenny_manifest::Manifest;
use jenny_manifest::variables::Resolver;
use jenny_stores::Stores;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use waiting::Waiting;

/// How long something that must happen may take, on a machine however busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// As good as for ever, for limits that a test is not about.
pub(crate) const LONG: Duration = Duration::from_secs(3600);

/// So short that a test waits for its end, and nothing of the test has to happen before it.
pub(crate) const SHORT: Duration = Duration::from_millis(100);

/// A manifest with the guest at every path. `{guest}` stands for its file.
pub(crate) const GUEST: &str = r#"
spin_manifest_version = 2
[application]
name = "test"
[[trigger.http]]
route = "/..."
component = "guest"
[component.guest]
source = "{guest}"
"#;

/// The guest, under these limits.
pub(crate) async fn fixture(limits: Limits) -> Fixture {
    Fixture::load(
        GUEST,
        AppOptions {
            limits,
            quiet: true,
            ..AppOptions::default()
        },
    )
    .await
}

/// Limits of time that no machine is too slow for. They are those of a test that sets none.
pub(crate) fn limits() -> Limits {
    Limits {
        request_timeout: LONG,
        body_timeout: LONG,
        queue_timeout: LONG,
        idle_timeout: LONG,
        ..Limits::default()
    }
}

/// Where the monotonic clock of a test begins.
pub(crate) const START: u64 = 1_000_000;

/// A clock that moves when told.
pub(crate) struct Moved(watch::Sender<u64>);

impl Moved {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(watch::Sender::new(START)))
    }

    pub(crate) fn advance(&self, nanos: u64) {
        self.0.send_modify(|now| *now += nanos);
    }

    /// How many wait for it.
    pub(crate) fn waits(&self) -> usize {
        self.0.receiver_count()
    }
}

impl Clock for Moved {
    fn wall(&self) -> Duration {
        Duration::from_secs(1_800_000_000) + Duration::from_nanos(*self.0.borrow())
    }

    fn monotonic_nanos(&self) -> u64 {
        *self.0.borrow()
    }

    fn wait_until(&self, deadline: u64) -> BoxFuture<'static, ()> {
        let mut now = self.0.subscribe();
        Box::pin(async move {
            now.wait_for(|now| *now >= deadline)
                .await
                .expect("the clock outlives its application");
        })
    }
}

/// The guest, under these limits and with a clock that moves when told.
pub(crate) async fn clocked(manifest: &str, limits: Limits) -> (Fixture, Arc<Moved>) {
    let clock = Moved::new();
    let options = AppOptions {
        limits,
        quiet: true,
        clock: Some(Arc::clone(&clock) as Arc<dyn Clock>),
        ..AppOptions::default()
    };
    (Fixture::load(manifest, options).await, clock)
}

/// One engine for all tests of a file, so that the guest is compiled once.
pub(crate) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let directory = target_directory().join("test-compile-cache");
    let compile_cache = CompileCache::Directory(directory);
    Runtime::new(&RuntimeOptions {
        compile_cache,
        ..RuntimeOptions::default()
    })
    .expect("wasmtime works here")
});

/// The guest in `tests/guest`, built by the first test that asks.
static GUEST_FILE: LazyLock<PathBuf> = LazyLock::new(|| build("host-guest"));

/// Builds one of the guests and returns its file.
pub(crate) fn build(package: &str) -> PathBuf {
    let status = Command::new(env!("CARGO"))
        .args(["build", "--package", package, "--profile", "function"])
        .args(["--target", "wasm32-wasip2"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .expect("cargo can be started");
    assert!(status.success(), "building the guest failed");
    let file = format!("{}.wasm", package.replace('-', "_"));
    target_directory().join("wasm32-wasip2/function").join(file)
}

fn target_directory() -> PathBuf {
    // A test's executable is in `<target>/<profile>/deps`.
    let executable = std::env::current_exe().expect("a test has a file");
    executable
        .ancestors()
        .nth(3)
        .expect("it is deep in the target folder")
        .to_owned()
}

#[derive(Default)]
struct Log(Mutex<Vec<String>>);

impl LogSink for Log {
    fn line(&self, component: &str, stream: LogStream, line: &str) {
        self.0
            .lock()
            .unwrap()
            .push(format!("{component} {stream:?} {line}"));
    }
}

pub(crate) struct Fixture {
    pub(crate) app: App,
    pub(crate) directory: TempDir,
    log: Arc<Log>,
}

impl Fixture {
    pub(crate) async fn load(manifest: &str, options: AppOptions) -> Self {
        Self::try_load(manifest, options, Arc::new(HttpClient::default()))
            .await
            .expect("it loads")
    }

    /// Loads `manifest` from a folder of its own, which has `file.txt` in it.
    pub(crate) async fn try_load(
        manifest: &str,
        options: AppOptions,
        outbound: Arc<dyn OutboundHttp>,
    ) -> Result<Self, LoadError> {
        Self::try_load_with(manifest, options, outbound, |_| ()).await
    }

    /// Like [`try_load`](Self::try_load), with some capabilities replaced.
    pub(crate) async fn try_load_with(
        manifest: &str,
        mut options: AppOptions,
        outbound: Arc<dyn OutboundHttp>,
        replace: impl FnOnce(&mut Capabilities),
    ) -> Result<Self, LoadError> {
        let directory = TempDir::new().expect("a temporary folder");
        std::fs::write(directory.path().join("file.txt"), "a file").expect("it is writable");
        let text = manifest.replace("{guest}", &guest_file().to_string_lossy());
        let manifest = Manifest::parse(&text, &directory.path().join("spin.toml")).unwrap();
        let resolver = Resolver::new(&manifest, &[]).unwrap();
        let mut capabilities = Capabilities {
            stores: Stores::in_memory(&manifest).unwrap(),
            variables: Arc::new(resolver.clone()),
            outbound_http: outbound,
        };
        replace(&mut capabilities);
        if options.limits == Limits::default() {
            options.limits = limits();
        }
        let log = Arc::new(Log::default());
        options.log_sink = Some(log.clone());
        let app = App::load(&RUNTIME, manifest, resolver, capabilities, options, |_| ()).await?;
        Ok(Self {
            app,
            directory,
            log,
        })
    }

    pub(crate) async fn get(&self, path: &str) -> Response<Body> {
        self.send(get(path)).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Response<Body> {
        let _waiting = Waiting::on(format!("the answer to {}", request.uri()));
        tokio::time::timeout(PATIENCE, self.app.handle(request, origin()))
            .await
            .expect("every request is answered")
    }

    /// Sends a request and reads the whole response, as a task.
    pub(crate) fn spawn_get(&self, path: &str) -> JoinHandle<Response<Body>> {
        let (app, request) = (self.app.clone(), get(path));
        tokio::spawn(async move {
            let (head, body) = app.handle(request, origin()).await.into_parts();
            let body = body.collect().await.expect("a whole body").to_bytes();
            let body = Full::new(body)
                .map_err(|never| match never {})
                .boxed_unsync();
            Response::from_parts(head, body)
        })
    }

    pub(crate) fn log(&self) -> String {
        self.log.0.lock().unwrap().join("\n")
    }

    pub(crate) async fn wait_for_log(&self, text: &str) {
        let what = format!("{text:?} in the log");
        self.wait_until(&what, || async { self.log().contains(text) })
            .await;
    }

    /// Asks for `path`, again and again, until one of the requests has an answer: some may have gone
    /// where they get none. Returns that answer's status.
    pub(crate) async fn first_answer(&self, path: &str) -> u16 {
        let _waiting = Waiting::on(format!("an answer to {path}"));
        let mut asked: FuturesUnordered<JoinHandle<Response<Body>>> = FuturesUnordered::new();
        let mut tick = tokio::time::interval(Duration::from_millis(50));
        loop {
            tokio::select! {
                Some(answer) = asked.next() => break answer.unwrap().status().as_u16(),
                _ = tick.tick() => asked.push(self.spawn_get(path)),
            }
        }
    }

    /// The first response to `path` that comes in time, where there is little: what becomes of a
    /// response after its head can have no more than what comes before it, which a busy machine may need.
    pub(crate) async fn in_time(&self, path: &str) -> Response<Body> {
        let start = Instant::now();
        loop {
            let response = self.get(path).await;
            if response.status() == 200 {
                return response;
            }
            assert!(start.elapsed() < PATIENCE, "{response:?}");
        }
    }

    pub(crate) async fn wait_for_requests(&self, requests: usize) {
        let what = format!("{requests} requests in progress");
        self.wait_until(&what, || async { self.app.activity().requests == requests })
            .await;
    }

    pub(crate) async fn has_instances(&self, instances: usize) {
        let what = format!("{instances} instances");
        self.wait_until(&what, || async {
            self.app.activity().instances == instances
        })
        .await;
    }

    /// Waits for `what`: asks again and again until it is so.
    pub(crate) async fn wait_until(&self, what: &str, mut condition: impl AsyncFnMut() -> bool) {
        let _waiting = Waiting::on(what);
        let start = Instant::now();
        let mut tick = tokio::time::interval(Duration::from_millis(5));
        while !condition().await {
            assert!(
                start.elapsed() < PATIENCE,
                "it never came to {what}; the log:\n{}",
                self.log()
            );
            tick.tick().await;
        }
    }
}

pub(crate) fn guest_file() -> &'static Path {
    &GUEST_FILE
}

pub(crate) fn get(path: &str) -> Request<Body> {
    Request::get(path)
        .header("host", "example.com")
        .body(empty())
        .unwrap()
}

pub(crate) fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

pub(crate) fn full(text: &'static str) -> Body {
    Full::from(text)
        .map_err(|never| match never {})
        .boxed_unsync()
}

pub(crate) fn origin() -> Origin {
    Origin {
        scheme: Scheme::HTTP,
        peer: SocketAddr::from((Ipv4Addr::LOCALHOST, 4321)),
        local: SocketAddr::from((Ipv4Addr::LOCALHOST, 3000)),
    }
}

pub(crate) async fn body_text(response: Response<Body>) -> String {
    let body = response
        .into_body()
        .collect()
        .await
        .expect("a whole body")
        .to_bytes();
    String::from_utf8(body.to_vec()).expect("text")
}

/// The status of a response that must be a problem.
pub(crate) async fn problem_status(response: Response<Body>) -> u16 {
    let status = response.status().as_u16();
    assert_eq!(
        response
            .headers()
            .get("content-type")
            .map(|value| value.as_bytes()),
        Some(&b"application/problem+json"[..]),
        "status {status}"
    );
    let problem: serde_json::Value = serde_json::from_str(&body_text(response).await).unwrap();
    assert_eq!(problem["status"], status);
    status
}
