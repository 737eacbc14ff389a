//! The arguments of `jenny up`. Where Spin has a flag for something, its name, its environment
//! variable and its syntax are the same here.

use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use jenny_host::server::{MIN_HEADER_BYTES, ServerOptions};
use jenny_host::{Limits, TrustedProxies};

use super::open_files::Fitting;
use super::quantity;
use crate::{application, manifest_path};

/// The arguments of `jenny up`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  cargo jenny up
  cargo jenny up --watch
  cargo jenny up --listen 0.0.0.0:8080 --variable log_level=debug
  cargo jenny up --no-build --state-dir \"\"")]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(super) manifest: manifest_path::Argument,

    /// Serve what is built already.
    #[arg(long)]
    pub(super) no_build: bool,

    /// Build and load again what changes: sources, manifest, migrations, variables, files. The version
    /// before serves until the new one works, and finishes the requests that it has begun.
    #[arg(long)]
    pub(super) watch: bool,

    /// The build profile that components are built and run in [default: none; with --watch `quick`,
    /// for the components that have it]. Empty means none.
    #[arg(long, value_name = "NAME")]
    pub(super) profile: Option<String>,

    // Spin builds only when asked to, jenny unless asked not to; so Spin's flag is understood and
    // has nothing to add.
    #[arg(long, hide = true, conflicts_with = "no_build")]
    build: bool,

    /// Print nothing that components write to their standard output and error. Their log files
    /// get it all the same.
    #[arg(short, long, visible_aliases = ["sh", "shush"])]
    pub(super) quiet: bool,

    #[command(flatten)]
    pub(super) listen: Listen,

    #[command(flatten)]
    pub(super) application: application::Arguments,

    #[command(flatten)]
    pub(super) bounds: Bounds,
}

/// Where and how to listen.
#[derive(Args, Debug)]
#[command(next_help_heading = "Listening")]
pub(super) struct Listen {
    /// Address and port to listen on. Port 0 picks a free one.
    #[arg(
        long = "listen",
        env = "SPIN_HTTP_LISTEN_ADDR",
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:3000",
        value_parser = address
    )]
    pub(super) address: SocketAddr,

    /// Serve HTTPS with this certificate chain, in PEM.
    #[arg(long, env = "SPIN_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub(super) tls_cert: Option<PathBuf>,

    /// The private key of --tls-cert, in PEM.
    #[arg(long, env = "SPIN_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub(super) tls_key: Option<PathBuf>,
}

/// What requests, instances and connections may use. Durations are `30s`, `500ms`, or a number of
/// seconds; sizes are `64MiB` or a number of bytes.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Limits (durations: 30, 30s, 500ms; sizes: 134217728, 128MiB)")]
pub(super) struct Bounds {
    /// How long a request may take before it is answered 504.
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = quantity::duration)]
    request_timeout: Duration,

    /// How much memory one instance of a component may use [default: the runtime configuration's
    /// `max_instance_memory`, else 128MiB].
    #[arg(long, env = "SPIN_MAX_INSTANCE_MEMORY", value_name = "SIZE", value_parser = quantity::bytes)]
    max_instance_memory: Option<usize>,

    /// How many requests may be in progress at once; more are answered 503 after a short wait.
    #[arg(long, value_name = "COUNT", default_value = "1024", value_parser = quantity::count)]
    max_concurrent_requests: usize,

    /// How many of them one client may have, an IPv4 address or a /64 of IPv6 [default: three quarters].
    #[arg(long, value_name = "COUNT", value_parser = quantity::count)]
    max_requests_per_client: Option<usize>,

    /// Proxies whose `X-Forwarded-For` names the client: addresses and networks, separated by commas.
    #[arg(
        long,
        value_name = "LIST",
        default_value = "",
        hide_default_value = true
    )]
    trusted_proxies: TrustedProxies,

    /// How long the body of a request may come more slowly than 240 bytes a second before the request is
    /// answered 408.
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = quantity::duration)]
    body_timeout: Duration,

    /// How many instances, of all components together, may exist at once. One of several components
    /// gets at most about half.
    #[arg(long, value_name = "COUNT", default_value = "256", value_parser = quantity::count)]
    max_instances: usize,

    /// How many requests one instance serves before it is replaced (WASIp2 components: 1).
    #[arg(long, value_name = "COUNT", default_value = "128", value_parser = quantity::count)]
    max_instance_reuse_count: usize,

    /// How many requests one instance serves at once (WASIp2 components: 1).
    #[arg(long, value_name = "COUNT", default_value = "16", value_parser = quantity::count)]
    max_instance_concurrent_reuse_count: usize,

    /// How long an instance without requests is kept.
    #[arg(
        long,
        env = "SPIN_HTTP_IDLE_INSTANCE_TIMEOUT_SECS",
        value_name = "DURATION",
        default_value = "1s",
        value_parser = quantity::duration
    )]
    idle_instance_timeout: Duration,

    /// How many connections may be open at once. At the limit the longest idle one is closed for a new
    /// one, which waits while none is idle.
    #[arg(long, value_name = "COUNT", default_value = "4096", value_parser = quantity::count)]
    max_connections: usize,

    /// How large the head of a request may be, at least 8 KiB; beyond it the answer is 431.
    #[arg(
        long,
        env = "SPIN_HTTP1_MAX_BUF_SIZE",
        value_name = "SIZE",
        default_value = "64KiB",
        value_parser = header_bytes
    )]
    http1_max_buf_size: usize,

    /// How long requests in flight may take to finish after SIGINT, SIGTERM, SIGHUP or SIGQUIT. A second
    /// signal ends at once.
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = quantity::duration)]
    shutdown_timeout: Duration,
}

impl Bounds {
    /// The limits of the application; `configured_memory` is the runtime configuration's.
    pub(super) fn limits(&self, configured_memory: Option<usize>) -> Limits {
        let defaults = Limits::default();
        Limits {
            request_timeout: self.request_timeout,
            max_instance_memory: self
                .max_instance_memory
                .or(configured_memory)
                .unwrap_or(defaults.max_instance_memory),
            max_concurrent_requests: self.max_concurrent_requests,
            max_requests_per_client: self.max_requests_per_client,
            body_timeout: self.body_timeout,
            max_instances: self.max_instances,
            requests_per_instance: self.max_instance_reuse_count,
            concurrent_requests_per_instance: self.max_instance_concurrent_reuse_count,
            idle_timeout: self.idle_instance_timeout,
            ..defaults
        }
    }

    /// Bounds what has files open, so that so many open files are enough, and says so.
    pub(super) fn fit(&mut self, files: usize) {
        let wanted = Fitting {
            connections: self.max_connections,
            requests: self.max_concurrent_requests,
            instances: self.max_instances,
        };
        let fits = wanted.within(files);
        if fits != wanted {
            tracing::warn!("{}", wanted.warning(files));
        }
        self.max_connections = fits.connections;
        self.max_concurrent_requests = fits.requests;
        self.max_instances = fits.instances;
    }

    pub(super) fn trusted_proxies(&self) -> TrustedProxies {
        self.trusted_proxies.clone()
    }

    pub(super) fn server(&self) -> ServerOptions {
        ServerOptions {
            max_connections: self.max_connections,
            max_header_bytes: self.http1_max_buf_size,
            shutdown_timeout: self.shutdown_timeout,
            ..ServerOptions::default()
        }
    }
}

/// An address and a port, by name or number.
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    let addresses: Vec<SocketAddr> = text
        .to_socket_addrs()
        .map_err(|error| format!("{error}; an address is written 127.0.0.1:3000"))?
        .collect();
    // `localhost` may resolve to ::1 first, but the address that people then type, and that the
    // default of `public_url` has, is the IPv4 one.
    let preferred = addresses
        .iter()
        .find(|address| address.ip() == Ipv4Addr::LOCALHOST);
    preferred
        .or_else(|| addresses.first())
        .copied()
        .ok_or_else(|| "it resolves to no address".to_owned())
}

fn header_bytes(text: &str) -> Result<usize, String> {
    let bytes = quantity::bytes(text)?;
    if bytes < MIN_HEADER_BYTES {
        return Err(format!("it must be at least {MIN_HEADER_BYTES} bytes"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn parse(line: &[&str]) -> Result<Arguments, clap::Error> {
        Line::try_parse_from(["up"].iter().chain(line)).map(|line| line.arguments)
    }

    #[test]
    fn the_defaults_are_the_hosts_own_and_spins_address() {
        let arguments = parse(&[]).unwrap();
        assert_eq!(arguments.listen.address, "127.0.0.1:3000".parse().unwrap());
        assert_eq!(arguments.bounds.limits(None), Limits::default());
        assert_eq!(
            arguments.bounds.limits(Some(1 << 20)).max_instance_memory,
            1 << 20
        );
        let (ours, hosts) = (arguments.bounds.server(), ServerOptions::default());
        assert_eq!(format!("{ours:?}"), format!("{hosts:?}"));
        assert_eq!(arguments.application.state_dir, None);
        assert!(!arguments.no_build && !arguments.quiet);
    }

    #[test]
    fn spins_flags_are_understood() {
        let arguments = parse(&[
            "-f",
            "app",
            "--listen",
            "localhost:0",
            "--variable",
            "a=1",
            "--variable",
            "@b.json",
            "-e",
            "C=2",
            "--state-dir",
            "",
            "--sqlite",
            "SELECT 1",
            "--sqlite",
            "@seed.sql:audit",
            "--key-value",
            "k=v=w",
            "--runtime-config-file",
            "runtime.toml",
            "--tls-cert",
            "c.pem",
            "--tls-key",
            "k.pem",
            "-q",
            "--build",
        ])
        .unwrap();
        assert_eq!(arguments.manifest.from, Some("app".into()));
        assert_eq!(arguments.listen.address, "127.0.0.1:0".parse().unwrap());
        assert_eq!(arguments.application.variable.len(), 2);
        assert_eq!(
            arguments.application.env,
            [("C".to_owned(), "2".to_owned())]
        );
        assert_eq!(arguments.application.state_dir.as_deref(), Some(""));
        assert_eq!(
            arguments.application.sqlite,
            ["SELECT 1", "@seed.sql:audit"]
        );
        assert_eq!(
            arguments.application.key_value,
            [("k".to_owned(), "v=w".to_owned())]
        );
        assert!(arguments.quiet);
    }

    #[test]
    fn limits_reach_the_host() {
        let arguments = parse(&[
            "--request-timeout",
            "500ms",
            "--max-instance-memory",
            "64MiB",
            "--max-concurrent-requests",
            "7",
            "--max-connections",
            "9",
            "--max-requests-per-client",
            "5",
            "--body-timeout",
            "3s",
            "--trusted-proxies",
            "10.0.0.0/8, 192.0.2.7",
            "--shutdown-timeout",
            "5",
        ])
        .unwrap();
        let (limits, server) = (arguments.bounds.limits(Some(1)), arguments.bounds.server());
        assert_eq!(limits.request_timeout, Duration::from_millis(500));
        assert_eq!(limits.max_instance_memory, 64 << 20);
        assert_eq!(limits.max_concurrent_requests, 7);
        assert_eq!(limits.max_requests_per_client, Some(5));
        assert_eq!(limits.body_timeout, Duration::from_secs(3));
        let proxies = arguments.bounds.trusted_proxies();
        assert!(proxies.contains("10.1.2.3".parse().unwrap()));
        assert_eq!(server.max_connections, 9);
        assert_eq!(server.shutdown_timeout, Duration::from_secs(5));
    }

    #[test]
    fn few_open_files_bound_what_opens_them() {
        let mut bounds = parse(&[]).unwrap().bounds;

        bounds.fit(1024);

        let (limits, server) = (bounds.limits(None), bounds.server());
        assert_eq!(server.max_connections, 256);
        assert_eq!(limits.max_concurrent_requests, 149);
        assert_eq!(limits.max_instances, 85);
    }

    #[test]
    fn mistakes_name_the_flag() {
        for (line, flag) in [
            (&["--tls-cert", "c.pem"][..], "--tls-key"),
            (&["--tls-key", "k.pem"], "--tls-cert"),
            (&["--env", "x"], "--env"),
            (&["--listen", "3000"], "--listen"),
            (
                &["--max-concurrent-requests", "0"],
                "--max-concurrent-requests",
            ),
            (&["--http1-max-buf-size", "1KiB"], "--http1-max-buf-size"),
            (&["--trusted-proxies", "proxy.local"], "--trusted-proxies"),
            (&["--build", "--no-build"], "--no-build"),
        ] {
            let message = parse(line).unwrap_err().to_string();
            assert!(message.contains(flag), "{line:?}: {message}");
        }
    }
}
