//! What the host does to a request before a component sees it, and says when it gets no answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::uri::{Authority, Parts, PathAndQuery, Uri};
use http::{HeaderValue, Method, Request, Response, header};
use wasmtime::PoolConcurrencyLimitError;
use wasmtime_wasi_http::handler::{ExpirationError, InstantiationError, TrapOrPanicError};

use crate::Body;
use crate::authority;
use crate::exchange::Exchange;
use crate::instance::{Component, NoPlace};
use crate::observer::{Failure, FailureKind, RequestTag};
use crate::origin::Origin;
use crate::problem;
use jenny_manifest::route::RouteMatch;

/// Gives the request the scheme it came by and the [authority](authority::of) it was meant for.
///
/// # Errors
///
/// A sentence for the client, where it is not clear whom the request is for.
pub(crate) fn make_absolute(
    request: &mut Request<Body>,
    origin: &Origin,
) -> Result<(), &'static str> {
    let authority = authority::of(request, &origin.scheme, origin.local)?;
    // A component never sees another one than the one that counts.
    if request.headers().contains_key(header::HOST)
        && let Ok(host) = HeaderValue::from_str(authority.as_str())
    {
        request.headers_mut().insert(header::HOST, host);
    }
    let mut parts = Parts::default();
    parts.scheme = Some(origin.scheme.clone());
    parts.authority = Some(authority);
    // `CONNECT` addresses no resource of the application.
    let path = rooted(request.uri());
    if !path.as_str().starts_with('/') || request.method() == Method::CONNECT {
        return Err("The request has no path.");
    }
    parts.path_and_query = Some(path);
    *request.uri_mut() = Uri::from_parts(parts).map_err(|_| "The request's URI is invalid.")?;
    Ok(())
}

/// Path and query; the path is `/` where the URI has none (RFC 9112, section 3.2.1).
pub(crate) fn rooted(uri: &Uri) -> PathAndQuery {
    const ROOT: PathAndQuery = PathAndQuery::from_static("/");
    match uri.path_and_query() {
        // Which is also what a path of no bytes calls itself, and not what it is sent as.
        None => ROOT,
        Some(path) if path.as_str() == "/" => ROOT,
        Some(path) if path.as_str().starts_with('?') => {
            format!("/{}", path.as_str()).try_into().unwrap_or(ROOT)
        }
        Some(path) => path.clone(),
    }
}

/// Adds the headers by which Spin tells a component about its request and route.
pub(crate) fn add_spin_headers(
    request: &mut Request<Body>,
    route: &RouteMatch<'_, '_>,
    peer: SocketAddr,
) {
    let mut headers = std::mem::take(request.headers_mut());
    let uri = request.uri();
    route.set_spin_headers(
        &mut headers,
        uri.scheme_str().unwrap_or("http"),
        uri.authority().map_or("localhost", Authority::as_str),
        uri.path_and_query().map_or("/", PathAndQuery::as_str),
        peer,
    );
    *request.headers_mut() = headers;
}

/// The answer to a request whose instance gave none.
pub(crate) fn failed(
    component: &Component,
    request: Option<RequestTag>,
    error: &wasmtime::Error,
) -> Response<Body> {
    // A trap: whoever ended the instance has logged it.
    if error.is::<TrapOrPanicError>() {
        tell(component, request, || {
            Failure::new(FailureKind::InstanceFailed, "its instance failed")
        });
        return problem::component_failed();
    }
    if error.is::<ExpirationError>() {
        return gave_up(component, request, component.limits.request_timeout);
    }
    let id = &component.id;
    if let Some(failure) = error.downcast_ref::<InstantiationError<Arc<Exchange>>>() {
        let cause = &failure.error;
        if cause.is::<NoPlace>() || cause.is::<PoolConcurrencyLimitError>() {
            return problem::saturated();
        }
        tracing::error!(component = %id, "component `{id}` could not be started: {cause:?}");
        component
            .logs
            .note(&format!("component `{id}` could not be started: {cause:?}"));
        tell(component, request, || {
            Failure::of(FailureKind::NotStarted, cause)
        });
        return problem::component_failed();
    }
    tracing::error!(component = %id, "component `{id}` gave no response: {error:?}");
    component
        .logs
        .note(&format!("component `{id}` gave no response: {error:?}"));
    tell(component, request, || {
        Failure::of(FailureKind::NoResponse, error)
    });
    problem::component_failed()
}

/// The answer to a request that took too long.
pub(crate) fn gave_up(
    component: &Component,
    request: Option<RequestTag>,
    limit: Duration,
) -> Response<Body> {
    let id = &component.id;
    tracing::error!(component = %id, "component `{id}` gave no response within {limit:?}");
    component.logs.note(&format!(
        "component `{id}` gave no response within {limit:?}"
    ));
    tell(component, request, || {
        let sentence = format!("no response within {limit:?}");
        Failure::new(FailureKind::TimedOut, sentence)
    });
    problem::timed_out()
}

/// Tells the observer, if there is one, of a failure that is made only then.
fn tell(component: &Component, request: Option<RequestTag>, failure: impl FnOnce() -> Failure) {
    component.observed.tell(|observer| {
        observer.request_failed(&component.id, request, &failure());
    });
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use http::uri::Scheme;

    use super::*;

    fn absolute(uri: &str, host: &str) -> Result<Request<Body>, &'static str> {
        let mut request = Request::get(uri)
            .header("host", host)
            .body(problem::empty())
            .unwrap();
        let origin = Origin {
            scheme: Scheme::HTTPS,
            peer: SocketAddr::from((Ipv4Addr::LOCALHOST, 4321)),
            local: SocketAddr::from((Ipv4Addr::LOCALHOST, 3000)),
        };
        make_absolute(&mut request, &origin)?;
        Ok(request)
    }

    #[test]
    fn the_uri_becomes_absolute() {
        let request = absolute("/a?b", "example.com:81").unwrap();
        assert_eq!(request.uri(), "https://example.com:81/a?b");

        assert_eq!(absolute("https://x?b", "x").unwrap().uri(), "https://x/?b");
        assert_eq!(absolute("https://x", "x").unwrap().uri(), "https://x/");

        // A component sees the authority that counts, in the URI as in the header.
        let request = absolute("http://x/a", "account.spin.internal").unwrap();
        assert_eq!(request.uri(), "https://x/a");
        assert_eq!(request.headers()["host"], "x");
    }

    #[test]
    fn what_is_no_resource_is_refused() {
        assert!(absolute("*", "x").is_err());
        assert!(absolute("/a", "x.spin.internal").is_err());
    }
}
