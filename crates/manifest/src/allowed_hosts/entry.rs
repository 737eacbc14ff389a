//! One entry of `allowed_outbound_hosts`.

use std::net::{IpAddr, Ipv6Addr};
use std::ops::Range;

use ipnet::IpNet;
use url::Host;

/// Meant everything in Spin 1.
pub(super) const ALLOW_ALL: &str = "insecure:allow-all";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    scheme: Scheme,
    host: HostRule,
    port: PortRule,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Scheme {
    Any,
    Named(Box<str>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum HostRule {
    Any,
    /// Every name that ends with this, which starts with a dot.
    Below(Box<str>),
    Itself,
    Exactly(Host),
    Network(IpNet),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum PortRule {
    Any,
    One(u16),
    /// Without its end, as in Rust and in Spin.
    Range(Range<u16>),
}

/// The port that a URL of the scheme means when it names none. The schemes are Spin's.
fn usual_port(scheme: &str) -> Option<u16> {
    match scheme {
        "postgres" => Some(5432),
        "mysql" => Some(3306),
        "redis" => Some(6379),
        "mqtt" => Some(1883),
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

/// A host in the form that hosts are compared in: names in lower case, addresses as addresses.
pub(super) fn parse_host(host: &str) -> Option<Host> {
    if let Ok(address) = host.parse::<Ipv6Addr>() {
        return Some(Host::Ipv6(address));
    }
    Host::parse(host).ok()
}

impl Entry {
    /// The error continues the name of the entry and does not repeat any of it.
    pub(super) fn parse(entry: &str) -> Result<Self, String> {
        if entry == ALLOW_ALL {
            return Err("is gone; write \"*://*:*\" to allow everything".into());
        }
        let Some((scheme, rest)) = entry.split_once("://") else {
            return Err(
                "has no scheme; write scheme://host[:port], or \"*://*:*\" to allow everything"
                    .into(),
            );
        };
        if rest.contains('@') {
            return Err("has a user name in it; write scheme://host[:port] only".into());
        }
        let scheme = Self::scheme(scheme)?;
        let (host, port) = split_port(rest)?;
        let port = Self::port(port, &scheme)?;
        let host = Self::host(host)?;
        Ok(Self { scheme, host, port })
    }

    fn scheme(scheme: &str) -> Result<Scheme, String> {
        if scheme == "*" {
            Ok(Scheme::Any)
        } else if scheme.is_empty() || !scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            Err("has a scheme that is not made of letters; write http, https, redis, … or *".into())
        } else {
            Ok(Scheme::Named(scheme.to_ascii_lowercase().into()))
        }
    }

    fn host(host: &str) -> Result<HostRule, String> {
        match host {
            "" => return Err("has no host; write scheme://host[:port]".into()),
            "*" => return Ok(HostRule::Any),
            "self" | "self.alt" => return Ok(HostRule::Itself),
            _ => {}
        }
        if let Ok(network) = host.parse::<IpNet>() {
            return Ok(HostRule::Network(network.trunc()));
        }
        if host.contains('/') {
            return Err("has a path; write scheme://host[:port] only".into());
        }
        if host.starts_with('{') {
            return Err("has a list, which is not supported; write an entry for each host".into());
        }
        if let Some(domain) = host.strip_prefix("*.") {
            return match Host::parse(domain) {
                Ok(Host::Domain(domain)) if !domain.contains('*') => {
                    Ok(HostRule::Below(format!(".{domain}").into()))
                }
                _ => Err("has a wildcard before what is not a domain; write *.example.com".into()),
            };
        }
        if host.contains('*') {
            return Err("has a wildcard inside a name; write * or *.example.com".into());
        }
        parse_host(host)
            .map(HostRule::Exactly)
            .ok_or_else(|| "has a host that is neither a name nor an address; correct it".into())
    }

    fn port(port: &str, scheme: &Scheme) -> Result<PortRule, String> {
        let bad =
            || "has a port that is not a number, a range such as 8000..9000, or *; correct it";
        match (port, scheme) {
            ("*", _) => Ok(PortRule::Any),
            ("", Scheme::Any) => {
                Err("has no port, and * has no usual one; add a port or :*".into())
            }
            ("", Scheme::Named(scheme)) => usual_port(scheme).map(PortRule::One).ok_or_else(|| {
                "has no port, and its scheme has no usual one; add a port or :*".into()
            }),
            _ => match port.split_once("..") {
                Some((start, end)) => match (start.parse::<u16>(), end.parse::<u16>()) {
                    (Ok(start), Ok(end)) if start < end => Ok(PortRule::Range(start..end)),
                    (Ok(_), Ok(_)) => {
                        Err("has an empty range of ports; write the smaller port first".into())
                    }
                    _ => Err(bad().into()),
                },
                None => port.parse().map(PortRule::One).map_err(|_| bad().into()),
            },
        }
    }

    fn allows_scheme(&self, scheme: &str) -> bool {
        match &self.scheme {
            Scheme::Any => true,
            Scheme::Named(name) => name.eq_ignore_ascii_case(scheme),
        }
    }

    pub(super) fn allows(&self, scheme: &str, host: &Host, port: Option<u16>) -> bool {
        let host_fits = match (&self.host, host) {
            (HostRule::Any, _) => true,
            (HostRule::Below(suffix), Host::Domain(name)) => name.ends_with(&**suffix),
            (HostRule::Exactly(exactly), host) => exactly == host,
            (HostRule::Network(network), Host::Ipv4(ip)) => network.contains(&IpAddr::V4(*ip)),
            (HostRule::Network(network), Host::Ipv6(ip)) => network.contains(&IpAddr::V6(*ip)),
            (HostRule::Itself | HostRule::Below(_) | HostRule::Network(_), _) => false,
        };
        host_fits
            && self.allows_scheme(scheme)
            && match (&self.port, port.or_else(|| usual_port(scheme))) {
                (PortRule::Any, _) => true,
                (PortRule::One(one), Some(port)) => *one == port,
                (PortRule::Range(range), Some(port)) => range.contains(&port),
                (_, None) => false,
            }
    }

    pub(super) fn allows_self(&self, scheme: &str) -> bool {
        matches!(self.host, HostRule::Any | HostRule::Itself) && self.allows_scheme(scheme)
    }
}

/// Splits `host[:port][/]`. An IPv6 address stands in brackets, a network of them does not.
fn split_port(rest: &str) -> Result<(&str, &str), String> {
    let (host, port) = match rest.find(']') {
        Some(end) if rest.starts_with('[') => match rest[end + 1..].strip_prefix(':') {
            Some(port) => (&rest[..=end], port),
            None => (rest, ""),
        },
        _ => rest.rsplit_once(':').unwrap_or((rest, "")),
    };
    let has_path = || "has a path; write scheme://host[:port] only".to_owned();
    let (port, path) = port.split_once('/').unwrap_or((port, ""));
    if !path.is_empty() {
        return Err(has_path());
    }
    let host = if host.len() == rest.len() {
        host.strip_suffix('/').unwrap_or(host)
    } else {
        host
    };
    Ok((host, port))
}
