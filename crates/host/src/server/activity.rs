//! Whether a connection carries a request at the moment, and since when nothing moves on it.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Instant;

use super::open::Wanted;
use crate::Body;

/// What a connection does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    /// No request has arrived yet.
    Nothing,
    /// At least one request is unanswered, or its response is still being sent.
    Working,
    /// Responses are there to be sent, but the peer has taken nothing of any for this long.
    Stuck(Duration),
    /// Every request so far was answered; the last one this long ago.
    Idle(Duration),
}

/// Counts the requests in progress on one connection.
#[derive(Debug)]
pub(super) struct Activity {
    // One lock of a few nanoseconds at either end of a request, hardly ever contended: two
    // atomics could not be read together.
    state: Mutex<State>,
    /// Is told when the connection becomes idle.
    wanted: Arc<Wanted>,
}

#[derive(Debug, Default)]
struct State {
    in_progress: usize,
    /// How many of them have something that the peer has yet to take.
    offered: usize,
    /// When the last one ended or the peer took something.
    moved: Option<Instant>,
}

impl Activity {
    pub(super) fn new(wanted: Arc<Wanted>) -> Self {
        Self {
            state: Mutex::default(),
            wanted,
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.state().in_progress == 0
    }

    pub(super) fn begin(self: &Arc<Self>) -> InProgress {
        self.state().in_progress += 1;
        InProgress {
            activity: Arc::clone(self),
            offered: false,
        }
    }

    pub(super) fn doing(&self) -> Doing {
        let state = self.state();
        match (state.in_progress, state.moved) {
            (0, None) => Doing::Nothing,
            (0, Some(since)) => Doing::Idle(since.elapsed()),
            (all, Some(since)) if all == state.offered => Doing::Stuck(since.elapsed()),
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
pub(super) struct InProgress {
    activity: Arc<Activity>,
    offered: bool,
}

impl InProgress {
    /// Notes that the peer is ready for more, and whether there is something for it.
    fn moved(&mut self, offered: bool) {
        let mut state = self.activity.state();
        state.offered -= usize::from(self.offered);
        state.offered += usize::from(offered);
        state.moved = Some(Instant::now());
        self.offered = offered;
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        self.moved(false);
        let mut state = self.activity.state();
        state.in_progress -= 1;
        let is_idle = state.in_progress == 0;
        drop(state);
        if is_idle {
            self.activity.wanted.look_again();
        }
    }
}

/// A response's body that keeps its request in progress until it was sent or given up: a long
/// download or an event stream is not an idle connection.
pub(super) struct TrackedBody {
    body: Body,
    in_progress: InProgress,
}

impl TrackedBody {
    pub(super) fn new(body: Body, mut in_progress: InProgress) -> Self {
        // Its head is something to take.
        in_progress.moved(true);
        Self { body, in_progress }
    }
}

impl HttpBody for TrackedBody {
    type Data = Bytes;
    type Error = <Body as HttpBody>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        // hyper asks for a frame when it has room for it, so being asked again means that the
        // peer took something; and while this body has none to give, the peer keeps nobody waiting.
        self.in_progress.moved(frame.is_ready());
        frame
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
