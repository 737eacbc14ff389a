//! Requests under way.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::Response;
use jenny_host::Body;

use crate::leftovers::OpenRequest;
use crate::response::{Ended, StreamingResponse, TestResponse};
use crate::settle::Settling;

/// A request that is sent as soon as this is awaited; its answer's head.
#[must_use = "a request is sent when this is awaited"]
pub struct SendingHead(BoxFuture<'static, StreamingResponse>);

impl SendingHead {
    pub(super) fn new(
        answer: impl Future<Output = Response<Body>> + Send + 'static,
        mut open: OpenRequest,
    ) -> Self {
        let exchange = async move {
            open.running();
            let answer = answer.await;
            open.answered();
            StreamingResponse::new(answer, open)
        };
        Self(exchange.boxed())
    }
}

impl Future for SendingHead {
    type Output = StreamingResponse;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll_unpin(context)
    }
}

/// A request that is sent as soon as this is awaited; its whole answer.
#[must_use = "a request is sent when this is awaited"]
pub struct Sending(BoxFuture<'static, TestResponse>);

impl Sending {
    pub(super) fn new(head: SendingHead, settling: Settling) -> Self {
        let exchange = async move {
            match head.await.read_to_failure(&settling).await {
                Ok(response) => response,
                Err(Ended::Failure(failure)) => panic!("{failure}"),
                Err(Ended::Broken(broken)) => panic!("{broken}"),
            }
        };
        Self(exchange.boxed())
    }
}

impl Future for Sending {
    type Output = TestResponse;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(ready!(self.0.poll_unpin(context)))
    }
}
