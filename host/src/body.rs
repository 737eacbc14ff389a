//! The body of a component's response.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::task::JoinHandle;
use wasmtime_wasi_http::Error;

use crate::Body;
use crate::instance::Exchange;

/// Keeps a request's place until its response has been sent, and tells a response that was cut
/// off from one that ended.
///
/// When an instance traps, its response bodies simply end. To the client of a chunked or HTTP/2
/// response that would look like the whole response; an error makes the connection or stream
/// break instead.
///
/// Nobody asks a body for more while the client takes nothing (a full socket, an HTTP/2 window of
/// zero), so the time for it is kept outside: when it is up, the place is given back all the same.
pub(crate) struct GuardedBody {
    inner: Body,
    exchange: Arc<Exchange>,
    time_is_up: JoinHandle<()>,
    ended: bool,
}

impl GuardedBody {
    /// `limit` is how long sending may take, from now on.
    pub(crate) fn new(inner: Body, exchange: Arc<Exchange>, limit: Duration) -> Self {
        let leaving = Arc::clone(&exchange);
        let time_is_up = tokio::spawn(async move {
            tokio::time::sleep(limit).await;
            leaving.leave();
        });
        Self {
            inner,
            exchange,
            time_is_up,
            ended: false,
        }
    }
}

impl Drop for GuardedBody {
    fn drop(&mut self) {
        // Not left to the task, which ends a little later.
        self.exchange.leave();
        self.time_is_up.abort();
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
        if Pin::new(&mut self.time_is_up).poll(cx).is_ready() {
            self.ended = true;
            return Poll::Ready(Some(Err(Error::HttpResponseIncomplete)));
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
