//! The client.

pub(crate) mod body;
mod running;
mod sending;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, Method, Request, Uri, header};
use serde::Serialize;

use crate::app::TestApp;
use crate::failure::GuestFailure;
use crate::leftovers::OpenRequest;
use crate::response::{Ended, TestResponse};

use self::body::RequestBody;
pub use self::body::{BodySender, NotTaken};
pub use self::running::RunningRequest;
pub use self::sending::{Sending, SendingHead};

/// A request under construction; [`send`](Self::send) sends it.
///
/// One that is never sent fails its test when it is dropped.
#[must_use = "a request does nothing until it is sent"]
pub struct TestRequest<'app> {
    app: &'app TestApp,
    request: Request<RequestBody>,
    open: OpenRequest,
}

impl<'app> TestRequest<'app> {
    #[track_caller]
    pub(crate) fn new(app: &'app TestApp, method: Method, path: &str) -> Self {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost:3000")
            .body(RequestBody::default())
            .unwrap_or_else(|error| panic!("{path:?} is not a path: {error}"));
        let open = OpenRequest::new(app.open_requests(), summary(&request));
        Self { app, request, open }
    }

    /// Sets a header; a second one of the same name is sent beside the first.
    ///
    /// # Panics
    ///
    /// When the name or the value cannot be sent in HTTP.
    #[track_caller]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let name = HeaderName::try_from(name)
            .unwrap_or_else(|error| panic!("{name:?} is not a header name: {error}"));
        let value = HeaderValue::from_bytes(value.as_ref())
            .unwrap_or_else(|error| panic!("the value of {name} cannot be sent: {error}"));
        self.request.headers_mut().append(name, value);
        self
    }

    /// Sends the access token in `Authorization: Bearer …` (RFC 6750).
    ///
    /// # Panics
    ///
    /// When it cannot be sent in a header.
    #[track_caller]
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// Sends a name and a password in `Authorization: Basic …` (RFC 7617).
    pub fn basic(self, name: &str, password: &str) -> Self {
        let credentials = BASE64_STANDARD.encode(format!("{name}:{password}"));
        self.header("authorization", format!("Basic {credentials}"))
    }

    /// Sends a cookie beside those that are already set, in one field (RFC 6265, section 5.4).
    ///
    /// # Panics
    ///
    /// When it cannot be sent in a header.
    #[track_caller]
    pub fn cookie(mut self, name: &str, value: &str) -> Self {
        let cookie = match self.request.headers_mut().remove(header::COOKIE) {
            Some(before) => [before.as_bytes(), b"; "].concat(),
            None => Vec::new(),
        };
        let cookie = [&cookie, name.as_bytes(), b"=", value.as_bytes()].concat();
        self.header("cookie", cookie)
    }

    /// Adds a parameter to the query, encoded as forms are.
    ///
    /// # Panics
    ///
    /// When the URI becomes longer than one may be.
    #[track_caller]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let uri = self.request.uri();
        let pair = query.append_pair(name, value).finish();
        let all = match uri.query() {
            Some(before) => format!("{}?{before}&{pair}", uri.path()),
            None => format!("{}?{pair}", uri.path()),
        };
        let path = PathAndQuery::try_from(all)
            .unwrap_or_else(|error| panic!("{name}={value} is too much for a query: {error}"));
        let mut parts = std::mem::take(self.request.uri_mut()).into_parts();
        parts.path_and_query = Some(path);
        *self.request.uri_mut() = Uri::from_parts(parts).expect("only its query has changed");
        self.open.rename(summary(&self.request));
        self
    }

    /// Sends `body` as `application/json`.
    ///
    /// # Panics
    ///
    /// When `body` cannot be serialised.
    #[track_caller]
    pub fn json(self, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body)
            .unwrap_or_else(|error| panic!("the body cannot be serialised: {error}"));
        self.header("content-type", "application/json").body(body)
    }

    /// Sends names and values as `application/x-www-form-urlencoded`.
    pub fn form<N: AsRef<str>, V: AsRef<str>>(
        self,
        fields: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.header("content-type", "application/x-www-form-urlencoded")
            .body(body)
    }

    /// Sends these bytes, with whatever `content-type` the test sets.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        *self.request.body_mut() = RequestBody::Whole(body.into());
        self
    }

    /// Sends chunk after chunk, as the component asks for them.
    pub fn body_of_chunks<C: Into<Bytes>>(
        mut self,
        chunks: impl Stream<Item = C> + Send + 'static,
    ) -> Self {
        *self.request.body_mut() = RequestBody::streaming(chunks.map(|chunk| Ok(chunk.into())));
        self
    }

    /// Sends what the test feeds while the request is under way.
    ///
    /// ```no_run
    /// # async fn example(app: jenny_test::TestApp) -> Result<(), Box<dyn std::error::Error>> {
    /// let (body, request) = app.post("/upload").fed_body();
    /// let upload = request.start();
    /// body.send("first ").await?;
    /// body.send("second").await?;
    /// body.end();
    /// upload.await.assert_status(200);
    /// # Ok(())
    /// # }
    /// ```
    pub fn fed_body(mut self) -> (BodySender, Self) {
        let (sender, body) = body::channel();
        *self.request.body_mut() = RequestBody::Streaming(body);
        (sender, self)
    }

    pub(crate) fn method(&self) -> &Method {
        self.request.method()
    }

    /// The path, without the query.
    pub(crate) fn path(&self) -> &str {
        self.request.uri().path()
    }

    pub(crate) fn has_header(&self, name: &str) -> bool {
        self.request.headers().contains_key(name)
    }

    /// The body, if it is JSON that is sent as a whole.
    pub(crate) fn json_body(&self) -> Option<serde_json::Value> {
        match self.request.body() {
            RequestBody::Whole(bytes) => serde_json::from_slice(bytes).ok(),
            RequestBody::Streaming(_) => None,
        }
    }

    /// Lets the request be dropped, whatever has become of it: unsent, unanswered or unread. That is
    /// for tests of callers who leave; any other one wants to know.
    pub fn may_be_abandoned(mut self) -> Self {
        self.open.allow_abandoning();
        self
    }

    /// Sends the request and reads the answer to its end.
    ///
    /// The future fails its test when it is dropped before that.
    ///
    /// # Panics
    ///
    /// When the answer's body breaks off; [`send_streaming`](Self::send_streaming) has that as a
    /// value. And when a component that has to do with the request fails, unless the test ended it
    /// itself; the message is a [`GuestFailure`].
    pub fn send(self) -> Sending {
        let settling = self.app.settling.clone();
        Sending::new(self.send_streaming(), settling)
    }

    /// Sends a request under which a component fails, and returns how it did. The answer of the
    /// host in its place is [with it](GuestFailure::response).
    ///
    /// ```no_run
    /// # async fn example(app: jenny_test::TestApp) {
    /// let failure = app.get("/overflow").send_expecting_failure().await;
    /// assert!(failure.log()[0].contains("panicked at"), "{failure}");
    /// failure.response().assert_status(500);
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// When none fails, or the answer breaks off for another reason.
    pub async fn send_expecting_failure(self) -> GuestFailure {
        match self.try_send().await {
            Ok(response) => panic!("no component failed: {response:?}"),
            Err(failure) => failure,
        }
    }

    /// Sends a request under which a component may fail.
    ///
    /// # Errors
    ///
    /// How a component failed.
    ///
    /// # Panics
    ///
    /// When the answer breaks off for another reason.
    pub async fn try_send(self) -> Result<TestResponse, GuestFailure> {
        let settling = self.app.settling.clone();
        let answer = self.send_streaming().await;
        match answer.read_to_failure(&settling).await {
            Ok(response) => Ok(response),
            Err(Ended::Failure(failure)) => Err(failure),
            Err(Ended::Broken(broken)) => panic!("{broken}"),
        }
    }

    /// Sends the request and waits for the head of the answer. Its body is read chunk by chunk.
    ///
    /// ```no_run
    /// # async fn example(app: jenny_test::TestApp) -> Result<(), jenny_test::BrokenBody> {
    /// let mut answer = app.get("/events").send_streaming().await;
    /// answer.received().assert_status(200);
    /// assert_eq!(answer.chunk().await?.as_deref(), Some(&b"first"[..]));
    /// answer.abandon();
    /// # Ok(())
    /// # }
    /// ```
    pub fn send_streaming(mut self) -> SendingHead {
        self.open.sent();
        let request = self.request.map(RequestBody::into_body);
        SendingHead::new(self.app.handle(request), self.open)
    }

    /// Begins to send the request now, in a task of its own, for tests that do something else
    /// meanwhile.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn start(mut self) -> RunningRequest {
        self.open.sent();
        self.open.running();
        let request = self.request.map(RequestBody::into_body);
        let of_task = self.open.of_task();
        let answer = SendingHead::new(self.app.handle(request), of_task);
        let settling = self.app.settling.clone();
        RunningRequest::new(Sending::new(answer, settling), self.open)
    }
}

fn summary<B>(request: &Request<B>) -> String {
    format!("{} {}", request.method(), request.uri())
}
