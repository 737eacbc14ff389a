//! The HTTP client that the host has for its components.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use futures::FutureExt as _;
use http::uri::Scheme;
use http::{Request, Uri};
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime_wasi_http::Error;

use super::exchange::{self, Connection, Kept, KeptError, Timeouts};
use super::pool::{Place, Pool};
use super::relative;
use crate::Body;
use crate::capability::{OutboundHttp, OutboundRequest, OutboundResponse};
use jenny_manifest::runtime_config::{BlockedNetworks, RuntimeConfig};
use jenny_stores::MAX_PERMITS;
use jenny_stores::names;

/// Mozilla's roots, parsed once.
static MOZILLA: LazyLock<Arc<ClientConfig>> = LazyLock::new(|| {
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

/// Sends HTTP requests over the network: HTTP/1.1, with TLS for `https`. Certificates are checked
/// against Mozilla's roots. Connections are kept for later requests to the same place, unless the
/// runtime configuration says otherwise.
#[derive(Debug, Clone)]
pub struct HttpClient {
    pool: Option<Pool>,
    blocked: BlockedNetworks,
    connections: Option<Arc<Semaphore>>,
    /// Instead of [`MOZILLA`].
    tls: Option<Arc<ClientConfig>>,
}

impl Default for HttpClient {
    fn default() -> Self {
        Self::new(&RuntimeConfig::default())
    }
}

impl HttpClient {
    /// A client that keeps to the runtime configuration's `block_networks` and to its limits of
    /// connections.
    pub fn new(config: &RuntimeConfig) -> Self {
        let limits = [
            config.outbound_http.max_connections,
            config.max_total_connections,
        ];
        let limit = limits.into_iter().flatten().min();
        Self {
            pool: config.outbound_http.connection_pooling.then(Pool::default),
            blocked: config.blocked_networks.clone(),
            connections: limit.map(|limit| Arc::new(Semaphore::new(limit.min(MAX_PERMITS)))),
            tls: None,
        }
    }

    /// The addresses of a host that are not in a blocked network.
    async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Error> {
        let found = names::lookup(host, port).await.map_err(Error::Connect)?;
        let allowed: Vec<_> = found
            .into_iter()
            .filter(|address| !self.blocked.blocks(address.ip()))
            .collect();
        if allowed.is_empty() && !self.blocked.is_empty() {
            tracing::warn!("a request to {host} was refused: its address is in block_networks");
            return Err(Error::DestinationIpProhibited);
        }
        Ok(allowed)
    }

    /// Connects to the host of `uri`. The addresses that were checked are the ones to connect to:
    /// asked again, the name could lead elsewhere.
    async fn connect(&self, uri: &Uri) -> Result<Connection, Error> {
        let is_https = uri.scheme() == Some(&Scheme::HTTPS);
        let port = uri.port_u16().unwrap_or(if is_https { 443 } else { 80 });
        let host = uri.host().ok_or(Error::HttpRequestUriInvalid)?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let addresses = self.addresses(host, port).await?;
        let tls = if is_https {
            let config = self.tls.as_ref().unwrap_or(&MOZILLA);
            Some((ServerName::try_from(host.to_owned())?, Arc::clone(config)))
        } else {
            None
        };
        exchange::connect(&addresses, tls).await
    }
}

impl HttpClient {
    /// Waits for a place among the connections, if their number is limited.
    async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        let connections = self.connections.as_ref()?;
        if let Ok(permit) = Arc::clone(connections).try_acquire_owned() {
            return Some(permit);
        }
        if let Some(pool) = &self.pool {
            pool.clear();
        }
        Arc::clone(connections).acquire_owned().await.ok()
    }

    async fn connect_in_time(
        &self,
        uri: &Uri,
        timeouts: &Timeouts,
    ) -> Result<(Connection, Option<OwnedSemaphorePermit>), Error> {
        // The wait for a place counts: one component that holds all of them must not stop others.
        let connected = async {
            let permit = self.permit().await;
            Ok::<_, Error>((self.connect(uri).await?, permit))
        };
        let connected = tokio::time::timeout(timeouts.connect, connected).await;
        connected.map_err(|_| Error::ConnectionTimeout)?
    }

    /// What to do with a connection to `place` when it is free again.
    fn keep(&self, pool: &Pool, place: &Place) -> impl FnOnce(Kept) + Send + 'static {
        let (pool, place) = (pool.clone(), place.clone());
        let connections = self.connections.clone();
        move |kept| {
            // Somebody may wait for this one's place.
            let is_free = |connections: Arc<Semaphore>| connections.available_permits() > 0;
            if connections.is_none_or(is_free) {
                pool.keep(place, kept);
            }
        }
    }

    async fn send_kept(
        &self,
        pool: &Pool,
        place: &Place,
        uri: &Uri,
        request: Request<Body>,
        timeouts: &Timeouts,
    ) -> Result<OutboundResponse, Error> {
        let mut request = request;
        while let Some(kept) = pool.take(place) {
            let sent = exchange::send_over(kept, request, timeouts, self.keep(pool, place));
            match sent.await {
                Ok(response) => return Ok(response),
                Err(KeptError::Failed(error)) => return Err(error),
                Err(KeptError::Unsent(whole)) => request = whole,
            }
        }
        let (connection, permit) = self.connect_in_time(uri, timeouts).await?;
        let kept = Kept::new(connection, permit);
        let sent = exchange::send_over(kept, request, timeouts, self.keep(pool, place));
        sent.await.map_err(|error| match error {
            KeptError::Failed(error) => error,
            KeptError::Unsent(_) => Error::ConnectionTerminated,
        })
    }
}

#[async_trait]
impl OutboundHttp for HttpClient {
    async fn send(&self, sent: OutboundRequest) -> Result<OutboundResponse, Error> {
        let OutboundRequest {
            mut request,
            options,
            ..
        } = sent;
        let timeouts = Timeouts::new(options);
        // Scheme and authority on the request line are for proxies (RFC 9112, section 3.2).
        let path = relative(request.uri());
        let uri = std::mem::replace(request.uri_mut(), path);
        if let Some(pool) = &self.pool
            && let Some(place) = Place::of(&uri)
        {
            return self.send_kept(pool, &place, &uri, request, &timeouts).await;
        }
        let (connection, permit) = self.connect_in_time(&uri, &timeouts).await?;
        let OutboundResponse { response, io } =
            exchange::send(connection, request, &timeouts).await?;
        // The connection lasts as long as this future, which ends with it.
        let io = async move {
            let result = io.await;
            drop(permit);
            result
        };
        Ok(OutboundResponse {
            response,
            io: io.boxed(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use http_body_util::BodyExt as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;

    use super::*;

    fn blocking(networks: &str) -> HttpClient {
        let text = format!("[outbound_networking]\nblock_networks = {networks}");
        HttpClient::new(&RuntimeConfig::parse(&text, "runtime-config.toml".as_ref()).unwrap())
    }

    #[tokio::test]
    async fn a_blocked_network_is_not_reached() {
        let client = blocking("['127.0.0.0/8']");
        let refused = client.addresses("127.0.0.1", 80).await;
        assert!(matches!(refused, Err(Error::DestinationIpProhibited)));
        let allowed = client.addresses("::1", 80).await.unwrap();
        assert_eq!(allowed, ["[::1]:80".parse().unwrap()]);
        let request = Uri::from_static("https://127.0.0.1/");
        let refused = client.connect(&request).await;
        assert!(matches!(refused, Err(Error::DestinationIpProhibited)));
    }

    #[tokio::test]
    async fn every_address_of_a_name_is_tried() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let open = listener.local_addr().unwrap();
        // Nothing listens on port 1 of this address.
        let closed = SocketAddr::from((Ipv4Addr::new(127, 0, 0, 2), 1));
        assert!(exchange::connect(&[closed, open], None).await.is_ok());
        assert!(exchange::connect(&[closed], None).await.is_err());
    }

    #[tokio::test]
    async fn https_asks_for_the_certificate_of_the_name() {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = made.signing_key.serialize_der().try_into().unwrap();
        let provider = Arc::new(ring::default_provider());
        let server = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind(("localhost", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let serving = tokio::spawn(async move {
            let acceptor = TlsAcceptor::from(Arc::new(server));
            let mut lines = Vec::new();
            for _ in 0..2 {
                let (stream, _) = listener.accept().await.unwrap();
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    continue;
                };
                let mut head = vec![0; 1024];
                let read = stream.read(&mut head).await.unwrap();
                head.truncate(read);
                lines.push(String::from_utf8(head).unwrap());
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
                stream.write_all(answer).await.unwrap();
                stream.shutdown().await.unwrap();
            }
            lines
        });
        let mut client = HttpClient::default();
        let request = || OutboundRequest {
            component: "a".into(),
            request: Request::get(format!("https://localhost:{port}/a?b"))
                .body(crate::problem::empty())
                .unwrap(),
            options: None,
        };

        let untrusted = client.send(request()).await;
        assert!(matches!(untrusted, Err(Error::Tls(_))));

        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).unwrap();
        client.tls = Some(Arc::new(
            ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_root_certificates(roots)
                .with_no_client_auth(),
        ));
        let answer = client.send(request()).await.unwrap();
        let body = answer.response.into_body().collect();
        let (body, io) = futures::join!(body, answer.io);
        io.unwrap();
        assert_eq!(body.unwrap().to_bytes(), "hello");
        let heads = serving.await.unwrap();
        assert!(heads[0].starts_with("GET /a?b HTTP/1.1\r\n"), "{heads:?}");
    }

    /// Answers every request with this field in the head; returns the address and the number of
    /// connections so far.
    async fn serve(field: &'static str) -> (SocketAddr, Arc<AtomicUsize>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        let answer = format!("HTTP/1.1 200 OK\r\n{field}content-length: 5\r\n\r\nhello");
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                let answer = answer.clone();
                tokio::spawn(async move {
                    let mut head = Vec::new();
                    while let Ok(byte) = stream.read_u8().await {
                        head.push(byte);
                        if head.ends_with(b"\r\n\r\n") {
                            stream.write_all(answer.as_bytes()).await.unwrap();
                            head.clear();
                        }
                    }
                });
            }
        });
        (address, connections)
    }

    /// How many connections three requests take, one after the other.
    async fn connections(config: &str, field: &'static str) -> usize {
        let (address, connections) = serve(field).await;
        let config = RuntimeConfig::parse(config, "runtime-config.toml".as_ref()).unwrap();
        let client = HttpClient::new(&config);
        for _ in 0..3 {
            let request = OutboundRequest {
                component: "a".into(),
                request: Request::get(format!("http://{address}/"))
                    .body(crate::problem::empty())
                    .unwrap(),
                options: None,
            };
            let answer = client.send(request).await.unwrap();
            let (body, io) = futures::join!(answer.response.into_body().collect(), answer.io);
            assert_eq!(body.unwrap().to_bytes(), "hello");
            io.unwrap();
            // A connection comes back a little after the last byte.
            while field.is_empty() && client.pool.as_ref().is_some_and(|pool| pool.len() == 0) {
                tokio::task::yield_now().await;
            }
        }
        connections.load(Ordering::Relaxed)
    }

    #[tokio::test]
    async fn connections_are_kept_unless_one_side_does_not_want_it() {
        assert_eq!(connections("", "").await, 1);
        let off = "[outbound_http]\nconnection_pooling = false";
        assert_eq!(connections(off, "").await, 3);
        assert_eq!(connections("", "connection: close\r\n").await, 3);
    }

    #[tokio::test]
    async fn the_wait_for_a_place_ends_with_the_connect_timeout() {
        let client = HttpClient {
            connections: Some(Arc::new(Semaphore::new(0))),
            ..HttpClient::default()
        };
        let mut timeouts = Timeouts::new(None);
        timeouts.connect = std::time::Duration::from_millis(10);
        let uri = Uri::from_static("http://127.0.0.1/");
        let late = client.connect_in_time(&uri, &timeouts).await;
        assert!(matches!(late, Err(Error::ConnectionTimeout)));
    }

    #[tokio::test]
    async fn a_connection_that_waits_gives_its_place_to_another_host() {
        let one = "[outbound_http]\nmax_connections = 2";
        let config = RuntimeConfig::parse(one, "runtime-config.toml".as_ref()).unwrap();
        let client = HttpClient::new(&config);
        for _ in 0..4 {
            let (address, _) = serve("").await;
            let request = OutboundRequest {
                component: "a".into(),
                request: Request::get(format!("http://{address}/"))
                    .body(crate::problem::empty())
                    .unwrap(),
                options: None,
            };
            let answer = client.send(request).await.unwrap();
            let body = answer.response.into_body().collect().await;
            assert_eq!(body.unwrap().to_bytes(), "hello");
        }
    }
}
