//! A route that was found, and the headers that tell the component about it.

use std::borrow::Cow;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::Route;
use crate::TriggerTarget;

const PATH_INFO: HeaderName = HeaderName::from_static("spin-path-info");
const FULL_URL: HeaderName = HeaderName::from_static("spin-full-url");
const MATCHED_ROUTE: HeaderName = HeaderName::from_static("spin-matched-route");
const BASE_PATH: HeaderName = HeaderName::from_static("spin-base-path");
const RAW_COMPONENT_ROUTE: HeaderName = HeaderName::from_static("spin-raw-component-route");
const COMPONENT_ROUTE: HeaderName = HeaderName::from_static("spin-component-route");
const CLIENT_ADDR: HeaderName = HeaderName::from_static("spin-client-addr");

/// The request headers that Spin always sets.
pub const SPIN_HEADERS: [HeaderName; 7] = [
    PATH_INFO,
    FULL_URL,
    MATCHED_ROUTE,
    BASE_PATH,
    RAW_COMPONENT_ROUTE,
    COMPONENT_ROUTE,
    CLIENT_ADDR,
];

/// What the name of the request header of a route's parameter starts with.
pub const PATH_MATCH_PREFIX: &str = "spin-path-match-";

/// Removes what only the host may say, so that a client cannot say it.
pub fn strip_spin_headers(headers: &mut HeaderMap) {
    let is_ours = |name: &&HeaderName| {
        name.as_str().starts_with("spin-")
            && (name.as_str().starts_with(PATH_MATCH_PREFIX) || SPIN_HEADERS.contains(name))
    };
    // Collected only where there is one, which no honest client sends.
    let forged: Vec<HeaderName> = headers.keys().filter(is_ours).cloned().collect();
    for name in forged {
        headers.remove(name);
    }
}

/// The route that a path leads to.
#[derive(Debug)]
pub struct RouteMatch<'t, 'p> {
    route: &'t Route,
    /// The parameters in order, then the wildcard's part where the route has one.
    captures: Vec<&'p str>,
    path: &'p str,
    internal: bool,
}

impl<'t, 'p> RouteMatch<'t, 'p> {
    pub(super) fn new(route: &'t Route, captures: Vec<&'p str>, path: &'p str) -> Self {
        Self {
            route,
            captures,
            path,
            internal: false,
        }
    }

    pub(super) fn internal(route: &'t Route, path: &'p str) -> Self {
        Self {
            route,
            captures: Vec::new(),
            path,
            internal: true,
        }
    }

    /// What answers the request.
    pub fn target(&self) -> &'t TriggerTarget {
        &self.route.target
    }

    /// The id of the component that answers, unless a static response does.
    pub fn component(&self) -> Option<&'t str> {
        match &self.route.target {
            TriggerTarget::Component(id) => Some(id),
            TriggerTarget::Static(_) => None,
        }
    }

    /// The index of the trigger in [`Manifest::triggers`](crate::Manifest::triggers).
    pub fn trigger(&self) -> usize {
        self.route.trigger
    }

    /// The route as the manifest has it.
    pub fn raw_route(&self) -> &'t str {
        &self.route.raw
    }

    /// The values of the route's `:parameters`, percent-encoded as they came.
    pub fn parameters(&self) -> impl Iterator<Item = (&'t str, &'p str)> {
        self.route
            .pattern
            .parameters()
            .zip(self.captures.iter().copied())
    }

    /// The part of the path that the trailing `/...` stands for, with its first slash; empty for
    /// routes without one.
    pub fn trailing_wildcard(&self) -> Cow<'p, str> {
        if self.internal {
            return Cow::Borrowed(self.path);
        }
        let Some(part) = self.captures.get(self.route.parameter_headers.len()) else {
            return Cow::Borrowed("");
        };
        match (part.is_empty(), self.path.ends_with('/')) {
            (true, false) => Cow::Borrowed(""),
            (true, true) => Cow::Borrowed("/"),
            (false, slash) => match self.path.strip_suffix(*part) {
                // The usual case: the part is the end of the path, with a slash before it.
                Some(before) if before.ends_with('/') => {
                    Cow::Borrowed(&self.path[before.len() - 1..])
                }
                _ => Cow::Owned(format!("/{part}{}", if slash { "/" } else { "" })),
            },
        }
    }

    /// Sets the headers that Spin gives a component: where the request came from and what of its
    /// path is the component's business.
    ///
    /// `scheme` and `host` are those under which the client reached this host, `path_and_query`
    /// is the request's own.
    pub fn set_spin_headers(
        &self,
        request: &mut HeaderMap,
        scheme: &str,
        host: &str,
        path_and_query: &str,
        client: SocketAddr,
    ) {
        let headers = &self.route.headers;
        // One growth instead of several.
        request.reserve(SPIN_HEADERS.len() + self.captures.len());
        let mut text = |name: HeaderName, value: Bytes| {
            // What was parsed as a URI has no byte that a header cannot hold, DEL excepted.
            if let Ok(value) = HeaderValue::from_maybe_shared(value) {
                request.insert(name, value);
            }
        };
        let bytes = |value: &str| Bytes::copy_from_slice(value.as_bytes());
        text(PATH_INFO, bytes(&self.trailing_wildcard()));
        let full_url = [scheme, "://", host, path_and_query].concat();
        text(FULL_URL, full_url.into());
        text(CLIENT_ADDR, client.to_string().into());
        let names = &self.route.parameter_headers;
        // Of parameters that share a name the last one counts.
        for (name, value) in names.iter().zip(&self.captures) {
            text(name.clone(), bytes(value));
        }
        request.insert(MATCHED_ROUTE, headers.matched.clone());
        request.insert(BASE_PATH, HeaderValue::from_static("/"));
        request.insert(RAW_COMPONENT_ROUTE, headers.raw.clone());
        request.insert(COMPONENT_ROUTE, headers.component.clone());
    }
}
