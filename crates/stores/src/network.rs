//! What connections to servers of every kind have in common.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::names;
use jenny_manifest::runtime_config::BlockedNetworks;

/// Trusts the certificate authorities that Mozilla trusts.
pub(super) static MOZILLA: LazyLock<Arc<ClientConfig>> = LazyLock::new(|| {
    let roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring supports the protocol versions that rustls considers safe")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
});

/// Where a name leads, but for what is in a blocked network. The addresses that were checked are
/// the ones to connect to: asked again, the name could lead elsewhere.
///
/// # Errors
///
/// A sentence, if nothing is left or the name is unknown.
pub(super) async fn lookup(
    host: &str,
    port: u16,
    blocked: &BlockedNetworks,
) -> Result<Vec<SocketAddr>, String> {
    let found = names::lookup(host, port)
        .await
        .map_err(|error| format!("the name {host} cannot be looked up: {error}"))?;
    let allowed: Vec<_> = found
        .into_iter()
        .filter(|address| !blocked.blocks(address.ip()))
        .collect();
    if allowed.is_empty() {
        return Err(match blocked.is_empty() {
            true => format!("the name {host} leads nowhere"),
            false => format!("the address of {host} is in block_networks"),
        });
    }
    Ok(allowed)
}

/// What the first of `servers` gives that answers within its share of `time`. One that is dead
/// leaves as much to each of the others.
///
/// # Errors
///
/// The sentence of the server that was asked last.
pub(super) async fn first_of<T, F>(
    servers: &[SocketAddr],
    time: Duration,
    mut connect: impl FnMut(SocketAddr) -> F,
) -> Result<T, String>
where
    F: Future<Output = Result<T, String>>,
{
    let end = Instant::now() + time;
    let mut failure = "the address leads nowhere".to_owned();
    for (left, server) in (1..=servers.len() as u32).rev().zip(servers) {
        let share = end.saturating_duration_since(Instant::now()) / left;
        match timeout(share, connect(*server)).await {
            Ok(Ok(connection)) => return Ok(connection),
            Ok(Err(sentence)) => failure = sentence,
            Err(_) => failure = format!("cannot connect to {server}: it did not answer in time"),
        }
    }
    Err(failure)
}

/// Connects to the first of `servers` that answers within its share of `time`.
///
/// # Errors
///
/// A sentence that names the server that was asked last.
pub(super) async fn connect(servers: &[SocketAddr], time: Duration) -> Result<TcpStream, String> {
    first_of(servers, time, |server| async move {
        let connected = TcpStream::connect(server).await;
        // What is sent is small and waited for.
        let ready = connected.and_then(|stream| stream.set_nodelay(true).map(|()| stream));
        ready.map_err(|error| format!("cannot connect to {server}: {error}"))
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    const DEAD: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 1);
    const REFUSING: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 2);
    const ALIVE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 3);

    async fn ask(servers: &[SocketAddr]) -> Result<u16, String> {
        let time = Duration::from_millis(60);
        first_of(servers, time, |server| async move {
            match server {
                DEAD => std::future::pending().await,
                REFUSING => Err("refused".to_owned()),
                server => Ok(server.port()),
            }
        })
        .await
    }

    #[tokio::test]
    async fn a_server_that_is_dead_leaves_time_for_the_others() {
        assert_eq!(ask(&[DEAD, DEAD, ALIVE]).await, Ok(3));
        assert_eq!(ask(&[REFUSING, ALIVE]).await, Ok(3));
        assert_eq!(ask(&[DEAD, REFUSING]).await, Err("refused".to_owned()));
        let sentence = "cannot connect to 127.0.0.1:1: it did not answer in time";
        assert_eq!(ask(&[REFUSING, DEAD]).await, Err(sentence.to_owned()));
        assert!(ask(&[]).await.is_err());
    }
}
