//! The body of a component's response.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use wasmtime_wasi_http::Error;

use crate::Body;
use crate::exchange::Sent;

/// Keeps a request's place until its response has been sent, and tells a response that was cut
/// off from one that ended.
///
/// When an instance traps, its response bodies simply end. To the client of a chunked or HTTP/2
/// response that would look like the whole response; an error makes the connection or stream
/// break instead. Those whose length was announced end in an error about that, which is not the cause.
///
/// Nobody asks a body for more while the client takes nothing (a full socket, an HTTP/2 window of
/// zero), so the time for it is kept outside: when it is up, the place is given back all the same.
pub(crate) struct GuardedBody {
    inner: Body,
    sent: Sent,
    ended: bool,
}

impl GuardedBody {
    pub(crate) fn new(inner: Body, sent: Sent) -> Self {
        Self {
            inner,
            sent,
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
        if self.sent.exchange.is_late(cx.waker()) {
            self.ended = true;
            return Poll::Ready(Some(Err(Error::HttpResponseIncomplete)));
        }
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        match &frame {
            None | Some(Err(_)) => self.ended = true,
            // Nothing may follow trailers.
            Some(Ok(frame)) => self.ended = frame.is_trailers(),
        }
        if !matches!(&frame, Some(Ok(_))) && self.sent.exchange.instance_failed() {
            return Poll::Ready(Some(Err(Error::HttpResponseIncomplete)));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.ended || (self.inner.is_end_stream() && !self.sent.exchange.instance_failed())
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
