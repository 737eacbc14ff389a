//! The body of a component's response.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;
use wasmtime_wasi_http::Error;

use crate::Body;
use crate::instance::Exchange;

/// Keeps a request's place until its response has been sent, and tells a response that was cut
/// off from one that ended.
///
/// When an instance traps, its response bodies simply end. To the client of a chunked or HTTP/2
/// response that would look like the whole response; an error makes the connection or stream
/// break instead.
pub(crate) struct GuardedBody {
    inner: Body,
    exchange: Arc<Exchange>,
    _permit: OwnedSemaphorePermit,
    ended: bool,
}

impl GuardedBody {
    pub(crate) fn new(inner: Body, exchange: Arc<Exchange>, permit: OwnedSemaphorePermit) -> Self {
        Self {
            inner,
            exchange,
            _permit: permit,
            ended: false,
        }
    }
}

impl HttpBody for GuardedBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        match &frame {
            None | Some(Err(_)) => self.ended = true,
            // Nothing may follow trailers.
            Some(Ok(frame)) => self.ended = frame.is_trailers(),
        }
        if frame.is_none() && self.exchange.instance_failed() {
            return Poll::Ready(Some(Err(Error::HttpResponseIncomplete)));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.ended || (self.inner.is_end_stream() && !self.exchange.instance_failed())
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
