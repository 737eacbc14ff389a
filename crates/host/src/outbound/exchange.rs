//! One HTTP/1.1 exchange, over a connection of its own or one that is kept.
//!
//! What `wasmtime_wasi_http::default_send_request` does, except that it connects to addresses that
//! were looked up, and checked, before.

use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::{Either, select};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Sleep;
use tokio_rustls::TlsConnector;
use wasmtime_wasi_http::{Error, RequestOptions};

use crate::Body;
use crate::capability::OutboundResponse;

/// What a component that asks for no time-out gets: wasmtime's number. Its own request ends
/// earlier.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);

/// How long the parts of an exchange may take.
pub(super) struct Timeouts {
    pub(super) connect: Duration,
    first_byte: Duration,
    between_bytes: Duration,
}

impl Timeouts {
    pub(super) fn new(options: Option<RequestOptions>) -> Self {
        let of = |timeout: fn(RequestOptions) -> Option<Duration>| {
            options.and_then(timeout).unwrap_or(DEFAULT_TIMEOUT)
        };
        Self {
            connect: of(|options| options.connect_timeout),
            first_byte: of(|options| options.first_byte_timeout),
            between_bytes: of(|options| options.between_bytes_timeout),
        }
    }
}

pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// An open connection, and what asks it.
pub(super) type Connection = (
    http1::SendRequest<Body>,
    http1::Connection<TokioIo<Box<dyn Stream>>, Body>,
);

/// Connects to the first address that answers.
pub(super) async fn connect(
    addresses: &[SocketAddr],
    tls: Option<(ServerName<'static>, Arc<ClientConfig>)>,
) -> Result<Connection, Error> {
    let stream = TcpStream::connect(addresses)
        .await
        .map_err(Error::Connect)?;
    let stream: Box<dyn Stream> = match tls {
        None => Box::new(stream),
        Some((name, config)) => {
            let connecting = TlsConnector::from(config).connect(name, stream);
            Box::new(connecting.await.map_err(Error::Tls)?)
        }
    };
    Ok(http1::handshake(TokioIo::new(stream)).await?)
}

/// Sends `request` and waits for the head of the response.
pub(super) async fn send(
    (mut sender, connection): Connection,
    request: Request<Body>,
    timeouts: &Timeouts,
) -> Result<OutboundResponse, Error> {
    let answer = tokio::time::timeout(timeouts.first_byte, sender.send_request(request));
    let (answer, rest) = match select(pin!(answer), Box::pin(connection)).await {
        Either::Left((answer, connection)) => (answer, Some(connection)),
        // The connection may be over before its answer has been looked at.
        Either::Right((Ok(()), answer)) => (answer.await, None),
        Either::Right((Err(error), _)) => return Err(error.into()),
    };
    let response = answer.map_err(|_| Error::ConnectionReadTimeout)??;
    let io = async move {
        match rest {
            Some(connection) => connection.await.map_err(failure),
            None => Ok(()),
        }
    };
    Ok(OutboundResponse {
        response: received(response, timeouts.between_bytes),
        io: io.boxed(),
    })
}

/// A connection that outlives an exchange, and its place among all connections.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) sender: http1::SendRequest<Body>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Kept {
    /// From here on the connection is driven by a task of its own.
    pub(super) fn new(
        (sender, connection): Connection,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Self {
        tokio::spawn(async move {
            // What goes wrong comes out of the exchange.
            _ = connection.await;
        });
        Self {
            sender,
            _permit: permit,
        }
    }
}

/// Why an exchange over a connection that was used before failed.
pub(super) enum KeptError {
    /// The connection was closed before it took the request, which is still whole.
    Unsent(Request<Body>),
    Failed(Error),
}

/// Sends `request` and waits for the head of the response; `done` gets the connection back when
/// the whole response has been read.
pub(super) async fn send_over(
    mut kept: Kept,
    request: Request<Body>,
    timeouts: &Timeouts,
    done: impl FnOnce(Kept) + Send + 'static,
) -> Result<OutboundResponse, KeptError> {
    let answer = tokio::time::timeout(timeouts.first_byte, kept.sender.try_send_request(request));
    let response = answer
        .await
        .map_err(|_| KeptError::Failed(Error::ConnectionReadTimeout))?
        .map_err(|mut error| match error.take_message() {
            Some(request) => KeptError::Unsent(request),
            None => KeptError::Failed(error.into_error().into()),
        })?;
    tokio::spawn(async move {
        if kept.sender.ready().await.is_ok() {
            done(kept);
        }
    });
    Ok(OutboundResponse {
        response: received(response, timeouts.between_bytes),
        io: async { Ok(()) }.boxed(),
    })
}

fn received(response: Response<Incoming>, between_bytes: Duration) -> Response<Body> {
    response.map(|incoming| {
        let body = ReceivedBody {
            incoming,
            between_bytes,
            patience: Box::pin(tokio::time::sleep(between_bytes)),
        };
        body.boxed_unsync()
    })
}

fn failure(error: hyper::Error) -> Error {
    if error.is_timeout() {
        Error::HttpResponseTimeout
    } else {
        error.into()
    }
}

/// The body of a response, whose sender may pause only so long.
struct ReceivedBody {
    incoming: Incoming,
    between_bytes: Duration,
    patience: Pin<Box<Sleep>>,
}

impl hyper::body::Body for ReceivedBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match Pin::new(&mut self.incoming).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                let between_bytes = self.between_bytes;
                self.patience.set(tokio::time::sleep(between_bytes));
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(failure(error)))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => {
                ready!(self.patience.as_mut().poll(cx));
                Poll::Ready(Some(Err(Error::ConnectionReadTimeout)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
