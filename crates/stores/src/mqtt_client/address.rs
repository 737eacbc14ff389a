//! Where a component wants to connect.

use url::Url;

use crate::MAX_ADDRESS_BYTES;

/// The ports of brokers that listen where they usually do.
const USUAL_PORT: u16 = 1883;
const USUAL_TLS_PORT: u16 = 8883;

/// Parameters with numbers that tune Spin's client. They are checked as it checks them, and have no
/// effect on this one.
const TUNING_PARAMETERS: [&str; 7] = [
    "keep_alive_secs",
    "max_incoming_packet_size_bytes",
    "max_outgoing_packet_size_bytes",
    "request_channel_capacity_num",
    "max_request_batch_num",
    "pending_throttle_usecs",
    "inflight_num",
];

/// An address that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// As written: `mqtt`, `mqtts`, `tcp` or `ssl`.
    pub scheme: String,
    /// A name or an address, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    pub(super) is_protected: bool,
    pub(super) client_id: String,
    pub(super) clean_session: bool,
}

impl Address {
    /// Understands a URL `mqtt://host:port?client_id=…`, by the rules of Spin's client: there must be a
    /// `client_id`, and no parameter that it does not know. User and password of the URL are not
    /// used, because those that the component gives replace them.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_ADDRESS_BYTES {
            return None;
        }
        let url = Url::parse(text).ok()?;
        let is_protected = match url.scheme() {
            "mqtt" | "tcp" => false,
            "mqtts" | "ssl" => true,
            _ => return None,
        };
        let host = url.host_str()?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let usual_port = match is_protected {
            true => USUAL_TLS_PORT,
            false => USUAL_PORT,
        };
        let mut client_id = None;
        let mut clean_session = true;
        for (key, value) in url.query_pairs() {
            match &*key {
                "client_id" => client_id = Some(value.into_owned()),
                "clean_session" => clean_session = value.parse().ok()?,
                tuning if TUNING_PARAMETERS.contains(&tuning) => {
                    value.parse::<u64>().ok()?;
                }
                _ => return None,
            }
        }
        let client_id = client_id?;
        Some(Self {
            scheme: url.scheme().to_owned(),
            host: host.to_owned(),
            port: url.port().unwrap_or(usual_port),
            is_protected,
            client_id,
            clean_session,
        })
        .filter(|address| !address.host.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_its_broker_and_the_client() {
        for (text, host, port, is_protected) in [
            (
                "mqtt://broker.example.com?client_id=a",
                "broker.example.com",
                1883,
                false,
            ),
            ("mqtt://user:pass@h:42?client_id=a", "h", 42, false),
            ("tcp://127.0.0.1?client_id=a", "127.0.0.1", 1883, false),
            ("mqtts://h?client_id=a", "h", 8883, true),
            (
                "ssl://[::1]:1/?client_id=a&keep_alive_secs=5",
                "::1",
                1,
                true,
            ),
        ] {
            let address = Address::parse(text).unwrap_or_else(|| panic!("{text}"));
            let found = (&*address.host, address.port, address.is_protected);
            assert_eq!(found, (host, port, is_protected), "{text}");
            assert_eq!((&*address.client_id, address.clean_session), ("a", true));
        }
        let address = Address::parse("mqtt://h?clean_session=false&client_id=a%20b").unwrap();
        assert_eq!((&*address.client_id, address.clean_session), ("a b", false));
    }

    #[test]
    fn what_spins_client_refuses_is_refused() {
        let long = format!("mqtt://h?client_id={}", "a".repeat(MAX_ADDRESS_BYTES));
        for text in [
            "mqtt://h",
            "mqtt://?client_id=a",
            "mqtt:h?client_id=a",
            "ws://h?client_id=a",
            "http://h?client_id=a",
            "h:1883",
            "",
            "mqtt://h:x?client_id=a",
            "mqtt://h?client_id=a&nonsense=1",
            "mqtt://h?client_id=a&clean_session=maybe",
            "mqtt://h?client_id=a&keep_alive_secs=soon",
            &long,
        ] {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }
}
