//! Cross-origin requests, as the `cors_origins` variable allows them.

use std::time::Duration;

use http::{HeaderName, Method, header};
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

use super::{request_id::X_REQUEST_ID, trace_context::TRACEPARENT};
use crate::config::CorsOrigins;

/// How long a browser may remember a preflight: two hours, the most that Chromium honours.
const PREFLIGHT_MAX_AGE: Duration = Duration::from_secs(7200);

/// The layer for a configuration; none at all when no other origin is allowed.
///
/// Credentials in the sense of CORS (cookies) are never allowed: callers prove themselves with the
/// `Authorization` header, which a page must set itself. So `*` is never joined with them.
pub(super) fn layer(origins: &CorsOrigins) -> Option<CorsLayer> {
    let origin: AllowOrigin = match origins {
        CorsOrigins::None => return None,
        CorsOrigins::Any => Any.into(),
        CorsOrigins::List(origins) => AllowOrigin::list(origins.iter().cloned()),
    };
    let layer = CorsLayer::new()
        .allow_origin(origin)
        .allow_methods([
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_MATCH,
            header::IF_NONE_MATCH,
            HeaderName::from_static("idempotency-key"),
            TRACEPARENT,
            X_REQUEST_ID,
        ])
        .expose_headers([
            header::ETAG,
            header::LINK,
            header::LOCATION,
            header::RETRY_AFTER,
            header::WWW_AUTHENTICATE,
            X_REQUEST_ID,
        ])
        .max_age(PREFLIGHT_MAX_AGE);
    Some(layer)
}
