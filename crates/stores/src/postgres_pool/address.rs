//! Where a component wants to connect.

use std::str::FromStr;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

/// The port of a Postgres server that listens where they usually do.
const USUAL_PORT: u16 = 5432;

/// How a connection is protected: `sslmode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Protection {
    /// `disable`: no TLS.
    Off,
    /// `prefer`, the default, and `require`: TLS if the server has it, or in any case. The
    /// certificate is checked in either, as on Spin; libpq would not.
    On,
    /// `verify-ca`: TLS; whose certificate it is does not matter, only that an authority signed it
    /// that the component names. Without such an authority it is as `On`.
    AnyName,
}

/// An address that was understood.
#[derive(Debug, Clone)]
pub struct Address {
    pub(super) config: Config,
    pub(super) protection: Protection,
    /// The servers to try, in order.
    pub servers: Vec<Server>,
}

/// One server of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// A name or an address, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
}

impl Address {
    /// Understands a URL (`postgres://…`) or pairs (`host=… user=…`).
    ///
    /// # Errors
    ///
    /// A sentence that does not repeat the address, which may hold a password.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (text, verification) = verification(text);
        let config = Config::from_str(&text).map_err(|error| match error_source(&error) {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        })?;
        let servers = servers(&config)?;
        let protection = match config.get_ssl_mode() {
            SslMode::Disable => Protection::Off,
            _ if verification == Some(Verification::Authority) => Protection::AnyName,
            _ => Protection::On,
        };
        Ok(Self {
            config,
            protection,
            servers,
        })
    }
}

pub(super) fn error_source(error: &dyn std::error::Error) -> Option<String> {
    error.source().map(ToString::to_string)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verification {
    Authority,
    Full,
}

/// Takes the two values of `sslmode` out that the driver does not know, and leaves `require`, which
/// is what they mean to it.
fn verification(text: &str) -> (String, Option<Verification>) {
    let is_url = text.starts_with("postgres://") || text.starts_with("postgresql://");
    // Before the question mark there may be a password of any form.
    let parameters = match text.find('?') {
        Some(at) if is_url => at + 1,
        _ if is_url => text.len(),
        _ => 0,
    };
    let separator = |character: char| {
        if is_url {
            character == '&'
        } else {
            character.is_whitespace()
        }
    };
    let mut found = None;
    let mut result = text[..parameters].to_owned();
    for piece in text[parameters..].split_inclusive(separator) {
        let parameter = piece.trim_end_matches(separator);
        let verification = match parameter {
            "sslmode=verify-ca" => Verification::Authority,
            "sslmode=verify-full" => Verification::Full,
            _ => {
                result.push_str(piece);
                continue;
            }
        };
        found = Some(verification);
        result.push_str("sslmode=require");
        result.push_str(&piece[parameter.len()..]);
    }
    (result, found)
}

fn servers(config: &Config) -> Result<Vec<Server>, String> {
    // They would lead elsewhere than the names that the manifest allows.
    if !config.get_hostaddrs().is_empty() {
        return Err("hostaddr is not supported; write the address as the host".to_owned());
    }
    let (hosts, ports) = (config.get_hosts(), config.get_ports());
    if hosts.is_empty() {
        return Err("the address names no host".to_owned());
    }
    if ports.len() > 1 && ports.len() != hosts.len() {
        return Err("the address has more or fewer ports than hosts".to_owned());
    }
    hosts
        .iter()
        .enumerate()
        .map(|(index, host)| match host {
            Host::Tcp(host) => Ok(Server {
                host: host
                    .trim_start_matches('[')
                    .trim_end_matches(']')
                    .to_owned(),
                port: ports
                    .get(index)
                    .or(ports.first())
                    .copied()
                    .unwrap_or(USUAL_PORT),
            }),
            #[cfg(unix)]
            Host::Unix(_) => Err("Unix sockets are not supported on WebAssembly".to_owned()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers_of(text: &str) -> Vec<(String, u16)> {
        let address = Address::parse(text).unwrap();
        let pair = |server: &Server| (server.host.clone(), server.port);
        address.servers.iter().map(pair).collect()
    }

    #[test]
    fn both_forms_of_address_name_their_servers() {
        for (text, server) in [
            ("postgres://u:p@db.example.com/a", ("db.example.com", 5432)),
            ("postgresql://db.example.com:6000", ("db.example.com", 6000)),
            (
                "host=db.example.com user=u port=6000",
                ("db.example.com", 6000),
            ),
            (
                "postgres://u@127.0.0.1:1/a?sslmode=disable",
                ("127.0.0.1", 1),
            ),
            ("postgres://u@[::1]:1/a", ("::1", 1)),
        ] {
            assert_eq!(
                servers_of(text),
                [(server.0.to_owned(), server.1)],
                "{text}"
            );
        }
        assert_eq!(
            servers_of("postgres://a:1,b:2/c"),
            [("a".to_owned(), 1), ("b".to_owned(), 2)]
        );
        assert_eq!(
            servers_of("host=a,b port=7"),
            [("a".to_owned(), 7), ("b".to_owned(), 7)]
        );
    }

    #[test]
    fn what_would_lead_past_the_manifest_is_refused() {
        for text in [
            "postgres://%2Fvar%2Frun/a",
            "host=/var/run/postgresql",
            "host=allowed hostaddr=10.0.0.1",
            "hostaddr=10.0.0.1",
            "postgres:///a",
            "postgres://a,b,c:1,2/d?port=1,2",
            "mysql://a/b",
            "host=a port=x",
            "host=a sslmode=sometimes",
            "",
        ] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_refusal_does_not_repeat_the_address() {
        let error = Address::parse("postgres://u:secret@h/a?nonsense=secret").unwrap_err();
        assert!(!error.contains("secret"), "{error}");
    }

    #[test]
    fn every_sslmode_is_known() {
        for (mode, protection) in [
            ("disable", Protection::Off),
            ("prefer", Protection::On),
            ("require", Protection::On),
            ("verify-ca", Protection::AnyName),
            ("verify-full", Protection::On),
        ] {
            for text in [
                format!("postgres://u@h/a?connect_timeout=1&sslmode={mode}&application_name=a"),
                format!("host=h sslmode={mode} user=u"),
            ] {
                let address = Address::parse(&text).unwrap();
                assert_eq!(address.protection, protection, "{text}");
                let required = !matches!(mode, "disable" | "prefer");
                let is_required = address.config.get_ssl_mode() == SslMode::Require;
                assert_eq!(is_required, required, "{text}");
            }
        }
        let password = Address::parse("postgres://u:sslmode=verify-ca@h/a").unwrap();
        assert_eq!(
            password.config.get_password(),
            Some(&b"sslmode=verify-ca"[..])
        );
    }
}
