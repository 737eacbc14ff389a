//! Answers as they arrive.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Response, response};
use http_body_util::{BodyExt as _, Empty};
use jenny_host::{Body, HttpError};

use crate::failure::GuestFailure;
use crate::ledger::CallsOfRequest;
use crate::leftovers::OpenRequest;
use crate::response::TestResponse;
use crate::settle::Settling;
use crate::watch::Watched;

/// An answer whose head is there, and whose body is read as it arrives.
///
/// One that is neither read to its end nor [abandoned](Self::abandon) fails its test.
#[must_use = "an answer that is not read to its end fails its test"]
pub struct StreamingResponse {
    head: response::Parts,
    calls: CallsOfRequest,
    watched: Arc<Watched>,
    body: Body,
    chunks: Vec<Bytes>,
    trailers: HeaderMap,
    open: OpenRequest,
}

impl StreamingResponse {
    pub(crate) fn new(answer: Response<Body>, open: OpenRequest) -> Self {
        let (mut head, body) = answer.into_parts();
        let calls = head.extensions.remove();
        let watched = head.extensions.remove();
        Self {
            calls: calls.expect("the application puts it there"),
            watched: watched.expect("the application puts it there"),
            head,
            body,
            chunks: Vec::new(),
            trailers: HeaderMap::new(),
            open,
        }
    }

    /// The head, and what has been read of the body so far.
    pub fn received(&self) -> TestResponse {
        let body = match &self.chunks[..] {
            [whole] => whole.clone(),
            chunks => chunks.concat().into(),
        };
        TestResponse {
            status: self.head.status,
            headers: self.head.headers.clone(),
            body,
            trailers: self.trailers.clone(),
            request: self.open.request().clone(),
            calls: self.calls.clone(),
        }
    }

    /// The next part of the body as soon as it is there, or `None` at the end.
    ///
    /// # Errors
    ///
    /// [`BrokenBody`] when the answer breaks off here.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, BrokenBody> {
        while let Some(frame) = self.body.frame().await {
            let frame = frame.map_err(|error| {
                self.open.done();
                self.watched.forgive();
                BrokenBody {
                    error,
                    received: Box::new(self.received()),
                }
            })?;
            match frame.into_data() {
                Ok(chunk) => {
                    self.chunks.push(chunk.clone());
                    return Ok(Some(chunk));
                }
                Err(frame) => self
                    .trailers
                    .extend(frame.into_trailers().unwrap_or_default()),
            }
        }
        self.open.done();
        Ok(None)
    }

    /// Reads the rest.
    ///
    /// # Errors
    ///
    /// [`BrokenBody`] when the answer breaks off.
    pub async fn read_to_end(mut self) -> Result<TestResponse, BrokenBody> {
        while self.chunk().await?.is_some() {}
        Ok(self.received())
    }

    /// Reads the rest, and says what went wrong with the component, if anything did.
    pub(crate) async fn read_to_failure(
        mut self,
        settling: &Settling,
    ) -> Result<TestResponse, Ended> {
        let mut broken = None;
        loop {
            match self.chunk().await {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(error) => {
                    broken = Some(error);
                    break;
                }
            }
        }
        let response = self.received();
        // A body that is held is a request in progress, which nobody waits for.
        self.body = Empty::new().map_err(|never| match never {}).boxed_unsync();
        // What it does after its answer is part of the request, and so is how that ends.
        settling.settle().await;
        match (self.watched.failure().await, broken) {
            (Some(end), _) => Err(Ended::Failure(GuestFailure::new(end, response))),
            (None, Some(broken)) => Err(Ended::Broken(broken)),
            (None, None) => Ok(response),
        }
    }

    /// Reads no more, as a caller does who closes the connection.
    pub fn abandon(mut self) {
        self.open.done();
    }
}

impl fmt::Debug for StreamingResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.received().fmt(f)
    }
}

/// Why there is no whole answer.
pub(crate) enum Ended {
    /// A component failed.
    Failure(GuestFailure),
    /// The answer broke off, which a component may want.
    Broken(BrokenBody),
}

/// An answer that broke off.
#[derive(Debug)]
pub struct BrokenBody {
    /// What the host says of it.
    pub error: HttpError,
    /// The answer up to there.
    pub received: Box<TestResponse>,
}

impl fmt::Display for BrokenBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the answer to {} broke off: {}; received: {:?}",
            self.received.request, self.error, self.received
        )
    }
}

impl std::error::Error for BrokenBody {}
