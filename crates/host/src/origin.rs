//! Where requests come from.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use http::uri::Scheme;

/// The peer address that Spin gives requests between components.
pub(crate) const CHAINED_PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// Where a request came from.
#[derive(Debug, Clone)]
pub struct Origin {
    /// `http` or `https`.
    pub scheme: Scheme,
    /// The client.
    pub peer: SocketAddr,
    /// The address that it connected to.
    pub local: SocketAddr,
}
