//! The bytes between the driver and a server.
//!
//! The driver keeps a message whole, however long it is, and leaves the plain connection to itself.
//! So it is made to believe that every connection is a protected one, which is negotiated here, and
//! what it reads comes through [`Wire`], which ends a connection whose server sends too much at once.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio_postgres::Socket;
use tokio_postgres::config::{SslMode, SslNegotiation};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect};
use tokio_rustls::TlsConnector;

use crate::MAX_BUFFERED_BYTES;

/// Asks for TLS: the length of the message, and a number that is no version of the protocol.
/// See <https://www.postgresql.org/docs/current/protocol-message-formats.html>.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// A message's type and its length.
const HEADER_BYTES: usize = 5;

/// How connections to one address are made.
#[derive(Clone)]
pub(super) struct Transport {
    pub(super) mode: SslMode,
    pub(super) negotiation: SslNegotiation,
    pub(super) config: Arc<ClientConfig>,
    /// Whether closing a connection waits until the server has closed its side. A server does so
    /// after it has acted on a request to end a statement, and the driver does not wait for it.
    pub(super) awaits_end: bool,
}

impl MakeTlsConnect<Socket> for Transport {
    type Stream = Wire;
    type TlsConnect = Connect;
    type Error = io::Error;

    fn make_tls_connect(&mut self, host: &str) -> io::Result<Connect> {
        Ok(Connect {
            transport: self.clone(),
            host: host.to_owned(),
        })
    }
}

/// A connection to be made.
pub(super) struct Connect {
    transport: Transport,
    host: String,
}

impl Connect {
    async fn negotiate(self, mut socket: Socket) -> io::Result<Wire> {
        let Transport {
            mode,
            negotiation,
            config,
            awaits_end,
        } = self.transport;
        if mode == SslMode::Disable {
            return Ok(Wire::new(Box::new(socket), awaits_end));
        }
        if negotiation != SslNegotiation::Direct {
            socket.write_all(&SSL_REQUEST).await?;
            if socket.read_u8().await? != b'S' {
                if mode == SslMode::Prefer {
                    return Ok(Wire::new(Box::new(socket), awaits_end));
                }
                return Err(io::Error::other("the server does not support TLS"));
            }
        }
        let name = ServerName::try_from(self.host).map_err(io::Error::other)?;
        let stream = TlsConnector::from(config).connect(name, socket).await?;
        Ok(Wire::new(Box::new(stream), awaits_end))
    }
}

impl TlsConnect<Socket> for Connect {
    type Stream = Wire;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<Wire>>;

    fn connect(self, socket: Socket) -> Self::Future {
        self.negotiate(socket).boxed()
    }
}

pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A connection, protected or not, whose server may send messages of so many bytes at most.
pub(super) struct Wire {
    stream: Box<dyn Stream>,
    lengths: Lengths,
    awaits_end: bool,
    is_shut: bool,
}

impl Wire {
    fn new(stream: Box<dyn Stream>, awaits_end: bool) -> Self {
        Self {
            stream,
            lengths: Lengths::default(),
            awaits_end,
            is_shut: false,
        }
    }

    /// Ready when the server has closed its side; what it sends until then is of no interest.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut scratch = [0; 64];
        loop {
            let mut buffer = ReadBuf::new(&mut scratch);
            let result = ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer));
            if result.is_err() || buffer.filled().is_empty() {
                return Poll::Ready(());
            }
        }
    }
}

impl tokio_postgres::tls::TlsStream for Wire {
    /// None: the hash that SCRAM wants depends on the certificate's signature, and without it the
    /// exchange is protected by TLS alone.
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        self.lengths.check(&buffer.filled()[before..])?;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.is_shut {
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
            self.is_shut = true;
        }
        if self.awaits_end {
            ready!(self.poll_end(cx));
        }
        Poll::Ready(Ok(()))
    }
}

/// Follows the lengths of the messages that pass by.
#[derive(Default)]
struct Lengths {
    header: [u8; HEADER_BYTES],
    /// How much of the header has passed.
    seen: usize,
    /// How much of the message after it is to come.
    rest: usize,
}

impl Lengths {
    /// Takes note of what has arrived.
    ///
    /// # Errors
    ///
    /// If it begins a message that is too long to be kept.
    fn check(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let passing = self.rest.min(bytes.len());
            self.rest -= passing;
            bytes = &bytes[passing..];
            let part = (HEADER_BYTES - self.seen).min(bytes.len());
            self.header[self.seen..self.seen + part].copy_from_slice(&bytes[..part]);
            self.seen += part;
            bytes = &bytes[part..];
            if self.seen == HEADER_BYTES {
                let [_, length @ ..] = self.header;
                // The length counts itself. What makes no sense is the driver's to refuse.
                self.rest = (u32::from_be_bytes(length) as usize).saturating_sub(4);
                self.seen = 0;
                if self.rest > MAX_BUFFERED_BYTES {
                    return Err(io::Error::other(format!(
                        "a row or message exceeds the limit of {MAX_BUFFERED_BYTES} bytes"
                    )));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_followed_however_the_bytes_are_cut() {
        let mut messages = Vec::new();
        for length in [0_u32, 1, 300, 0, 7] {
            messages.push(b'D');
            messages.extend((length + 4).to_be_bytes());
            messages.extend(vec![0xFF; length as usize]);
        }
        let too_long = [b'D', 0x7F, 0xFF, 0xFF, 0xFF];
        for size in [1, 2, 3, 5, 7, 64, messages.len()] {
            let mut lengths = Lengths::default();
            for chunk in messages.chunks(size) {
                lengths.check(chunk).unwrap();
            }
            assert_eq!((lengths.seen, lengths.rest), (0, 0), "{size}");
            assert!(
                too_long
                    .chunks(size)
                    .any(|chunk| lengths.check(chunk).is_err())
            );
        }
    }
}
