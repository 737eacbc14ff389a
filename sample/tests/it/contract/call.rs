//! A request as the document names its parts.

use http::Method;
use jenny_test::{TestApp, TestRequest, TestResponse};
use serde_json::Value;

use super::document::{Document, split};

/// A call of an operation.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) operation: String,
    path: Vec<(&'static str, String)>,
    query: Vec<(&'static str, String)>,
    headers: Vec<(&'static str, String)>,
    pub(super) token: Option<String>,
    body: Body,
}

#[derive(Clone)]
enum Body {
    None,
    Json(Value),
    /// Media type and bytes that no document describes.
    Raw(&'static str, Vec<u8>),
}

impl Call {
    /// A call of `GET /articles/{slug}` and the like.
    pub(super) fn to(operation: impl Into<String>) -> Self {
        Self {
            operation: operation.into(),
            path: Vec::new(),
            query: Vec::new(),
            headers: Vec::new(),
            token: None,
            body: Body::None,
        }
    }

    /// Fills a parameter of the path.
    pub(super) fn at(mut self, name: &'static str, value: impl ToString) -> Self {
        self.path.retain(|(known, _)| *known != name);
        self.path.push((name, value.to_string()));
        self
    }

    pub(super) fn query(mut self, name: &'static str, value: impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    pub(super) fn header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    /// As the caller of this token.
    pub(super) fn by(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    pub(super) fn anonymously(mut self) -> Self {
        self.token = None;
        self
    }

    pub(super) fn json(mut self, body: Value) -> Self {
        self.body = Body::Json(body);
        self
    }

    pub(super) fn raw(mut self, media_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        self.body = Body::Raw(media_type, body.into());
        self
    }

    /// The same call by another method, without its body.
    pub(super) fn method(&self, method: &str) -> Self {
        let (_, path) = split(&self.operation);
        Self {
            operation: format!("{method} {path}"),
            body: Body::None,
            ..self.clone()
        }
    }

    /// The names of the parameters of the path.
    pub(super) fn path_parameters(&self) -> Vec<&'static str> {
        self.path.iter().map(|(name, _)| *name).collect()
    }

    /// What the document does not allow in this request.
    pub(super) fn faults(&self, document: &Document) -> Vec<String> {
        let mut faults = document.faults_of_parameters(&self.operation, "path", &self.path);
        faults.extend(document.faults_of_parameters(&self.operation, "query", &self.query));
        faults.extend(document.faults_of_parameters(&self.operation, "header", &self.headers));
        let body = match &self.body {
            Body::None => None,
            Body::Json(body) => Some(body),
            Body::Raw(media_type, _) => {
                faults.push(format!("a body of {media_type} is not documented"));
                return faults;
            }
        };
        faults.extend(document.faults_of_request_body(&self.operation, body));
        faults
    }

    pub(super) async fn send(&self, app: &TestApp, document: &Document) -> TestResponse {
        let (method, template) = split(&self.operation);
        let mut path = format!("{}{template}", document.base());
        for (name, value) in &self.path {
            path = path.replace(&format!("{{{name}}}"), value);
        }
        assert!(!path.contains('{'), "{path}: a parameter is missing");
        for (index, (name, value)) in self.query.iter().enumerate() {
            let separator = if index == 0 { '?' } else { '&' };
            path = format!("{path}{separator}{name}={value}");
        }
        let method: Method = method.parse().expect("a method");
        let mut request: TestRequest<'_> = app.request(method, &path);
        for (name, value) in &self.headers {
            request = request.header(name, value.as_str());
        }
        if let Some(token) = &self.token {
            request = request.bearer(token);
        }
        request = match &self.body {
            Body::None => request,
            Body::Json(body) => request.json(body),
            Body::Raw(media_type, bytes) => request
                .header("content-type", *media_type)
                .body(bytes.clone()),
        };
        request.send().await
    }
}
