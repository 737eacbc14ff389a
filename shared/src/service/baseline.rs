//! What surrounds every router.

use std::{sync::Arc, time::Instant};

use axum::{
    Router,
    extract::{DefaultBodyLimit, MatchedPath, Request, State},
    middleware::{self, Next},
    response::Response,
};
use tracing::{Instrument, level_filters::LevelFilter};

use super::{
    ClientAddress, RequestId, TraceContext, cors, request_id::X_REQUEST_ID, security_headers,
};
use crate::{
    conditional::Conditions,
    config::{
        CORS_ORIGINS, ConfigError, CorsOrigins, LOG_LEVEL, PUBLIC_URL, TRUSTED_PROXIES,
        TrustedProxies,
    },
    problem,
};

/// Largest request body that an extractor reads, in bytes, unless a route says otherwise with
/// [`axum::extract::DefaultBodyLimit`]: ample for JSON.
///
/// An instance serves up to sixteen requests at once in 128 MiB. Sixteen bodies that arrive are at
/// most 32 MiB, each once in frames and once joined. What is made of a body is made without
/// suspending, so by one request at a time: of JSON at most 10,000 values, below 10 MiB with a copy,
/// and the text of their strings, 1 MiB a copy. With the 19 MiB of hashing a password, also one at a
/// time, that leaves half for what handlers keep.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// The settings of the layers around a router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Baseline {
    /// Whether the public URL is https, and browsers are told to insist on it.
    pub https: bool,
    /// Which other origins' pages may read answers.
    pub cors_origins: CorsOrigins,
    /// The least severe level that is logged.
    pub log_level: LevelFilter,
    /// The proxies that are believed when they name the client.
    pub trusted_proxies: TrustedProxies,
}

impl Default for Baseline {
    fn default() -> Self {
        Baseline {
            https: false,
            cors_origins: CorsOrigins::None,
            log_level: LevelFilter::INFO,
            trusted_proxies: TrustedProxies::default(),
        }
    }
}

impl Baseline {
    /// Reads the settings from Spin's variables.
    ///
    /// # Errors
    ///
    /// When one of them is invalid or cannot be read.
    pub async fn from_variables() -> Result<Self, ConfigError> {
        Ok(Baseline {
            https: PUBLIC_URL.get().await?.is_https(),
            cors_origins: CORS_ORIGINS.get().await?,
            log_level: LOG_LEVEL.get().await?,
            trusted_proxies: TRUSTED_PROXIES.get().await?,
        })
    }
}

/// Surrounds a router with what every function has.
///
/// From the outside in: request id and trace context (accepted or made, in the request's
/// extensions, the id in the answer's `x-request-id`), the client's address, one line in the log per request, security
/// headers, problems rendered (also those of axum itself: no route, wrong method), conditional
/// requests and cacheability ([`conditional`](crate::conditional)), CORS, the limit on bodies
/// ([`MAX_BODY_BYTES`]).
pub fn baseline(router: Router, settings: Baseline) -> Router {
    // `Router::layer` runs inside routing, which is what lets the log name the route matched.
    let router = router.layer(DefaultBodyLimit::max(MAX_BODY_BYTES));
    let router = match cors::layer(&settings.cors_origins) {
        Some(layer) => router.layer(layer),
        None => router,
    };
    router.layer(middleware::from_fn_with_state(Arc::new(settings), surround))
}

async fn surround(
    State(settings): State<Arc<Baseline>>,
    mut request: Request,
    next: Next,
) -> Response {
    let start = Instant::now();
    let id = RequestId::of(request.headers());
    let trace = TraceContext::of(request.headers());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let span = tracing::error_span!(
        "request",
        request_id = id.as_str(),
        trace_id = trace.trace_id(),
        span_id = trace.span_id(),
        parent_id = trace.parent_id(),
        caller = tracing::field::Empty,
    );
    let client = ClientAddress::of(request.headers(), &settings.trusted_proxies);
    if let Some(client) = client {
        request.extensions_mut().insert(client);
    }
    request.extensions_mut().insert(id.clone());
    request.extensions_mut().insert(trace);
    let conditions = Conditions::take(&mut request);

    let mut response = next.run(request).instrument(span.clone()).await;
    problem::adopt_foreign_errors(&method, &mut response);
    let mut response = conditions.apply(response).await;

    let _entered = span.enter();
    problem::render(id.as_str(), &mut response);
    conditions.strip(&mut response);
    let headers = response.headers_mut();
    security_headers::add(headers, settings.https);
    headers.insert(X_REQUEST_ID, id.header_value());
    // The route, not the path: paths hold names and ids, queries hold worse.
    tracing::info!(
        target: "access",
        method = method.as_str(),
        route = route.as_ref().map(MatchedPath::as_str),
        status = response.status().as_u16(),
        client = client.map(|client| tracing::field::display(client.ip())),
        duration_us = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX),
        "request"
    );
    response
}
