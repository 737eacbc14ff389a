//! Requests that have a task of their own.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::FutureExt as _;
use tokio::task::JoinHandle;

use crate::leftovers::OpenRequest;
use crate::request::Sending;
use crate::response::TestResponse;

/// A request that is under way, whether somebody awaits it or not. Awaiting it gives its answer.
///
/// Dropped before that, it fails its test, unless it [was allowed
/// to](crate::TestRequest::may_be_abandoned).
#[must_use = "a request that is left running fails its test"]
pub struct RunningRequest {
    task: JoinHandle<TestResponse>,
    open: OpenRequest,
}

impl RunningRequest {
    pub(super) fn new(sending: Sending, open: OpenRequest) -> Self {
        Self {
            task: tokio::spawn(sending),
            open,
        }
    }

    /// Whether the whole answer is there.
    pub fn is_answered(&self) -> bool {
        self.task.is_finished()
    }

    /// Leaves, as a caller does who closes the connection. When this is over, the application has
    /// been told.
    ///
    /// # Panics
    ///
    /// When the answer broke off before that.
    pub async fn abandon(mut self) {
        self.task.abort();
        self.open.done();
        if let Err(ended) = (&mut self.task).await
            && ended.is_panic()
        {
            std::panic::resume_unwind(ended.into_panic());
        }
    }
}

impl Future for RunningRequest {
    type Output = TestResponse;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<TestResponse> {
        let answer = ready!(self.task.poll_unpin(context));
        self.open.done();
        Poll::Ready(match answer {
            Ok(answer) => answer,
            Err(ended) if ended.is_panic() => std::panic::resume_unwind(ended.into_panic()),
            Err(_) => panic!("the runtime ended before {}", self.open.request()),
        })
    }
}

impl Drop for RunningRequest {
    fn drop(&mut self) {
        self.task.abort();
    }
}
