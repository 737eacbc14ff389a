//! The HTTP server: a listener, HTTP/1.1 and HTTP/2, TLS when asked, and an orderly end.
//!
//! Everything that a stranger on the network could make grow is bounded here: connections (idle ones
//! give way to new ones, and while there are none the listener pauses rather than queueing without
//! end), the size of a request's head, the time a head may take, the time a TLS handshake may take,
//! and the time that a shutdown waits.
//!
//! ```
//! use jenny_host::server::{self, ServerOptions, Service};
//! use jenny_host::{Body, Origin};
//! use http_body_util::BodyExt as _;
//!
//! #[derive(Clone)]
//! struct Hello;
//!
//! impl Service for Hello {
//!     async fn call(&self, _: http::Request<Body>, _: Origin) -> http::Response<Body> {
//!         let body = http_body_util::Full::from("hello").map_err(|never| match never {});
//!         http::Response::new(body.boxed_unsync())
//!     }
//! }
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let listener = server::bind("127.0.0.1:0".parse().unwrap()).await?;
//! println!("serving {}", listener.local_addr()?);
//! let shutdown = async { /* wait for a signal */ };
//! server::serve(listener, Hello, ServerOptions::default(), shutdown).await?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

mod activity;
mod connection;
mod open;
#[cfg(test)]
mod tests;
mod tls;

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use http::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::{Body, Origin};
use connection::Phase;
use open::{OpenConnections, Warned};
pub use tls::{TlsError, load_tls};

/// How long accepting pauses after the operating system refused a connection for want of
/// something (file descriptors, memory): trying again at once would only burn the CPU that is
/// needed to finish what is open.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// What answers requests. [`crate::App`] is the one that matters; tests have smaller ones.
pub trait Service: Clone + Send + Sync + 'static {
    /// Answers one request. It never fails: an error is a response.
    fn call(
        &self,
        request: Request<Body>,
        origin: Origin,
    ) -> impl Future<Output = Response<Body>> + Send;
}

impl Service for crate::App {
    async fn call(&self, request: Request<Body>, origin: Origin) -> Response<Body> {
        self.handle(request, origin).await
    }
}

impl crate::App {
    /// What [`serve`] does, for an application.
    ///
    /// It takes no type parameter, and so the path of a request is compiled with this crate, for
    /// speed, rather than with the one that calls.
    pub fn serve(
        &self,
        listener: TcpListener,
        options: ServerOptions,
        shutdown: BoxFuture<'static, ()>,
    ) -> BoxFuture<'static, io::Result<Ended>> {
        Box::pin(serve(listener, self.clone(), options, shutdown))
    }
}

/// The server's limits, all of them finite.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Serve HTTPS with this configuration, made by [`load_tls`]; `None` is plain HTTP.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// Connections open at once. At the limit the one that has been idle for longest is closed for a
    /// new one. While none is idle newcomers wait in the operating system's backlog, which is
    /// bounded too. Default 4,096.
    pub max_connections: usize,
    /// How long a TLS handshake may take. Default 10 s.
    pub tls_handshake_timeout: Duration,
    /// How long the head of a request may take to arrive, counted from the moment when the
    /// connection could carry one; so it also ends an HTTP/1.1 connection that stays silent.
    /// Default 30 s.
    pub header_read_timeout: Duration,
    /// How long a connection may stay open with no request in progress, or with responses of
    /// which the peer takes nothing. Default 120 s.
    pub idle_timeout: Duration,
    /// The most bytes that the head of a request may have (431 beyond it), and at least
    /// [`MIN_HEADER_BYTES`]. In HTTP/2 each field counts 32 more (RFC 9113, section 6.5.2), in
    /// HTTP/1 there may be 100 fields. Default 64 KiB: tokens and cookies of single sign-on go
    /// beyond the 32 KiB that nginx allows.
    pub max_header_bytes: usize,
    /// Requests in progress at once on one HTTP/2 connection. Default 128: RFC 9113, section
    /// 6.5.2, advises against fewer than 100.
    pub max_concurrent_streams: u32,
    /// How long requests in flight may take to finish once a shutdown began. Default 30 s, the
    /// time that a request may take at most by default.
    pub shutdown_timeout: Duration,
}

/// The smallest value of [`ServerOptions::max_header_bytes`], in bytes; hyper accepts no less.
pub const MIN_HEADER_BYTES: usize = 8192;

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            tls: None,
            max_connections: 4096,
            tls_handshake_timeout: Duration::from_secs(10),
            header_read_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(120),
            max_header_bytes: 64 * 1024,
            max_concurrent_streams: 128,
            shutdown_timeout: Duration::from_secs(30),
        }
    }
}

impl ServerOptions {
    fn http(&self) -> auto::Builder<TokioExecutor> {
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            // A client that has sent its request may say that it sends no more, and is answered all the
            // same. One that has gone says the same; what it asked for ends by the limits of any request.
            .half_close(true)
            .header_read_timeout(self.header_read_timeout)
            .max_buf_size(self.max_header_bytes.max(MIN_HEADER_BYTES));
        builder
            .http2()
            .timer(TokioTimer::new())
            // Without pings a peer that vanished would hold its place until the idle time-out.
            .keep_alive_interval(Duration::from_secs(20))
            .keep_alive_timeout(Duration::from_secs(20))
            .max_concurrent_streams(self.max_concurrent_streams)
            .max_header_list_size(u32::try_from(self.max_header_bytes).unwrap_or(u32::MAX));
        builder
    }
}

/// Why an address could not be listened on. The message names the address and what to do.
#[derive(Debug, Error)]
pub enum BindError {
    /// Another program listens there.
    #[error(
        "port {port} is already in use ({0}); stop the program that holds it or choose another \
         address with --listen",
        port = .0.port()
    )]
    InUse(SocketAddr),
    /// Ports below 1024 usually need a privilege.
    #[error("no permission to listen on {0}; choose a port above 1023 with --listen")]
    Denied(SocketAddr),
    /// Anything else, such as an address that this machine does not have.
    #[error("cannot listen on {address}: {source}; choose another address with --listen")]
    Other {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
}

/// Starts to listen. With port 0 the operating system picks a free one, which
/// [`TcpListener::local_addr`] tells.
///
/// # Errors
///
/// A [`BindError`] when the address is taken, forbidden or not of this machine.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, BindError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| match source.kind() {
            io::ErrorKind::AddrInUse => BindError::InUse(address),
            io::ErrorKind::PermissionDenied => BindError::Denied(address),
            _ => BindError::Other { address, source },
        })
}

/// How a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Connections that were still busy when [`ServerOptions::shutdown_timeout`] ran out, and
    /// were cut off. 0 means that every request in flight was answered.
    pub cut_off: usize,
}

/// Serves until `shutdown` completes, then lets the requests in flight finish.
///
/// After `shutdown` nothing new is accepted, idle connections are closed, and the rest have
/// [`ServerOptions::shutdown_timeout`]. To stop at once, drop the future: every connection goes
/// with it.
///
/// # Errors
///
/// When the listener has no local address, which means that it is not a listening socket. Errors
/// of single connections are logged and end that connection alone.
pub async fn serve<S: Service>(
    listener: TcpListener,
    service: S,
    options: ServerOptions,
    shutdown: impl Future<Output = ()>,
) -> io::Result<Ended> {
    let local_address = listener.local_addr()?;
    let shutdown_timeout = options.shutdown_timeout;
    // The receivers do two jobs: they bring the news to the connections, and `closed` waits until
    // the last connection has dropped its own.
    let (phase, _) = watch::channel(Phase::Serving);
    let open = OpenConnections::new(options.max_connections.max(1));
    let mut warned = Warned::default();
    let context = Arc::new(connection::Context::new(service, options, local_address));
    let mut shutdown = pin!(shutdown);

    loop {
        let next = async {
            let accepted = accept(&listener).await;
            // One that waits for its place is open already; the others stay in the backlog.
            (open.place(&mut warned).await, accepted)
        };
        let (place, (stream, peer)) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = next => accepted,
        };
        let phase = phase.subscribe();
        tokio::spawn(connection::run(
            Arc::clone(&context),
            stream,
            peer,
            place,
            phase,
        ));
    }

    drop(listener);
    phase.send_replace(Phase::Draining);
    let drained = tokio::time::timeout(shutdown_timeout, phase.closed()).await;
    let cut_off = match drained {
        Ok(()) => 0,
        Err(_) => phase.receiver_count(),
    };
    phase.send_replace(Phase::Stopping);
    phase.closed().await;
    Ok(Ended { cut_off })
}

async fn accept(listener: &TcpListener) -> (tokio::net::TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            // The peer gave up while it was still in the backlog: that says nothing about the
            // next one.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::ConnectionAborted
                        | io::ErrorKind::ConnectionReset
                        | io::ErrorKind::ConnectionRefused
                        | io::ErrorKind::Interrupted
                ) => {}
            Err(error) => {
                tracing::error!(%error, "cannot accept connections, trying again shortly");
                tokio::time::sleep(ACCEPT_RETRY).await;
            }
        }
    }
}
