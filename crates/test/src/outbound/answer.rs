//! What comes back from outside.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt as _;
use futures::stream;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use jenny_host::capability::OutboundResponse;
use jenny_host::{Body, Clock, HttpError, RequestOptions};
use serde_json::Value;

use crate::outbound::SentRequest;
use crate::request::{BodySender, body};

/// What a host outside answers, or how reaching it fails.
#[derive(Clone)]
pub struct Answer(Kind);

#[derive(Clone)]
enum Kind {
    Response(Box<Canned>),
    Failure(Arc<dyn Fn() -> HttpError + Send + Sync>),
    Never,
}

#[derive(Clone)]
struct Canned {
    delay: Duration,
    status: StatusCode,
    headers: HeaderMap,
    pause: Duration,
    chunks: VecDeque<Bytes>,
    breaks_after: Option<usize>,
    fed: Option<Fed>,
}

/// A body that the test feeds. There is one, however often the answer is given.
type Fed = Arc<Mutex<Option<Body>>>;

/// Where an answer comes from.
#[derive(Clone)]
pub(super) enum Source {
    Canned(Answer),
    Computed(Arc<dyn Fn(&SentRequest) -> Answer + Send + Sync>),
}

impl Answer {
    /// An answer of this status, without a body.
    ///
    /// # Panics
    ///
    /// When it is not a status code.
    #[track_caller]
    pub fn status(status: u16) -> Self {
        let status = StatusCode::from_u16(status)
            .unwrap_or_else(|error| panic!("{status} is not a status: {error}"));
        Self(Kind::Response(Box::new(Canned {
            delay: Duration::ZERO,
            status,
            headers: HeaderMap::new(),
            pause: Duration::ZERO,
            chunks: VecDeque::new(),
            breaks_after: None,
            fed: None,
        })))
    }

    /// No answer but this error.
    pub fn failure(error: impl Fn() -> HttpError + Send + Sync + 'static) -> Self {
        Self(Kind::Failure(Arc::new(error)))
    }

    /// No answer at all. The component waits for as long as it asked to.
    pub fn never() -> Self {
        Self(Kind::Never)
    }

    #[track_caller]
    fn change(mut self, change: impl FnOnce(&mut Canned)) -> Self {
        let Kind::Response(canned) = &mut self.0 else {
            panic!("a failure has no status, headers or body");
        };
        change(canned);
        self
    }

    /// Adds a header.
    ///
    /// # Panics
    ///
    /// When the name or the value cannot be sent in HTTP, or this is a failure.
    #[track_caller]
    pub fn header(self, name: &str, value: &str) -> Self {
        let name = HeaderName::try_from(name)
            .unwrap_or_else(|error| panic!("{name:?} is not a header name: {error}"));
        let value = HeaderValue::try_from(value)
            .unwrap_or_else(|error| panic!("the value of {name} cannot be sent: {error}"));
        self.change(|canned| {
            canned.headers.append(name, value);
        })
    }

    /// Gives it a body.
    ///
    /// # Panics
    ///
    /// When this is a failure.
    #[track_caller]
    pub fn body(self, body: impl Into<Bytes>) -> Self {
        self.change(|canned| canned.chunks = VecDeque::from([body.into()]))
    }

    /// Gives it a body of JSON.
    ///
    /// # Panics
    ///
    /// When this is a failure.
    #[track_caller]
    pub fn json(self, body: impl Into<Value>) -> Self {
        self.header("content-type", "application/json")
            .body(body.into().to_string())
    }

    /// Waits so long before it is given, by the application's clock.
    ///
    /// # Panics
    ///
    /// When this is a failure.
    #[track_caller]
    pub fn late(self, delay: Duration) -> Self {
        self.change(|canned| canned.delay = delay)
    }

    /// Gives it a body that waits so long before each of its parts, by the application's clock. With
    /// no pause the parts come one by one all the same, and others get their turn between them.
    ///
    /// # Panics
    ///
    /// When this is a failure.
    #[track_caller]
    pub fn slow_body<C: Into<Bytes>>(
        self,
        pause: Duration,
        chunks: impl IntoIterator<Item = C>,
    ) -> Self {
        self.change(|canned| {
            canned.pause = pause;
            canned.chunks = chunks.into_iter().map(Into::into).collect();
        })
    }

    /// Breaks the body off after this many bytes, as a connection that is lost does.
    ///
    /// # Panics
    ///
    /// When this is a failure.
    #[track_caller]
    pub fn body_breaks_after(self, bytes: usize) -> Self {
        self.change(|canned| canned.breaks_after = Some(bytes))
    }

    /// Gives it a body that the test feeds. If it is given more than once, the others have none.
    ///
    /// # Panics
    ///
    /// When this is a failure.
    #[track_caller]
    pub fn fed_body(self) -> (BodySender, Self) {
        let (sender, body) = Self::feed();
        (sender, self.fed_by(body))
    }

    pub(super) fn feed() -> (BodySender, Body) {
        body::channel()
    }

    #[track_caller]
    pub(super) fn fed_by(self, body: Body) -> Self {
        self.change(|canned| canned.fed = Some(Arc::new(Mutex::new(Some(body)))))
    }

    /// Gives the answer to a component that waits as long as `options` say.
    pub(super) async fn give(
        self,
        clock: Option<Arc<dyn Clock>>,
        options: RequestOptions,
    ) -> Result<OutboundResponse, HttpError> {
        let canned = match self.0 {
            Kind::Response(canned) => canned,
            Kind::Failure(error) => return Err(error()),
            Kind::Never => {
                let wait = options.first_byte_timeout.unwrap_or(Duration::MAX);
                pause(clock.as_ref(), wait).await;
                return Err(HttpError::ConnectionReadTimeout);
            }
        };
        patiently(clock.as_ref(), canned.delay, options.first_byte_timeout).await?;
        let (mut response, ()) = Response::new(()).into_parts();
        response.status = canned.status;
        response.headers = canned.headers.clone();
        let body = canned.into_body(clock, options.between_bytes_timeout);
        Ok(OutboundResponse {
            response: Response::from_parts(response, body),
            io: async { Ok(()) }.boxed(),
        })
    }
}

impl Canned {
    fn into_body(self, clock: Option<Arc<dyn Clock>>, patience: Option<Duration>) -> Body {
        if let Some(fed) = self.fed {
            let fed = fed.lock().unwrap_or_else(PoisonError::into_inner).take();
            return fed.unwrap_or_else(|| body::whole(Bytes::new()));
        }
        let parts = Parts {
            clock,
            patience,
            pause: self.pause,
            chunks: self.chunks,
            left: self.breaks_after,
            broken: false,
        };
        body::of_chunks(stream::unfold(parts, |mut parts| async move {
            let next = parts.next().await?;
            Some((next, parts))
        }))
    }
}

/// The rest of a body.
struct Parts {
    clock: Option<Arc<dyn Clock>>,
    patience: Option<Duration>,
    pause: Duration,
    chunks: VecDeque<Bytes>,
    /// How many bytes it is before the body breaks off.
    left: Option<usize>,
    broken: bool,
}

impl Parts {
    async fn next(&mut self) -> Option<Result<Bytes, HttpError>> {
        if self.broken {
            return None;
        }
        if self.left == Some(0) || (self.left.is_some() && self.chunks.is_empty()) {
            self.broken = true;
            return Some(Err(HttpError::ConnectionTerminated));
        }
        let mut chunk = self.chunks.pop_front()?;
        if let Err(late) = patiently(self.clock.as_ref(), self.pause, self.patience).await {
            self.broken = true;
            return Some(Err(late));
        }
        if let Some(left) = &mut self.left {
            chunk.truncate(*left);
            *left -= chunk.len();
        }
        Some(Ok(chunk))
    }
}

/// Waits for `wait`, and no longer than the component does.
async fn patiently(
    clock: Option<&Arc<dyn Clock>>,
    wait: Duration,
    patience: Option<Duration>,
) -> Result<(), HttpError> {
    match patience.filter(|patience| *patience < wait) {
        Some(patience) => {
            pause(clock, patience).await;
            Err(HttpError::ConnectionReadTimeout)
        }
        None => {
            pause(clock, wait).await;
            Ok(())
        }
    }
}

/// Waits by the application's clock, or in real time where it has none. Whoever need not wait lets
/// others have their turn.
async fn pause(clock: Option<&Arc<dyn Clock>>, wait: Duration) {
    if wait.is_zero() {
        return tokio::task::yield_now().await;
    }
    let nanos = u64::try_from(wait.as_nanos());
    match (clock, nanos) {
        (_, Err(_)) => std::future::pending().await,
        (Some(clock), Ok(nanos)) => {
            let deadline = clock.monotonic_nanos().saturating_add(nanos);
            clock.wait_until(deadline).await;
        }
        (None, Ok(_)) => tokio::time::sleep(wait).await,
    }
}
