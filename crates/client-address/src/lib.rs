//! The address of the client that sent a request, behind proxies.
//!
//! A reverse proxy opens its own connection, so that the peer of the connection is the proxy, and names
//! the client in `X-Forwarded-For`. Anybody can send that header. It counts only where the peer is a proxy
//! that the operator trusts, and only as far as trusted proxies wrote it: each one appends the peer that it
//! saw, so the entries are read from the right, and the first one that is not a trusted proxy is the client.
//!
//! The host and the functions read the same setting with this crate, so that they cannot disagree.
//!
//! ```
//! use jenny_client_address::TrustedProxies;
//!
//! let trusted: TrustedProxies = "10.0.0.0/8, 192.0.2.7".parse()?;
//! let mut headers = http::HeaderMap::new();
//! headers.insert("x-forwarded-for", "203.0.113.9, 10.1.2.3".parse()?);
//!
//! let client = trusted.client_address("10.0.0.1".parse()?, &headers);
//! assert_eq!(client.to_string(), "203.0.113.9");
//!
//! // Not a trusted peer: what it says does not count.
//! let client = trusted.client_address("198.51.100.4".parse()?, &headers);
//! assert_eq!(client.to_string(), "198.51.100.4");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

/// The header that proxies append to: one address for each hop.
pub const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies whose `X-Forwarded-For` counts. None by default.
///
/// Parsed from a comma-separated list of addresses and networks in CIDR notation, such as
/// `10.0.0.0/8, 2001:db8::/32, 192.0.2.7`. An empty text trusts no proxy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

/// An entry of a list of trusted proxies that is neither an address nor a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither an IP address nor a network such as 10.0.0.0/8")]
pub struct InvalidProxy(String);

impl FromStr for TrustedProxies {
    type Err = InvalidProxy;

    fn from_str(list: &str) -> Result<Self, InvalidProxy> {
        list.split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
            .map(|entry| network(entry).ok_or_else(|| InvalidProxy(entry.to_owned())))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl TrustedProxies {
    /// Whether `address` is one of these proxies.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The address of the client that sent a request with `headers` over a connection from `peer`.
    ///
    /// An entry of `X-Forwarded-For` that is not an address (`unknown`, or what an attacker made up) ends
    /// the walk: the last trusted proxy before it is the answer. Entries may carry a port. IPv4-mapped IPv6
    /// addresses count as the IPv4 addresses that they are.
    #[must_use]
    pub fn client_address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let lines: Vec<_> = headers.get_all(&X_FORWARDED_FOR).iter().collect();
        let entries = lines
            .iter()
            .rev()
            .flat_map(|line| line.as_bytes().rsplit(|&byte| byte == b','));
        for entry in entries {
            if !self.contains(client) {
                break;
            }
            match address(entry) {
                Some(previous) => client = previous,
                None => break,
            }
        }
        client
    }
}

fn network(entry: &str) -> Option<IpNet> {
    match entry.parse::<IpAddr>() {
        Ok(address) => Some(IpNet::from(address.to_canonical())),
        Err(_) => entry.parse().ok(),
    }
}

/// An entry of `X-Forwarded-For`: an address, with or without a port.
fn address(entry: &[u8]) -> Option<IpAddr> {
    let entry = std::str::from_utf8(entry).ok()?.trim();
    let bare = entry
        .strip_prefix('[')
        .and_then(|entry| entry.strip_suffix(']'))
        .unwrap_or(entry);
    bare.parse::<IpAddr>()
        .or_else(|_| entry.parse::<SocketAddr>().map(|socket| socket.ip()))
        .ok()
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &str, peer: &str, lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(X_FORWARDED_FOR, line.parse().unwrap());
        }
        let trusted: TrustedProxies = trusted.parse().unwrap();
        trusted
            .client_address(peer.parse().unwrap(), &headers)
            .to_string()
    }

    #[test]
    fn without_trusted_proxies_the_peer_is_the_client() {
        assert_eq!(client("", "192.0.2.1", &["203.0.113.9"]), "192.0.2.1");
        assert_eq!(client("10.0.0.0/8", "192.0.2.1", &["1.1.1.1"]), "192.0.2.1");
    }

    #[test]
    fn the_rightmost_entry_that_no_trusted_proxy_is_counts() {
        let trusted = "10.0.0.0/8";
        assert_eq!(client(trusted, "10.0.0.1", &["203.0.113.9"]), "203.0.113.9");
        // What the client made up stands further left.
        let forged = ["6.6.6.6, 203.0.113.9, 10.0.0.2"];
        assert_eq!(client(trusted, "10.0.0.1", &forged), "203.0.113.9");
        let lines = ["6.6.6.6", "203.0.113.9", "10.0.0.2 , 10.0.0.3"];
        assert_eq!(client(trusted, "10.0.0.1", &lines), "203.0.113.9");
    }

    #[test]
    fn all_entries_trusted_leaves_the_leftmost() {
        let lines = ["10.0.0.3, 10.0.0.2"];
        assert_eq!(client("10.0.0.0/8", "10.0.0.1", &lines), "10.0.0.3");
        assert_eq!(client("10.0.0.0/8", "10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn an_entry_that_is_no_address_ends_the_walk() {
        for entry in ["unknown", "", "203.0.113.9, ", "_hidden", "1.2.3", "é"] {
            assert_eq!(
                client("10.0.0.1", "10.0.0.1", &[entry]),
                "10.0.0.1",
                "{entry}"
            );
        }
    }

    #[test]
    fn ports_brackets_and_mapped_addresses_are_read() {
        for (entry, expected) in [
            ("203.0.113.9:4711", "203.0.113.9"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
        ] {
            assert_eq!(client("10.0.0.1", "::ffff:10.0.0.1", &[entry]), expected);
        }
    }

    #[test]
    fn a_list_names_what_it_cannot_read() {
        let error = "10.0.0.1, proxy.local"
            .parse::<TrustedProxies>()
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"proxy.local\" is neither an IP address nor a network such as 10.0.0.0/8"
        );
        assert!("10.0.0.1/33".parse::<TrustedProxies>().is_err());
        assert!("*".parse::<TrustedProxies>().is_err());
    }
}
