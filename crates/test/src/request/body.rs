//! What requests, and answers from outside, carry.

use std::fmt;

use bytes::Bytes;
use futures::{Stream, TryStreamExt as _};
use http_body::Frame;
use http_body_util::{BodyExt as _, Full, StreamBody};
use jenny_host::{Body, HttpError};
use tokio::sync::mpsc;

/// The body of a request that was not sent yet.
pub(crate) enum RequestBody {
    Whole(Bytes),
    Streaming(Body),
}

impl Default for RequestBody {
    fn default() -> Self {
        Self::Whole(Bytes::new())
    }
}

impl RequestBody {
    pub(crate) fn streaming(
        chunks: impl Stream<Item = Result<Bytes, HttpError>> + Send + 'static,
    ) -> Self {
        Self::Streaming(of_chunks(chunks))
    }

    pub(crate) fn into_body(self) -> Body {
        match self {
            Self::Whole(bytes) => whole(bytes),
            Self::Streaming(body) => body,
        }
    }
}

pub(crate) fn whole(bytes: Bytes) -> Body {
    Full::new(bytes)
        .map_err(|never| match never {})
        .boxed_unsync()
}

pub(crate) fn of_chunks(
    chunks: impl Stream<Item = Result<Bytes, HttpError>> + Send + 'static,
) -> Body {
    StreamBody::new(chunks.map_ok(Frame::data)).boxed_unsync()
}

/// A body, and who feeds it.
pub(crate) fn channel() -> (BodySender, Body) {
    let (sender, mut receiver) = mpsc::channel(1);
    let chunks = futures::stream::poll_fn(move |context| receiver.poll_recv(context));
    (BodySender(sender), of_chunks(chunks))
}

/// Feeds a body while it is under way. Dropping it ends the body.
pub struct BodySender(mpsc::Sender<Result<Bytes, HttpError>>);

impl BodySender {
    /// Sends a chunk as soon as the one before has been taken.
    ///
    /// # Errors
    ///
    /// [`NotTaken`] when nobody reads the body any more.
    pub async fn send(&self, chunk: impl Into<Bytes>) -> Result<(), NotTaken> {
        self.0.send(Ok(chunk.into())).await.map_err(|_| NotTaken)
    }

    /// Ends the body.
    pub fn end(self) {}

    /// Breaks the body off, as a connection that is lost does.
    pub async fn break_off(self) {
        // Whoever reads no more does not see it break.
        _ = self.0.send(Err(HttpError::ConnectionTerminated)).await;
    }

    /// Waits until nobody reads the body any more.
    pub async fn closed(&self) {
        self.0.closed().await;
    }
}

/// Nobody reads the body any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotTaken;

impl fmt::Display for NotTaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody reads the body any more")
    }
}

impl std::error::Error for NotTaken {}
