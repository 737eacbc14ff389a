//! Where a component wants to connect.

use redis::{IntoConnectionInfo as _, RedisConnectionInfo};
use url::{Host, Url};

use crate::{MAX_ADDRESS_BYTES, RedisError};

/// The port of a Redis server that listens where they usually do.
const USUAL_PORT: u16 = 6379;

/// An address that was understood.
#[derive(Clone)]
pub struct Address {
    /// As written, which is how the manifest has to name it.
    pub scheme: String,
    /// A name or an address, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether TLS is spoken.
    pub(super) tls: bool,
    /// User, password, database, version of the protocol.
    pub(super) session: RedisConnectionInfo,
}

impl Address {
    /// Understands a URL `redis[s]://[user][:password@]host[:port][/database][?protocol=resp3]`, or
    /// the same with `valkey` in place of `redis`.
    ///
    /// # Errors
    ///
    /// [`RedisError::InvalidAddress`], which says nothing of the address, because there may be a
    /// password in it; [`RedisError::Other`] for what Spin would understand.
    pub fn parse(text: &str) -> Result<Self, RedisError> {
        if text.len() > MAX_ADDRESS_BYTES {
            return Err(RedisError::InvalidAddress);
        }
        let mut url = Url::parse(text).map_err(|_| RedisError::InvalidAddress)?;
        let scheme = url.scheme().to_owned();
        let (tls, plain) = match scheme.as_str() {
            "redis" | "valkey" => (false, "redis"),
            "rediss" | "valkeys" => (true, "redis"),
            _ => return Err(RedisError::InvalidAddress),
        };
        if url.fragment() == Some("insecure") {
            let sentence = "#insecure is not supported: certificates are always checked";
            return Err(RedisError::Other(sentence.to_owned()));
        }
        let host = match url.host() {
            Some(Host::Domain(name)) if !name.is_empty() => name.to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            _ => return Err(RedisError::InvalidAddress),
        };
        let port = url.port().unwrap_or(USUAL_PORT);
        // The driver knows the scheme for TLS only with TLS of its own.
        url.set_scheme(plain)
            .map_err(|()| RedisError::InvalidAddress)?;
        url.set_fragment(None);
        let info = url
            .into_connection_info()
            .map_err(|_| RedisError::InvalidAddress)?;
        Ok(Self {
            scheme,
            host,
            port,
            tls,
            // Servers before 7.2 do not know it, and nobody misses it.
            session: info.redis_settings().clone().set_skip_set_lib_name(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_its_server() {
        for (text, scheme, host, port, tls) in [
            ("redis://localhost", "redis", "localhost", 6379, false),
            (
                "redis://:p@db.example.com:7000/3",
                "redis",
                "db.example.com",
                7000,
                false,
            ),
            ("rediss://u:p@10.0.0.1", "rediss", "10.0.0.1", 6379, true),
            ("redis://[::1]:7000", "redis", "::1", 7000, false),
            (
                "valkey://localhost/?protocol=resp3",
                "valkey",
                "localhost",
                6379,
                false,
            ),
            ("valkeys://localhost", "valkeys", "localhost", 6379, true),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!(
                (
                    address.scheme.as_str(),
                    address.host.as_str(),
                    address.port,
                    address.tls
                ),
                (scheme, host, port, tls),
                "{text}"
            );
        }
        let address = Address::parse("redis://user:p%40ss@localhost/7").unwrap();
        assert_eq!(address.session.username(), Some("user"));
        assert_eq!(address.session.password(), Some("p@ss"));
        assert_eq!(address.session.db(), 7);
    }

    #[test]
    fn what_is_no_address_of_a_server_is_refused_without_a_word() {
        for text in [
            "",
            "localhost:6379",
            "localhost",
            "http://localhost",
            "redis://",
            "redis:///0",
            "redis://localhost/secret",
            "redis://0.0.0.0",
            "redis://localhost:0x1",
            "unix:///run/redis.sock",
            "redis+unix:///run/redis.sock",
            "redis://localhost?protocol=secret",
            &format!("redis://{}", "h".repeat(MAX_ADDRESS_BYTES)),
        ] {
            let refused = Address::parse(text).err();
            assert_eq!(refused, Some(RedisError::InvalidAddress), "{text}");
        }
        assert!(matches!(
            Address::parse("rediss://localhost/#insecure"),
            Err(RedisError::Other(_))
        ));
    }
}
