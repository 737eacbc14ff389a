//! Whether a connection carries a request at the moment, and since when it does not.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Instant;

use crate::Body;

/// What a connection does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    /// No request has arrived yet.
    Nothing,
    /// At least one request is unanswered, or its response is still being sent.
    Working,
    /// Every request so far was answered; the last one this long ago.
    Idle(Duration),
}

/// Counts the requests in progress on one connection.
#[derive(Debug, Default)]
pub(super) struct Activity {
    // One lock of a few nanoseconds at either end of a request, hardly ever contended: two
    // atomics could not be read together.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    in_progress: usize,
    /// When the last one ended.
    quiet_since: Option<Instant>,
}

impl Activity {
    pub(super) fn begin(self: &Arc<Self>) -> InProgress {
        self.state().in_progress += 1;
        InProgress(Arc::clone(self))
    }

    pub(super) fn doing(&self) -> Doing {
        let state = self.state();
        match (state.in_progress, state.quiet_since) {
            (0, None) => Doing::Nothing,
            (0, Some(since)) => Doing::Idle(since.elapsed()),
            _ => Doing::Working,
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // Nothing that could panic happens under the lock, and a count is never half written.
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// One request in progress; dropping it ends the request.
#[derive(Debug)]
pub(super) struct InProgress(Arc<Activity>);

impl Drop for InProgress {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.in_progress -= 1;
        if state.in_progress == 0 {
            state.quiet_since = Some(Instant::now());
        }
    }
}

/// A response's body that keeps its request in progress until it was sent or given up: a long
/// download or an event stream is not an idle connection.
pub(super) struct TrackedBody {
    body: Body,
    _in_progress: InProgress,
}

impl TrackedBody {
    pub(super) fn new(body: Body, in_progress: InProgress) -> Self {
        Self {
            body,
            _in_progress: in_progress,
        }
    }
}

impl HttpBody for TrackedBody {
    type Data = Bytes;
    type Error = <Body as HttpBody>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// hyper's body as the host's, streamed: the guest reads what the client has sent so far.
pub(super) fn boxed(body: hyper::body::Incoming) -> Body {
    body.map_err(Into::into).boxed_unsync()
}
