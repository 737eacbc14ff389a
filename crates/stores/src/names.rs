//! Looking up names.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::LazyLock;

use tokio::runtime::{Builder, Runtime};

/// The most look-ups at once; further ones wait. As many as tokio has threads for blocking work.
const MAX_LOOKUPS: usize = 512;

/// Threads for look-ups and nothing else. A look-up whose server does not answer holds its thread
/// until the system gives up, which takes half a minute with usual settings; on the threads that
/// stores work on, it would hold these up.
static THREADS: LazyLock<Runtime> = LazyLock::new(|| {
    Builder::new_current_thread()
        .max_blocking_threads(MAX_LOOKUPS)
        .thread_name("name-lookup")
        .build()
        .expect("a runtime without drivers needs nothing of the system")
});

/// The addresses of a name, or of an address in text.
///
/// # Errors
///
/// What the system says.
pub async fn lookup(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let host = host.to_owned();
    let found = THREADS.spawn_blocking(move || (host, port).to_socket_addrs().map(Vec::from_iter));
    found.await.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_name_is_looked_up_while_stores_have_every_thread() {
        let runtime = Builder::new_current_thread()
            .max_blocking_threads(1)
            .build()
            .unwrap();
        let (done, wait) = mpsc::channel();
        runtime.spawn_blocking(move || wait.recv());

        let found = runtime.block_on(lookup("localhost", 80)).unwrap();

        assert!(found.iter().all(|address| address.ip().is_loopback()));
        assert!(!found.is_empty());
        done.send(()).unwrap();
    }

    #[test]
    fn an_address_is_its_own_name() {
        let runtime = Builder::new_current_thread().build().unwrap();
        for address in ["127.0.0.1:80", "[::1]:80"] {
            let address: SocketAddr = address.parse().unwrap();
            let found = runtime.block_on(lookup(&address.ip().to_string(), address.port()));
            assert_eq!(found.unwrap(), [address]);
        }
    }
}
