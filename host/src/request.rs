//! What the host does to a request before a component sees it, and says when it gets no answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::uri::{Authority, Parts, PathAndQuery, Scheme, Uri};
use http::{HeaderMap, Request, Response, header};
use wasmtime::PoolConcurrencyLimitError;
use wasmtime_wasi_http::handler::{ExpirationError, InstantiationError, TrapOrPanicError};

use crate::Body;
use crate::allowed_hosts::service_chaining_target;
use crate::caller::RequestTag;
use crate::exchange::Exchange;
use crate::instance::{Component, NoPlace};
use crate::observer::{Failure, FailureKind};
use crate::problem;
use crate::route::{RouteMatch, strip_spin_headers};

/// Removes what only the host may say: `spin-*` headers, and the host names that mean a component.
pub(crate) fn strip(headers: &mut HeaderMap) {
    strip_spin_headers(headers);
    let is_internal = headers.get(header::HOST).is_some_and(|host| {
        let host = host
            .to_str()
            .unwrap_or_default()
            .split(':')
            .next()
            .unwrap_or_default();
        service_chaining_target(host).is_some()
    });
    if is_internal {
        headers.remove(header::HOST);
    }
}

/// Gives the request the scheme it came by and the authority it was meant for, from `Host` or
/// `:authority`.
pub(crate) fn make_absolute(
    request: &mut Request<Body>,
    scheme: &Scheme,
) -> Result<(), &'static str> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let host = hosts.next().map(parse_authority).transpose()?;
    if hosts.next().is_some() {
        return Err("There is more than one Host header.");
    }
    let authority = match (host, request.uri().authority()) {
        (None, None) => return Err("The Host header is missing."),
        (Some(host), Some(authority)) if host != *authority => {
            return Err("The Host header differs from the request's authority.");
        }
        (Some(authority), _) => authority,
        (None, Some(authority)) => authority.clone(),
    };
    let mut parts = Parts::default();
    parts.scheme = Some(scheme.clone());
    parts.authority = Some(authority);
    parts.path_and_query = Some(
        request
            .uri()
            .path_and_query()
            // `OPTIONS *` and `CONNECT` address no resource of the application.
            .filter(|path| path.as_str().starts_with('/'))
            .cloned()
            .ok_or("The request has no path.")?,
    );
    *request.uri_mut() = Uri::from_parts(parts).map_err(|_| "The request's URI is invalid.")?;
    Ok(())
}

fn parse_authority(value: &http::HeaderValue) -> Result<Authority, &'static str> {
    let authority = Authority::try_from(value.as_bytes())
        .map_err(|_| "The Host header is not a host name with an optional port.")?;
    if authority.as_str().contains('@') || authority.host().is_empty() {
        return Err("The Host header is not a host name with an optional port.");
    }
    Ok(authority)
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
    use super::*;

    fn request(uri: &str, hosts: &[&str]) -> Request<Body> {
        let mut builder = Request::get(uri);
        for host in hosts {
            builder = builder.header("host", *host);
        }
        builder.body(problem::empty()).unwrap()
    }

    fn absolute(uri: &str, hosts: &[&str]) -> Result<String, &'static str> {
        let mut request = request(uri, hosts);
        strip(request.headers_mut());
        make_absolute(&mut request, &Scheme::HTTP)?;
        Ok(request.uri().to_string())
    }

    #[test]
    fn the_uri_becomes_absolute() {
        assert_eq!(
            absolute("/a?b", &["example.com:81"]).unwrap(),
            "http://example.com:81/a?b"
        );
        assert_eq!(absolute("https://x/a", &[]).unwrap(), "http://x/a");
        assert_eq!(absolute("http://x/a", &["x"]).unwrap(), "http://x/a");
    }

    #[test]
    fn an_unclear_host_is_refused() {
        assert!(absolute("/a", &[]).is_err());
        assert!(absolute("/a", &["a b"]).is_err());
        assert!(absolute("/a", &["user@example.com"]).is_err());
        assert!(absolute("/a", &["a", "a"]).is_err());
        assert!(absolute("http://x/a", &["y"]).is_err());
        assert!(absolute("*", &["x"]).is_err());
    }

    #[test]
    fn nobody_outside_can_speak_for_the_host() {
        assert!(absolute("/a", &["account.spin.internal"]).is_err());
        assert!(absolute("/a", &["Account.Spin.Internal:80"]).is_err());

        let mut headers = HeaderMap::new();
        headers.insert("spin-client-addr", "1.2.3.4:5".parse().unwrap());
        headers.append("spin-path-info", "/x".parse().unwrap());
        headers.insert("accept", "*/*".parse().unwrap());
        strip(&mut headers);
        assert_eq!(headers.len(), 1);
    }
}
