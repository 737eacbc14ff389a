//! What a component sent.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use serde_json::Value;

/// A request that a component sent to another host.
#[derive(Clone)]
pub struct SentRequest {
    /// The id of the component.
    pub component: String,
    /// The method.
    pub method: Method,
    /// The absolute URL.
    pub url: Uri,
    /// The headers, `host` among them.
    pub headers: HeaderMap,
    /// The body's bytes.
    pub body: Bytes,
}

impl SentRequest {
    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// When the body is not JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("the body is not JSON ({error}): {self:?}"))
    }

    /// The body as text.
    ///
    /// # Panics
    ///
    /// When the body is not UTF-8.
    #[track_caller]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body)
            .unwrap_or_else(|error| panic!("the body is not UTF-8 ({error}): {self:?}"))
    }

    /// A header's value, or `None` when it is absent or not text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The first value of a parameter of the query, decoded as forms are.
    pub fn query(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.url.query()?.as_bytes())
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.into_owned())
    }
}

impl fmt::Display for SentRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.url)
    }
}

impl fmt::Debug for SentRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n> {self}")?;
        for (name, value) in &self.headers {
            writeln!(f, "> {name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
        }
        if self.body.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n{}", String::from_utf8_lossy(&self.body))
    }
}
