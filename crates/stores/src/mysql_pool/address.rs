//! Where a component wants to connect.

use std::time::Duration;

use mysql_async::{Opts, OptsBuilder, PoolOpts, SslOpts};
use url::Url;

use crate::{MAX_ADDRESS_BYTES, MAX_BUFFERED_BYTES};

/// The port of a MySQL server that listens where they usually do.
const USUAL_PORT: u16 = 3306;

/// When an idle connection is probed, unless the address says otherwise (`tcp_keepalive`).
const KEEPALIVE: Duration = Duration::from_secs(60);

/// The parameters that say whether to use TLS, in any case of letters. The driver does not know
/// them.
const TLS_PARAMETERS: [&str; 2] = ["ssl-mode", "sslmode"];

/// Parameters of the driver that would lead past the manifest, to a socket of this machine.
const SOCKET_PARAMETERS: [&str; 2] = ["socket", "prefer_socket"];

/// An address that was understood.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// Everything but the addresses behind the host's name.
    pub(super) settings: OptsBuilder,
    /// A name or an address, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
}

impl Address {
    /// Understands a URL `mysql://…`.
    ///
    /// As on Spin, `ssl-mode` with any value but `disabled` asks for TLS, with the certificate and its
    /// name checked; without it there is none. `require_ssl` and what else the driver knows of TLS
    /// has no effect.
    ///
    /// # Errors
    ///
    /// A sentence that does not repeat the address, which may hold a password.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > MAX_ADDRESS_BYTES {
            return Err("the address is too long".to_owned());
        }
        let mut url = Url::parse(text).map_err(|error| error.to_string())?;
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let is_one_of = |names: &[&str], key: &str| {
            let mut names = names.iter();
            names.any(|name| name.eq_ignore_ascii_case(key))
        };
        if let Some((key, _)) = pairs
            .iter()
            .find(|(key, _)| is_one_of(&SOCKET_PARAMETERS, key))
        {
            return Err(format!(
                "{key}: Unix sockets are not supported on WebAssembly"
            ));
        }
        let (tls, others): (Vec<_>, Vec<_>) = pairs
            .into_iter()
            .partition(|(key, _)| is_one_of(&TLS_PARAMETERS, key));
        let is_protected = tls
            .iter()
            .any(|(_, value)| !value.eq_ignore_ascii_case("disabled"));
        url.set_query(None);
        if !others.is_empty() {
            url.query_pairs_mut().extend_pairs(others);
        }
        let given = Opts::from_url(url.as_str()).map_err(|error| error.to_string())?;
        let host = given.ip_or_hostname();
        if host.is_empty() {
            return Err("the address names no host".to_owned());
        }
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let port = url.port().unwrap_or(USUAL_PORT);
        let max_packet = given.max_allowed_packet().unwrap_or(MAX_BUFFERED_BYTES);
        let keepalive = given.tcp_keepalive().unwrap_or(KEEPALIVE);
        let settings = OptsBuilder::from_opts(given)
            .tcp_keepalive(Some(keepalive))
            .ip_or_hostname(host.clone())
            .prefer_socket(false)
            .max_allowed_packet(Some(max_packet.min(MAX_BUFFERED_BYTES)))
            // The driver's own pool is not used: addresses that differ in nothing else are the same.
            .pool_opts(PoolOpts::default())
            // It would keep the texts of as many statements as the address says, however long.
            .stmt_cache_size(0)
            .ssl_opts(is_protected.then(SslOpts::default));
        Ok(Self {
            settings,
            host,
            port,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opts(text: &str) -> Opts {
        Address::parse(text).unwrap().settings.into()
    }

    #[test]
    fn an_address_names_its_server() {
        for (text, host, port) in [
            ("mysql://u:p@db.example.com/a", "db.example.com", 3306),
            ("mysql://db.example.com:6000", "db.example.com", 6000),
            ("mysql://u@127.0.0.1:1/a?ssl-mode=disabled", "127.0.0.1", 1),
            ("mysql://u@[::1]:1/a", "::1", 1),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!((&*address.host, address.port), (host, port), "{text}");
            let opts = Opts::from(address.settings);
            assert_eq!((opts.ip_or_hostname(), opts.tcp_port()), (host, port));
        }
        let opts = opts("mysql://u%40v:p%3Aw@h/d%2Fe?pool_max=10&stmt_cache_size=1000000");
        assert_eq!(opts.user(), Some("u@v"));
        assert_eq!(opts.pass(), Some("p:w"));
        assert_eq!(opts.db_name(), Some("d/e"));
        assert_eq!(opts.stmt_cache_size(), 0, "no text is kept");
    }

    #[test]
    fn what_would_lead_past_the_manifest_is_refused() {
        for text in [
            "mysql://h/d?socket=/run/mysqld/mysqld.sock",
            "mysql://h/d?Socket=/run/mysqld/mysqld.sock",
            "mysql://localhost/d?prefer_socket=true",
            "mysql:///d",
            "mysql:d",
            "postgres://h/d",
            "mysql://h:x/d",
            "host=h",
            "",
            &format!("mysql://h/{}", "d".repeat(MAX_ADDRESS_BYTES)),
        ] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
        assert!(!opts("mysql://localhost/d").prefer_socket());
        assert_eq!(opts("mysql://localhost/d").socket(), None);
    }

    #[test]
    fn a_refusal_does_not_repeat_the_address() {
        for text in [
            "mysql://u:secret@h/d?nonsense=secret",
            "mysql://u:secret@h/d?socket=secret",
            "mysql://u:secret@h:secret/d",
            "nonsense://u:secret@h/d",
        ] {
            let error = Address::parse(text).err().unwrap();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn tls_is_used_where_it_is_asked_for() {
        for (parameters, is_protected) in [
            ("", false),
            ("?ssl-mode=DISABLED", false),
            ("?sslMode=disabled", false),
            ("?sslmode=REQUIRED", true),
            ("?SsL-mOdE=VERIFY_CA&pool_max=10", true),
            ("?pool_max=10&ssl-mode=preferred", true),
            // The driver's own name is without effect on Spin.
            ("?require_ssl=true", false),
        ] {
            let text = format!("mysql://u:p@h/d{parameters}");
            assert_eq!(opts(&text).ssl_opts().is_some(), is_protected, "{text}");
        }
        let own = opts("mysql://u:p@h/d?ssl-mode=required&require_ssl=true&verify_ca=false");
        assert!(!own.ssl_opts().unwrap().accept_invalid_certs());
    }

    #[test]
    fn a_message_is_bounded_whatever_the_address_says() {
        for (parameters, expected) in [
            ("", MAX_BUFFERED_BYTES),
            ("?max_allowed_packet=1000000", 1_000_000),
            ("?max_allowed_packet=1000000000", MAX_BUFFERED_BYTES),
        ] {
            let opts = opts(&format!("mysql://h/d{parameters}"));
            assert_eq!(opts.max_allowed_packet(), Some(expected), "{parameters}");
        }
    }
}
