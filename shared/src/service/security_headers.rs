//! Headers that make a browser treat answers with suspicion.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// For an API: what browsers would render or share, they must not. A handler that serves pages
/// sets its own values, which stay. After the OWASP REST Security Cheat Sheet, whose
/// `Cache-Control` is [`conditional`](crate::conditional)'s to set.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
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

/// Their names and values, for the documentation.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn described() -> impl Iterator<Item = (&'static str, &'static str)> {
    static HEADERS_BY_NAME: [(HeaderName, HeaderValue); 4] = HEADERS;
    let text = |value: &'static HeaderValue| value.to_str().expect("is ASCII");
    HEADERS_BY_NAME
        .iter()
        .map(move |(name, value)| (name.as_str(), text(value)))
}

/// Two years, the least that hstspreload.org asks for is one.
const STRICT_TRANSPORT_SECURITY: HeaderValue = HeaderValue::from_static("max-age=63072000");

/// Adds the headers that the handler did not set.
///
/// `https` says whether the public URL is https: only then may browsers be told to insist on it.
pub(super) fn add(headers: &mut HeaderMap, https: bool) {
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(value);
    }
    if https {
        headers
            .entry(header::STRICT_TRANSPORT_SECURITY)
            .or_insert(STRICT_TRANSPORT_SECURITY);
    }
}
