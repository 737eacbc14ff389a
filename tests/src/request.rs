use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, header};
use http_body_util::{BodyExt, Full};
use serde::Serialize;

use crate::app::TestApp;
use crate::response::TestResponse;

/// A request under construction; [`send`](Self::send) sends it.
#[must_use = "a request does nothing until it is sent"]
pub struct TestRequest<'app> {
    app: &'app TestApp,
    request: Request<Bytes>,
}

impl<'app> TestRequest<'app> {
    #[track_caller]
    pub(crate) fn new(app: &'app TestApp, method: Method, path: &str) -> Self {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost:3000")
            .body(Bytes::new())
            .unwrap_or_else(|error| panic!("{path:?} is not a path: {error}"));
        Self { app, request }
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
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
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

    /// Sends these bytes, with whatever `content-type` the test sets.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        *self.request.body_mut() = body.into();
        self
    }

    /// Sends the request and reads the answer to its end.
    ///
    /// # Panics
    ///
    /// When the answer's body breaks off.
    pub async fn send(self) -> TestResponse {
        let summary = format!("{} {}", self.request.method(), self.request.uri());
        let request = self.request.map(|bytes| {
            Full::new(bytes)
                .map_err(|never| match never {})
                .boxed_unsync()
        });
        let (head, body) = self.app.handle(request).await.into_parts();
        let body = match body.collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) => panic!("the answer to {summary} broke off: {error:?}"),
        };
        TestResponse {
            status: head.status,
            headers: head.headers,
            body,
            request: summary,
        }
    }
}
