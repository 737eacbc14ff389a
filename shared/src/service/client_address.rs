//! Where a request comes from.

use std::net::{IpAddr, SocketAddr};

use axum::extract::FromRequestParts;
use http::{HeaderMap, HeaderName, HeaderValue, request::Parts};
use jenny_client_address::TrustedProxies;

use crate::openapi::{Describe, Description};
use crate::problem::Problem;

/// The peer of the connection, as the host says it. Clients can send the header as well.
const SPIN_CLIENT_ADDR: HeaderName = HeaderName::from_static("spin-client-addr");

/// The address of the client that sent a request: of the peer of the connection, or, where that is one of
/// the `trusted_proxies`, of the client that they name in `X-Forwarded-For`. An extractor, and in the
/// request's extensions.
///
/// ```
/// use shared::service::ClientAddress;
///
/// async fn show(client: ClientAddress) -> String {
///     client.ip().to_string()
/// }
/// ```
///
/// # Rejections
///
/// 500 where the host does not say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// The client's address, `None` where the host does not say it.
    ///
    /// Of several lines the last one counts: Spin appends its own after those that the client sent.
    pub(super) fn of(headers: &HeaderMap, trusted: &TrustedProxies) -> Option<Self> {
        let line: &HeaderValue = headers.get_all(SPIN_CLIENT_ADDR).iter().next_back()?;
        let peer: SocketAddr = line.to_str().ok()?.trim().parse().ok()?;
        Some(Self(trusted.client_address(peer.ip(), headers)))
    }

    /// The address. One of IPv4 is never in the form that IPv6 has for it.
    #[must_use]
    pub const fn ip(self) -> IpAddr {
        self.0
    }
}

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let address = parts.extensions.get::<Self>().copied();
        address.ok_or_else(|| Problem::internal("the host does not say the client's address"))
    }
}

impl Describe for ClientAddress {
    fn describe(_: &mut Description) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &str, peers: &[&str], forwarded: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for peer in peers {
            headers.append(SPIN_CLIENT_ADDR, peer.parse().expect("a value"));
        }
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().expect("a value"));
        }
        let trusted = trusted.parse().expect("a list of proxies");
        ClientAddress::of(&headers, &trusted).map(|client| client.ip().to_string())
    }

    #[test]
    fn what_the_host_says_last_counts() {
        for (peers, expected) in [
            (&["192.0.2.1:4711"][..], Some("192.0.2.1")),
            (&["6.6.6.6:6", "[2001:db8::1]:4711"], Some("2001:db8::1")),
            (
                &["6.6.6.6:6, 7.7.7.7:7", "[::ffff:192.0.2.1]:80"],
                Some("192.0.2.1"),
            ),
            // What is not an address is not made up for by what a client sent.
            (&["6.6.6.6:6", "unknown"], None),
            (&["192.0.2.1"], None),
            (&[], None),
        ] {
            assert_eq!(client("", peers, &[]).as_deref(), expected, "{peers:?}");
        }
    }

    #[test]
    fn a_trusted_proxy_names_its_client_and_no_other_does() {
        let forwarded = ["6.6.6.6, 203.0.113.9"];
        let behind = client("10.0.0.0/8", &["10.0.0.1:80"], &forwarded);
        assert_eq!(behind.as_deref(), Some("203.0.113.9"));
        let alone = client("10.0.0.0/8", &["192.0.2.1:80"], &forwarded);
        assert_eq!(alone.as_deref(), Some("192.0.2.1"));
    }
}
