//! The server over real sockets, with small services in place of an application.

mod lifecycle;
mod limits;
mod protocol;
mod tls;

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;

type Answer = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

/// A service made of a closure.
#[derive(Clone)]
struct Handler(Arc<dyn Fn(Request<Body>, Origin) -> Answer + Send + Sync>);

impl Service for Handler {
    async fn call(&self, request: Request<Body>, origin: Origin) -> Response<Body> {
        (self.0)(request, origin).await
    }
}

fn handler<F, A>(answer: F) -> Handler
where
    F: Fn(Request<Body>, Origin) -> A + Send + Sync + 'static,
    A: Future<Output = Response<Body>> + Send + 'static,
{
    Handler(Arc::new(move |request, origin| {
        Box::pin(answer(request, origin))
    }))
}

fn hello() -> Handler {
    handler(|_, _| async { text("hello") })
}

fn text(body: impl Into<bytes::Bytes>) -> Response<Body> {
    let body = Full::new(body.into()).map_err(|never| match never {});
    Response::new(body.boxed_unsync())
}

/// Limits of time that no machine is too slow for.
fn patient() -> ServerOptions {
    let long = Duration::from_secs(3600);
    ServerOptions {
        tls_handshake_timeout: long,
        header_read_timeout: long,
        idle_timeout: long,
        shutdown_timeout: long,
        ..ServerOptions::default()
    }
}

/// A server that runs until it is told to end.
struct Running {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    ended: JoinHandle<io::Result<Ended>>,
}

impl Running {
    async fn start(service: Handler, options: ServerOptions) -> Self {
        let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(serve(listener, service, options, async {
            _ = stopped.await;
        }));
        Self {
            address,
            stop: Some(stop),
            ended,
        }
    }

    fn stop(&mut self) {
        self.stop.take().expect("it stops once").send(()).unwrap();
    }

    async fn ended(self) -> Ended {
        within(self.ended).await.unwrap().unwrap()
    }

    async fn connect(&self) -> Client {
        Client(TcpStream::connect(self.address).await.unwrap())
    }
}

/// One plain connection, spoken to in bytes.
struct Client(TcpStream);

impl Client {
    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    async fn get(&mut self) -> String {
        self.send("GET / HTTP/1.1\r\nhost: test\r\n\r\n").await;
        self.until("hello").await
    }

    /// Reads until what came ends with `end`.
    async fn until(&mut self, end: &str) -> String {
        let mut read = Vec::new();
        while !read.ends_with(end.as_bytes()) {
            let byte = within(self.0.read_u8()).await;
            let so_far = String::from_utf8_lossy(&read).into_owned();
            read.push(byte.unwrap_or_else(|error| panic!("{error} after {so_far:?}")));
        }
        String::from_utf8(read).unwrap()
    }

    /// Reads what comes until the server closes the connection.
    async fn rest(&mut self) -> String {
        String::from_utf8(self.rest_bytes().await).unwrap()
    }

    async fn rest_bytes(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        // A reset is an end like any other: it only means that the server left something unread.
        _ = within(self.0.read_to_end(&mut rest)).await;
        rest
    }
}

/// So that a test that would wait for ever fails instead.
async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(600), future)
        .await
        .expect("it takes too long")
}
