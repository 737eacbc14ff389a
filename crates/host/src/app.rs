//! An application: its routes and components, and the path of a request through them.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::uri::Scheme;
use http::{HeaderValue, Method, Request, Response};
use http_body_util::BodyExt as _;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::Body;
use crate::answer::{self, Answers, Asked};
use crate::body::GuardedBody;
use crate::busy::{Activity, BusyInstances};
use crate::capability::Capabilities;
use crate::chain::Chain;
use crate::engine::Runtime;
use crate::entry::{Entered, Entry, Refusal};
use crate::exchange::{Exchange, Sending};
use crate::instance::{Component, Instances};
use crate::limits::Limits;
use crate::load::{self, LoadError, LoadProgress};
use crate::observer::{Observed, RequestTag};
use crate::options::AppOptions;
use crate::origin::{CHAINED_PEER, Origin};
use crate::outbound::{self, Refusals};
use crate::places::CommonPlaces;
use crate::problem;
use crate::randomness::SeededRandomness;
use crate::request;
use jenny_manifest::route::{RouteMatch, RouteTable, WELL_KNOWN_PREFIX, strip_spin_headers};
use jenny_manifest::variables::Resolver;
use jenny_manifest::{Manifest, TriggerTarget};

/// A loaded application. Cloning is cheap.
///
/// It must be used inside a tokio runtime with timers; instances run as tasks of it.
#[derive(Clone)]
pub struct App(Arc<AppInner>);

struct AppInner {
    manifest: Manifest,
    routes: RouteTable,
    answers: Answers,
    components: HashMap<String, Instances>,
    limits: Limits,
    entry: Entry,
    places: Arc<CommonPlaces>,
    busy: Arc<BusyInstances>,
    sending: Arc<Sending>,
    /// The scheme and address by which the first request came.
    own: OnceLock<(Scheme, SocketAddr)>,
    draining: CancellationToken,
}

impl Drop for AppInner {
    /// Idle instances end now rather than when their time is up.
    fn drop(&mut self) {
        self.draining.cancel();
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App")
            .field("manifest", &self.0.manifest.path)
            .finish_non_exhaustive()
    }
}

impl App {
    /// Compiles the components of `manifest`, several at once, and connects them to
    /// `capabilities`. `progress` is told how it goes, from several threads.
    ///
    /// # Errors
    ///
    /// [`LoadError`], for the first component of the manifest with something wrong.
    ///
    /// # Panics
    ///
    /// If `progress` panics.
    pub async fn load(
        runtime: &Runtime,
        manifest: Manifest,
        resolver: Resolver,
        capabilities: Capabilities,
        options: AppOptions,
        progress: impl Fn(LoadProgress<'_>) + Send + Sync + 'static,
    ) -> Result<Self, LoadError> {
        let routes = RouteTable::new(&manifest)?;
        let answers = Answers::new(&routes, &resolver, &options);
        let runtime = runtime.clone();
        let loading = tokio::task::spawn_blocking(move || {
            let loaded = load::components(&runtime, &manifest, &resolver, &options, &progress);
            loaded.map(|loaded| {
                let routes = (routes, answers);
                Self::new(&runtime, manifest, routes, loaded, &capabilities, options)
            })
        });
        match loading.await {
            Ok(app) => app,
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        }
    }

    fn new(
        runtime: &Runtime,
        manifest: Manifest,
        (routes, answers): (RouteTable, Answers),
        loaded: Vec<load::Loaded>,
        capabilities: &Capabilities,
        options: AppOptions,
    ) -> Self {
        let limits = options.limits;
        let places = CommonPlaces::new(limits.max_instances, loaded.len());
        let draining = CancellationToken::new();
        let busy = Arc::new(BusyInstances::default());
        let instances_made = Arc::new(AtomicU64::new(0));
        Self(Arc::new_cyclic(|app: &Weak<AppInner>| {
            let app: Weak<dyn outbound::Application> = app.clone();
            let instances = |loaded: load::Loaded| {
                let id = loaded.id.to_string();
                let seeded = |seed| SeededRandomness::new(seed, &loaded.id);
                let component = Component {
                    randomness: options.random_seed.map(seeded),
                    id: loaded.id,
                    compiled: loaded.compiled,
                    engine: runtime.engine().clone(),
                    fuel: runtime.fuel(),
                    limits: limits.clone(),
                    environment: loaded.environment,
                    files: loaded.files,
                    logs: loaded.logs,
                    clock: options.clock.clone(),
                    attribute_calls: options.attribute_calls,
                    observed: Observed(options.observer.clone()),
                    instances_made: Arc::clone(&instances_made),
                    busy: Arc::clone(&busy),
                    grants: loaded.grants,
                    capabilities: capabilities.clone(),
                    allowed_hosts: loaded.allowed_hosts,
                    blocked_networks: options.blocked_networks.clone(),
                    refusals: Refusals::default(),
                    places: places.of_component(),
                    draining: draining.clone(),
                    app: Weak::clone(&app),
                };
                (id, Instances::new(Arc::new(component)))
            };
            AppInner {
                entry: Entry::new(
                    &limits,
                    options.trusted_proxies,
                    loaded.iter().map(|loaded| loaded.id.to_string()),
                ),
                components: loaded.into_iter().map(instances).collect(),
                manifest,
                routes,
                answers,
                places: Arc::clone(&places),
                busy: Arc::clone(&busy),
                sending: Sending::new(limits.request_timeout),
                own: OnceLock::new(),
                draining: draining.clone(),
                limits,
            }
        }))
    }

    /// Answers a request. It never fails: what goes wrong is a problem (RFC 9457) with a status
    /// of 400, 404, 408, 500, 503 or 504.
    ///
    /// Dropping the future gives the request up. It counts against the limit of requests until
    /// an instance has taken it; what the component does then, which is not told, counts only
    /// against the limit of instances.
    pub async fn handle(&self, request: Request<Body>, origin: Origin) -> Response<Body> {
        self.0
            .own
            .get_or_init(|| (origin.scheme.clone(), origin.local));
        self.0.handle(request, &origin, None).await
    }

    /// The manifest that was loaded.
    pub fn manifest(&self) -> &Manifest {
        &self.0.manifest
    }

    /// The routes, in the order in which they are matched.
    pub fn routes(&self) -> &RouteTable {
        &self.0.routes
    }

    /// What is going on right now.
    pub fn activity(&self) -> Activity {
        let components = self.0.components.values();
        let own: usize = components
            .map(|instances| instances.component.places.own_taken())
            .sum();
        Activity {
            requests: self.0.entry.entered(),
            instances: own + self.0.places.taken(),
            busy: self.0.busy.number(),
        }
    }

    /// Waits until no more than so many instances have something to do. With 0, and while nobody
    /// sends requests, that is when everything has come of the requests so far that comes of them.
    pub async fn settled(&self, busy: usize) {
        self.0.busy.at_most(busy).await;
    }

    /// Lets no instance take another request: each ends when it has done what it has to do, and
    /// the next request meets a new one. For tests of what an instance keeps, and of what it costs.
    pub fn retire_instances(&self) {
        for instances in self.0.components.values() {
            instances.retire();
        }
    }

    /// Ends the application: lets requests in progress finish, and then what components do after
    /// their responses, for at most `patience` in all. Requests that come later are answered 503.
    /// Returns whether everything finished.
    pub async fn drain(&self, patience: Duration) -> bool {
        let finished = async {
            self.0.entry.close_outside().await;
            self.0.draining.cancel();
            for instances in self.0.components.values() {
                instances.component.places.close_own().await;
            }
            self.0.places.close().await;
        };
        tokio::time::timeout(patience, finished).await.is_ok()
    }
}

impl AppInner {
    async fn handle(
        &self,
        request: Request<Body>,
        origin: &Origin,
        chain: Option<Arc<Chain>>,
    ) -> Response<Body> {
        let client = self.entry.client(origin.peer.ip(), request.headers());
        let asked = Asked::of(&request, client);
        let response = self.answer(request, origin, chain).await;
        self.answers.dress(asked, response).await
    }

    async fn answer(
        &self,
        mut request: Request<Body>,
        origin: &Origin,
        chain: Option<Arc<Chain>>,
    ) -> Response<Body> {
        strip_spin_headers(request.headers_mut());
        if let Some(name) = request.uri().path().strip_prefix(WELL_KNOWN_PREFIX) {
            return match name {
                "health" => answer::health(),
                "info" => answer::info(&self.manifest),
                _ => problem::not_found(),
            };
        }
        if request.method() == Method::OPTIONS && request.uri().path() == "*" {
            return answer::no_content();
        }
        if let Err(detail) = request::make_absolute(&mut request, origin) {
            return problem::bad_request(detail);
        }
        let path = request.uri().path().to_owned();
        let Some(route) = self.routes.route(&path) else {
            return problem::not_found();
        };
        match route.target() {
            TriggerTarget::Static(response) => answer::fixed(response),
            TriggerTarget::Component(id) => {
                self.dispatch(id, request, &route, origin.peer, chain).await
            }
        }
    }

    async fn dispatch(
        &self,
        id: &str,
        mut request: Request<Body>,
        route: &RouteMatch<'_, '_>,
        peer: SocketAddr,
        chain: Option<Arc<Chain>>,
    ) -> Response<Body> {
        let Some(instances) = self.components.get(id) else {
            return problem::not_found();
        };
        let component = &instances.component;
        if let Some(chain) = &chain {
            let requests = self.limits.max_concurrent_requests;
            if chain.is_circle(id, component.capacity(), requests) {
                component.refusals.note_circle(component, &chain.circle(id));
                return problem::loop_detected();
            }
        }
        request::add_spin_headers(&mut request, route, peer);
        let entered = match &chain {
            None => self.entry.enter(id, request, peer.ip()).await,
            Some(_) => self.entry.enter_inside(request).await,
        };
        let Entered {
            mut request,
            permit,
            since,
            late,
        } = match entered {
            Ok(entered) => entered,
            Err(refusal) => return refusal.answer(),
        };
        let deadline = since + self.limits.request_timeout;
        let tag = request.extensions_mut().remove::<RequestTag>();
        let tag = tag.or_else(|| chain.as_ref()?.request());
        let exchange = Arc::new(Exchange::new(permit, chain, tag));
        // A guest may announce the length that the body of a GET would have (RFC 9110, section
        // 9.3.2), and wasmtime would then miss those bytes.
        let without_body = request.method() == Method::HEAD;
        let answer = instances.handle(Arc::clone(&exchange), request);
        let answer = tokio::time::timeout_at(deadline, answer);
        let answer = match late {
            None => answer.await,
            Some(late) => tokio::select! {
                biased;
                () = late.cancelled() => return Refusal::TooSlow.answer(),
                answer = answer => answer,
            },
        };
        match answer {
            Ok(Ok(response)) if without_body => response.map(|_| problem::empty()),
            Ok(Ok(response)) => {
                let sent = self.sending.begin(&exchange);
                response.map(|body| GuardedBody::new(body, sent).boxed_unsync())
            }
            // An instance that is ended for the time it takes may tell so before the clock here does.
            Ok(Err(error)) if Instant::now() < deadline => request::failed(component, tag, &error),
            Ok(Err(_)) | Err(_) => request::gave_up(component, tag, self.limits.request_timeout),
        }
    }
}

impl outbound::Application for AppInner {
    fn answer_component<'a>(
        &'a self,
        id: &'a str,
        mut request: Request<Body>,
        chain: Arc<Chain>,
    ) -> BoxFuture<'a, Response<Body>> {
        async move {
            strip_spin_headers(request.headers_mut());
            let asked = Asked::of(&request, CHAINED_PEER.ip());
            let path = request.uri().path().to_owned();
            let response = match self.routes.internal(id, &path) {
                Some(route) => {
                    self.dispatch(id, request, &route, CHAINED_PEER, Some(chain))
                        .await
                }
                None => problem::not_found(),
            };
            self.answers.dress(asked, response).await
        }
        .boxed()
    }

    /// Spin sends it over the network to where it listens. In process it takes the same routes, and looks the
    /// same to the component that answers.
    fn answer_own(
        &self,
        mut request: Request<Body>,
        chain: Arc<Chain>,
    ) -> BoxFuture<'_, Response<Body>> {
        async move {
            // Without a request from outside nothing runs that could send one.
            let own = self.own.get().cloned();
            let (scheme, local) = own.unwrap_or((Scheme::HTTP, CHAINED_PEER));
            if let Ok(host) = HeaderValue::try_from(local.to_string()) {
                request.headers_mut().insert(http::header::HOST, host);
            }
            let peer = SocketAddr::new(local.ip(), 0);
            let origin = Origin {
                scheme,
                peer,
                local,
            };
            self.handle(request, &origin, Some(chain)).await
        }
        .boxed()
    }
}
