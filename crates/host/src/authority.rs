//! Which authority a request is meant for, and which ones nobody outside may name.

use std::net::SocketAddr;

use http::uri::{Authority, Scheme};
use http::{HeaderMap, Request, Version, header};

use jenny_manifest::allowed_hosts::SERVICE_CHAINING_DOMAIN;

const INVALID_HOST: &str = "The Host header is not a host name with an optional port.";
const INVALID_TARGET: &str = "The request's authority is not a host name with an optional port.";

/// The authority that counts: `:authority` over HTTP/2, the target's where an HTTP/1 request has the
/// absolute form, and otherwise that of `Host`. A client of HTTP/1.0, which has no `Host`, means the
/// address that it connected to, `local`.
///
/// # Errors
///
/// A sentence for the client, where the request is malformed, contradicts itself, or names a host by
/// which only components of the application reach each other.
pub(crate) fn of<B>(
    request: &Request<B>,
    scheme: &Scheme,
    local: SocketAddr,
) -> Result<Authority, &'static str> {
    let target = match request.uri().authority() {
        Some(target) if !is_plain(target) => return Err(INVALID_TARGET),
        target => target,
    };
    let authority = match (request.version(), target, host(request.headers())?) {
        (_, None, Some(host)) => host,
        (Version::HTTP_09 | Version::HTTP_10, None, None) => {
            let local = Authority::try_from(local.to_string());
            local.expect("an address with its port is an authority")
        }
        // RFC 9112, section 3.2, wants it beside the absolute form too.
        (Version::HTTP_11, _, None) | (_, None, None) => return Err("The Host header is missing."),
        // RFC 9112, section 3.2.2: `Host` is ignored.
        (Version::HTTP_09 | Version::HTTP_10 | Version::HTTP_11, Some(target), _) => target.clone(),
        // RFC 9113, section 8.3.1.
        (_, Some(target), Some(host)) if !is_same(target, &host, scheme) => {
            return Err("The Host header differs from the request's authority.");
        }
        (_, Some(target), _) => target.clone(),
    };
    if is_internal(authority.host()) {
        return Err("The request's host is one by which only components reach each other.");
    }
    Ok(authority)
}

/// The one `Host` header, if there is one.
fn host(headers: &HeaderMap) -> Result<Option<Authority>, &'static str> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next();
    if hosts.next().is_some() {
        return Err("There is more than one Host header.");
    }
    host.map(|host| {
        Authority::try_from(host.as_bytes())
            .ok()
            .filter(is_plain)
            .ok_or(INVALID_HOST)
    })
    .transpose()
}

/// Whether it has a host, and no user information (RFC 9110, section 4.2.4).
fn is_plain(authority: &Authority) -> bool {
    !authority.as_str().contains('@') && !authority.host().is_empty()
}

/// Whether both are the same after normalisation (RFC 3986, section 6.2.3).
fn is_same(one: &Authority, other: &Authority, scheme: &Scheme) -> bool {
    let default = if *scheme == Scheme::HTTPS { 443 } else { 80 };
    one.host().eq_ignore_ascii_case(other.host())
        && one.port_u16().unwrap_or(default) == other.port_u16().unwrap_or(default)
}

/// Whether it is [`SERVICE_CHAINING_DOMAIN`] or a name below it. A dot at the end only says that the
/// name is whole.
fn is_internal(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    let Some(start) = host.len().checked_sub(SERVICE_CHAINING_DOMAIN.len()) else {
        return false;
    };
    // By bytes, as the host may have characters of several.
    let (before, domain) = host.as_bytes().split_at(start);
    domain.eq_ignore_ascii_case(SERVICE_CHAINING_DOMAIN.as_bytes())
        && before.last().is_none_or(|last| *last == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTTP_10: Version = Version::HTTP_10;
    const HTTP_11: Version = Version::HTTP_11;
    const HTTP_2: Version = Version::HTTP_2;

    fn authority(version: Version, target: &str, hosts: &[&str]) -> Result<String, &'static str> {
        let mut request = Request::get(target).version(version);
        for host in hosts {
            request = request.header("host", *host);
        }
        let local = SocketAddr::from(([127, 0, 0, 1], 3000));
        of(&request.body(()).unwrap(), &Scheme::HTTP, local).map(|found| found.to_string())
    }

    #[test]
    fn the_final_authority_counts() {
        for (version, target, hosts, expected) in [
            (HTTP_11, "/a?b", &["example.com:81"][..], "example.com:81"),
            (HTTP_11, "http://x/a", &["x"], "x"),
            (HTTP_11, "http://x/a", &["y"], "x"),
            (HTTP_11, "http://x:80/a", &["x"], "x:80"),
            (HTTP_10, "/a", &[], "127.0.0.1:3000"),
            (HTTP_10, "/a", &["x"], "x"),
            (HTTP_10, "http://x/a", &[], "x"),
            (HTTP_2, "http://x/a", &[], "x"),
            (HTTP_2, "http://x/a", &["X:80"], "x"),
            (HTTP_2, "/a", &["x"], "x"),
            (HTTP_11, "/", &["[::1]:80"], "[::1]:80"),
        ] {
            let found = authority(version, target, hosts);
            assert_eq!(
                found.as_deref(),
                Ok(expected),
                "{version:?} {target} {hosts:?}"
            );
        }
    }

    #[test]
    fn an_unclear_authority_is_refused() {
        for (version, target, hosts) in [
            (HTTP_11, "/a", &[][..]),
            (HTTP_11, "http://x/a", &[]),
            (HTTP_2, "/a", &[]),
            (HTTP_11, "/a", &["a b"]),
            (HTTP_11, "/a", &[":80"]),
            (HTTP_11, "/a", &["a", "a"]),
            (HTTP_11, "http://x/a", &["a b"]),
            (HTTP_2, "http://x/a", &["y"]),
            (HTTP_2, "http://x/a", &["x:81"]),
            (HTTP_2, "http://x/a", &["x", "x"]),
        ] {
            let found = authority(version, target, hosts);
            assert!(found.is_err(), "{version:?} {target} {hosts:?}: {found:?}");
        }
    }

    #[test]
    fn user_information_is_refused() {
        for version in [HTTP_10, HTTP_11, HTTP_2] {
            for user in ["u", "u:p", "", "account.spin.internal"] {
                for (target, host) in [
                    ("/a".to_owned(), format!("{user}@x")),
                    (format!("http://{user}@x/a"), "x".to_owned()),
                ] {
                    let found = authority(version, &target, &[&host]);
                    assert!(found.is_err(), "{version:?} {target} {host}: {found:?}");
                }
            }
        }
    }

    #[test]
    fn the_names_of_components_are_refused_whatever_way_they_come() {
        for name in [
            "account.spin.internal",
            "Account.SPIN.internal",
            "account.spin.internal.",
            "account.spin.internal:80",
            "account.spin.internal.:80",
            "a.b.spin.internal",
            "spin.internal",
            ".spin.internal",
        ] {
            for version in [HTTP_10, HTTP_11, HTTP_2] {
                for (target, host) in [
                    ("/a".to_owned(), name),
                    (format!("http://{name}/a"), name),
                    (format!("http://{name}/a"), "example.com"),
                ] {
                    let found = authority(version, &target, &[host]);
                    assert!(found.is_err(), "{version:?} {target} {host}: {found:?}");
                }
            }
        }
        for name in ["spin.internal.example.com", "notspin.internal", "internal"] {
            assert_eq!(authority(HTTP_11, "/", &[name]).as_deref(), Ok(name));
        }
    }
}
