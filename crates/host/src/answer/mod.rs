//! What the host answers by itself, made to look like what components answer
//! ([decision](../../../docs/adr/0031-the-hosts-own-answers-look-like-the-applications.md)).

mod cors;
mod given;
mod log;

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Version, header};
use hyper::body::Body as _;
use sha2::{Digest as _, Sha256};
use tower::{Layer as _, ServiceExt as _};
use tower_http::cors::CorsLayer;
use uuid::Uuid;

pub(crate) use given::{fixed, health, info, no_content};
pub(crate) use log::{AnswerLog, Line};

use crate::Body;
use crate::clock::Clock;
use crate::options::AppOptions;
use crate::problem::{self, Own};
use jenny_manifest::route::RouteTable;
use jenny_manifest::variables::Resolver;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is taken from a request, in bytes, as in functions.
const MAX_REQUEST_ID_BYTES: usize = 128;

/// The headers that every function sets (`shared::service`), so that browsers neither render nor share an
/// answer, and nobody keeps it.
const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    ),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
];

/// Two years, as in functions.
const STRICT_TRANSPORT_SECURITY: HeaderValue = HeaderValue::from_static("max-age=63072000");

/// How the host's own answers look in one application.
pub(crate) struct Answers {
    /// For pages of other origins, where the application's variable `cors_origins` allows any.
    cors: Option<CorsLayer>,
    /// The application's variable `public_url` is https.
    https: bool,
    /// A route of the application explains problems.
    has_problem_pages: bool,
    clock: Option<Arc<dyn Clock>>,
    seed: Option<u64>,
    ids_made: AtomicU64,
    log: AnswerLog,
}

/// What of a request the look of an answer depends on.
pub(crate) struct Asked {
    method: Method,
    version: Version,
    client: IpAddr,
    request_id: Option<HeaderValue>,
    origin: Option<HeaderValue>,
    is_preflight: bool,
    has_body: bool,
}

impl Asked {
    pub(crate) fn of(request: &Request<Body>, client: IpAddr) -> Self {
        let headers = request.headers();
        let origin = headers.get(header::ORIGIN).cloned();
        Self {
            is_preflight: request.method() == Method::OPTIONS
                && origin.is_some()
                && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD),
            method: request.method().clone(),
            version: request.version(),
            client,
            request_id: request_id(headers),
            origin,
            has_body: !request.body().is_end_stream(),
        }
    }
}

/// The id that came with a request, if it is well formed.
fn request_id(headers: &HeaderMap) -> Option<HeaderValue> {
    let is_well_formed = |id: &&HeaderValue| {
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"._~-".contains(byte);
        (1..=MAX_REQUEST_ID_BYTES).contains(&id.len()) && id.as_bytes().iter().all(allowed)
    };
    headers.get(X_REQUEST_ID).filter(is_well_formed).cloned()
}

impl Answers {
    /// How they look in the application that has these routes, and variables of these values.
    pub(crate) fn new(routes: &RouteTable, resolver: &Resolver, options: &AppOptions) -> Self {
        // A variable that the application does not have, or that has no value, says nothing.
        let variable = |name: &str| resolver.expand(&format!("{{{{ {name} }}}}")).ok();
        Self {
            cors: variable("cors_origins").and_then(|origins| cors::layer(&origins)),
            https: variable("public_url").is_some_and(|url| url.starts_with("https://")),
            has_problem_pages: routes
                .route(problem::A_PAGE)
                .is_some_and(|route| route.raw_route().starts_with(problem::PAGES)),
            clock: options.clock.clone(),
            seed: options.random_seed,
            ids_made: AtomicU64::new(0),
            log: AnswerLog::default(),
        }
    }

    /// Gives a response its final look, if it is the host's own; others pass as they are.
    pub(crate) async fn dress(&self, asked: Asked, response: Response<Body>) -> Response<Body> {
        let Some(own) = response.extensions().get::<Own>().copied() else {
            return response;
        };
        let id = asked.request_id.clone().unwrap_or_else(|| self.new_id());
        let mut response = match &self.cors {
            // Without an origin too: a cache may give the answer to a page of another one.
            Some(cors) => cross_origin(cors, &asked, response).await,
            None => response,
        };
        let answers_preflight = asked.is_preflight && response.extensions().get::<Own>().is_none();
        if let (Some(detail), false) = (own.detail, answers_preflight) {
            let id = id.to_str().expect("checked or made to be printable ASCII");
            problem::render(&mut response, detail, Some(id), self.has_problem_pages);
            self.log.note(&Line {
                status: response.status(),
                method: Some(&asked.method),
                client: asked.client,
                request_id: Some(id),
                detail,
            });
        }
        let headers = response.headers_mut();
        headers.extend(HEADERS);
        if self.https {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT_SECURITY);
        }
        headers.insert(X_REQUEST_ID, id);
        // What is left of a body would be taken for the next request's head, so the connection ends with
        // the answer (RFC 9112, section 9.6). HTTP/2 ends the stream alone.
        if asked.has_body && asked.version <= Version::HTTP_11 {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    /// A new UUID of version 7; where the application has a clock or a seed, made of those.
    fn new_id(&self) -> HeaderValue {
        let id = Uuid::now_v7();
        let mut random: [u8; 10] = std::array::from_fn(|index| id.as_bytes()[6 + index]);
        if let Some(seed) = self.seed {
            let made = self.ids_made.fetch_add(1, Ordering::Relaxed);
            let hash = Sha256::new()
                .chain_update("request id")
                .chain_update(seed.to_le_bytes())
                .chain_update(made.to_le_bytes())
                .finalize();
            random.copy_from_slice(&hash[..10]);
        }
        let since_epoch = match &self.clock {
            Some(clock) => clock.wall(),
            None => id.get_timestamp().map_or(Duration::ZERO, |timestamp| {
                let (seconds, nanos) = timestamp.to_unix();
                Duration::new(seconds, nanos)
            }),
        };
        let millis = u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX);
        let id = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
        HeaderValue::try_from(id.to_string()).expect("a UUID is printable ASCII")
    }
}

/// The response with the headers of CORS, or the answer to a preflight request in its place.
async fn cross_origin(cors: &CorsLayer, asked: &Asked, response: Response<Body>) -> Response<Body> {
    let method = match (asked.is_preflight, &asked.method) {
        // The layer takes every other request of this method for a preflight too.
        (false, &Method::OPTIONS) => Method::GET,
        (_, method) => method.clone(),
    };
    let mut request = Request::new(());
    *request.method_mut() = method;
    if let Some(origin) = &asked.origin {
        request.headers_mut().insert(header::ORIGIN, origin.clone());
    }
    let mut response = Some(response);
    let own = tower::service_fn(move |_: Request<()>| {
        let response = response.take().expect("it is called at most once");
        std::future::ready(Ok::<_, Infallible>(response))
    });
    match cors.layer(own).oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod written;
