//! Answers.

mod assert;
mod header;
mod snapshot;
mod streaming;

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use serde_json_path::JsonPath;

use crate::ledger::CallsOfRequest;
use crate::leftovers::Summary;

pub use self::snapshot::Snapshot;
pub(crate) use self::streaming::Ended;
pub use self::streaming::{BrokenBody, StreamingResponse};

/// An answer, read to its end.
///
/// Every assertion fails with the whole answer in its message and points at the test's own line.
/// Assertions return `self`, so that they chain.
#[derive(Clone)]
pub struct TestResponse {
    /// The status code.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body's bytes.
    pub body: Bytes,
    /// What followed the body; mostly nothing.
    pub trailers: HeaderMap,
    pub(crate) request: Summary,
    pub(crate) calls: CallsOfRequest,
}

impl TestResponse {
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

    /// The value of a cookie that the answer sets, or `None`.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let all = self.headers.get_all("set-cookie").into_iter();
        all.filter_map(|cookie| cookie.to_str().ok()?.split(';').next())
            .filter_map(|pair| pair.split_once('='))
            .find(|(other, _)| other.trim() == name)
            .map(|(_, value)| value.trim())
    }

    /// Everything that a JSON path (RFC 9535) finds, in its order.
    ///
    /// # Panics
    ///
    /// When `path` is none, or the body is not JSON.
    #[track_caller]
    pub fn json_path(&self, path: &str) -> Vec<Value> {
        let path = parse_path(path);
        let body = self.json();
        path.query(&body).all().into_iter().cloned().collect()
    }

    /// The string at a JSON pointer (RFC 6901).
    ///
    /// # Panics
    ///
    /// When there is none.
    #[track_caller]
    pub fn string_at(&self, pointer: &str) -> String {
        match self.json().pointer(pointer) {
            Some(Value::String(text)) => text.clone(),
            other => panic!("{pointer} is {other:?} rather than a string: {self:?}"),
        }
    }
}

impl fmt::Debug for TestResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n> {}", self.request)?;
        writeln!(f, "< {}", self.status)?;
        for (name, value) in &self.headers {
            writeln!(f, "< {name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
        }
        write!(f, "\n{}", String::from_utf8_lossy(&self.body))?;
        for (name, value) in &self.trailers {
            write!(
                f,
                "\n< {name}: {}",
                String::from_utf8_lossy(value.as_bytes())
            )?;
        }
        Ok(())
    }
}

#[track_caller]
fn parse_path(path: &str) -> JsonPath {
    JsonPath::parse(path).unwrap_or_else(|error| panic!("{path:?} is not a JSON path: {error}"))
}
