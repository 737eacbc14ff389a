//! What has come of a request before it takes a place.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body_util::BodyExt as _;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use wasmtime_wasi_http::Error;

use super::clients::Charge;
use super::pace::PacedBody;

/// How much of a body has to come before its request takes a place, in bytes, unless it ends before.
/// Most bodies are shorter; of a longer one enough has come to show that its client sends.
pub(crate) const MAX_AWAITED: usize = 64 << 10;

/// What a body that has not come takes of the memory for bodies, whatever its length, in bytes: about
/// what HTTP/2 keeps for a stream.
const LEAST_CHARGE: usize = 1 << 10;

/// Why a body did not come.
pub(super) enum NotArrived {
    /// The memory for bodies is taken.
    NoRoom,
    /// It broke off, or is not in the form of HTTP.
    Broken,
}

/// Reads `body` to its end, or to [`MAX_AWAITED`] bytes.
pub(super) async fn arrived(
    mut body: PacedBody,
    mut charge: Charge,
) -> Result<ArrivedBody, NotArrived> {
    if !charge.grow(LEAST_CHARGE) {
        return Err(NotArrived::NoRoom);
    }
    let mut whole = None;
    let mut copied = BytesMut::new();
    let mut trailers = None;
    let mut has_ended = false;
    let mut length = 0;
    while length < MAX_AWAITED && !has_ended {
        match body.frame().await {
            None => has_ended = true,
            Some(Err(_)) => return Err(NotArrived::Broken),
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => {
                    length += data.len();
                    if !charge.grow(data.len()) {
                        return Err(NotArrived::NoRoom);
                    }
                    has_ended = body.is_end_stream();
                    // A part of a body keeps the whole buffer that the connection read into.
                    if has_ended && copied.is_empty() {
                        whole = Some(data);
                    } else {
                        copied.extend_from_slice(&data);
                    }
                }
                Err(frame) => {
                    trailers = frame.into_trailers().ok();
                    has_ended = true;
                }
            },
        }
    }
    let first = whole.or_else(|| (!copied.is_empty()).then(|| copied.freeze()));
    Ok(ArrivedBody {
        first,
        trailers,
        rest: (!has_ended).then_some(body),
        charge: Some(charge),
    })
}

/// A body of which the beginning, or all of it, is in memory.
pub(super) struct ArrivedBody {
    first: Option<Bytes>,
    trailers: Option<HeaderMap>,
    rest: Option<PacedBody>,
    charge: Option<Charge>,
}

impl ArrivedBody {
    /// Whether it is in memory from beginning to end.
    pub(super) fn is_whole(&self) -> bool {
        self.rest.is_none()
    }
}

impl HttpBody for ArrivedBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        self.charge = None;
        if let Some(trailers) = self.trailers.take() {
            return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
        }
        match &mut self.rest {
            Some(rest) => Pin::new(rest).poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        let rest = self.rest.as_ref();
        self.first.is_none() && self.trailers.is_none() && rest.is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let first = self.first.as_ref().map_or(0, Bytes::len) as u64;
        let rest = self.rest.as_ref().map(HttpBody::size_hint);
        let rest = rest.unwrap_or_else(|| SizeHint::with_exact(0));
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(first));
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(first));
        }
        hint
    }
}
