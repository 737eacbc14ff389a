//! Addresses that nothing may connect to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// Networks that outbound connections must not reach, whatever a manifest allows. The check is on
/// the address that a name led to, so that a name cannot lead around it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockedNetworks {
    pub(super) networks: Vec<IpNet>,
    /// Everything that is not reachable over the Internet.
    pub(super) private: bool,
}

impl BlockedNetworks {
    /// Whether nothing is blocked.
    pub fn is_empty(&self) -> bool {
        self.networks.is_empty() && !self.private
    }

    /// Whether an address is blocked. An IPv6 address that stands for an IPv4 address is looked
    /// up as both.
    ///
    /// ```
    /// use jenny_manifest::runtime_config::RuntimeConfig;
    ///
    /// let text = "[outbound_networking]\nblock_networks = ['private', '1.1.1.0/24']";
    /// let config = RuntimeConfig::parse(text, "runtime-config.toml".as_ref())?;
    /// assert!(config.blocked_networks.blocks("127.0.0.1".parse().unwrap()));
    /// assert!(config.blocked_networks.blocks("::ffff:1.1.1.1".parse().unwrap()));
    /// assert!(!config.blocked_networks.blocks("8.8.8.8".parse().unwrap()));
    /// # Ok::<(), jenny_manifest::runtime_config::RuntimeConfigError>(())
    /// ```
    pub fn blocks(&self, address: IpAddr) -> bool {
        let listed = |address: IpAddr| {
            self.networks
                .iter()
                .any(|network| network.contains(&address))
        };
        if listed(address) || (self.private && !is_global(address)) {
            return true;
        }
        match address {
            IpAddr::V6(v6) => embedded(v6).is_some_and(|v4| self.blocks(IpAddr::V4(v4))),
            IpAddr::V4(_) => false,
        }
    }
}

/// The IPv4 address that an IPv6 address leads to: a gateway for NAT64 (RFC 6052, the well-known
/// prefix) or 6to4 (RFC 3056) would send there what is sent to it.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)))
        }
        _ => address.to_ipv4(),
    }
}

/// Whether an address is reachable over the Internet, by the registries of special-purpose
/// addresses: <https://www.iana.org/assignments/iana-ipv4-special-registry> and
/// <https://www.iana.org/assignments/iana-ipv6-special-registry>.
fn is_global(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_global_v4(address),
        IpAddr::V6(address) => is_global_v6(address),
    }
}

fn is_global_v4(address: Ipv4Addr) -> bool {
    let octets = address.octets();
    let special = octets[0] == 0
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_multicast()
        || address.is_documentation()
        // Shared by carriers (RFC 6598), protocol assignments, benchmarks (RFC 2544), reserved.
        || (octets[0] == 100 && octets[1] & 0b1100_0000 == 64)
        || octets[..3] == [192, 0, 0]
        || (octets[0] == 198 && octets[1] & 0b1111_1110 == 18)
        || octets[0] >= 240;
    !special
}

fn is_global_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let special = address.is_unspecified()
        || address.is_loopback()
        || address.is_multicast()
        || address.is_unique_local()
        || address.is_unicast_link_local()
        // IPv4-mapped, local NAT64 (RFC 8215), discard (RFC 6666), protocol assignments,
        // documentation, 6to4.
        || address.to_ipv4_mapped().is_some()
        || segments[..3] == [0x64, 0xff9b, 1]
        || segments[..4] == [0x100, 0, 0, 0]
        || (segments[0] == 0x2001 && segments[1] < 0x200)
        || segments[..2] == [0x2001, 0xdb8]
        || segments[0] == 0x2002;
    !special
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(networks: &[&str], private: bool, address: &str) -> bool {
        let networks = networks
            .iter()
            .map(|network| network.parse().unwrap())
            .collect();
        BlockedNetworks { networks, private }.blocks(address.parse().unwrap())
    }

    #[test]
    fn private_means_not_on_the_internet() {
        for address in [
            "0.0.0.0",
            "10.10.10.10",
            "100.64.1.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "192.0.0.1",
            "192.168.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.10.10.10",
            "::127.0.0.1",
            "64:ff9b::10.10.10.10",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::1",
            "fc00::f00d",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
        ] {
            assert!(blocks(&[], true, address), "{address}");
            assert!(!blocks(&[], false, address), "{address}");
        }
        for address in [
            "123.123.123.123",
            "100.128.0.1",
            "172.32.0.1",
            "64:ff9b::123.123.123.123",
            "2600::beef",
            "2a00::1",
        ] {
            assert!(!blocks(&[], true, address), "{address}");
        }
    }

    #[test]
    fn listed_networks() {
        let listed = ["123.123.0.0/16", "2001::/96"];
        for address in [
            "123.123.1.1",
            "2001::1000",
            "::ffff:123.123.123.123",
            "::123.123.1.1",
            "64:ff9b::123.123.1.1",
            "2002:7b7b:101::",
            "2002:7b7b:101:1::1",
        ] {
            assert!(blocks(&listed, false, address), "{address}");
        }
        for address in [
            "123.100.100.100",
            "2002::1000",
            "64:ff9b::123.100.1.1",
            // Not in the well-known prefix, and not where 6to4 has the address.
            "64:ff9b:0:1::123.123.1.1",
            "2002::123.123.1.1",
        ] {
            assert!(!blocks(&listed, false, address), "{address}");
        }
    }
}
