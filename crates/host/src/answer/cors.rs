//! Which pages of other origins may read the host's answers: what functions say of theirs
//! (`shared::service::cors`, `shared::config`). `tests/it/host-answers.rs` holds the two alike.

use std::time::Duration;

use http::uri::Authority;
use http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

/// How long a browser may remember a preflight: two hours, the most that Chromium honours.
const PREFLIGHT_MAX_AGE: Duration = Duration::from_secs(7200);

/// The layer for a value of `cors_origins`: empty, `*`, or origins separated by commas or spaces. None
/// where it allows no origin or cannot be read.
pub(super) fn layer(origins: &str) -> Option<CorsLayer> {
    let entries: Vec<&str> = origins
        .split([',', ' ', '\n', '\t'])
        .filter(|entry| !entry.is_empty())
        .collect();
    let origins: AllowOrigin = match entries[..] {
        [] => return None,
        ["*"] => Any.into(),
        _ => AllowOrigin::list(
            entries
                .into_iter()
                .map(origin)
                .collect::<Option<Vec<_>>>()?,
        ),
    };
    let layer = CorsLayer::new()
        .allow_origin(origins)
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
            HeaderName::from_static("traceparent"),
            super::X_REQUEST_ID,
        ])
        .expose_headers([
            header::ETAG,
            header::LINK,
            header::LOCATION,
            header::RETRY_AFTER,
            header::WWW_AUTHENTICATE,
            super::X_REQUEST_ID,
        ])
        .max_age(PREFLIGHT_MAX_AGE);
    Some(layer)
}

/// An origin as browsers send it (RFC 6454, section 6.2): in lower case, without the scheme's own port.
fn origin(text: &str) -> Option<HeaderValue> {
    let (scheme, authority) = text.split_once("://")?;
    let default_port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return None,
    };
    let authority = authority.strip_suffix(default_port).unwrap_or(authority);
    let is_origin = !authority.is_empty()
        && !authority.contains(['/', '?', '#', '@', '*'])
        && authority.parse::<Authority>().is_ok();
    let origin = format!("{scheme}://{}", authority.to_ascii_lowercase());
    is_origin.then(|| HeaderValue::try_from(origin).ok())?
}
