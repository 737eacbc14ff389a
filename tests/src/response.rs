use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

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
    pub(crate) request: String,
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

    /// Asserts the status code.
    ///
    /// # Panics
    ///
    /// When it is another.
    #[track_caller]
    pub fn assert_status(&self, expected: u16) -> &Self {
        assert!(
            self.status.as_u16() == expected,
            "expected status {expected}: {self:?}"
        );
        self
    }

    /// Asserts the value of a header.
    ///
    /// # Panics
    ///
    /// When it is absent or another.
    #[track_caller]
    pub fn assert_header(&self, name: &str, expected: &str) -> &Self {
        assert!(
            self.header(name) == Some(expected),
            "expected header {name}: {expected}: {self:?}"
        );
        self
    }

    /// Asserts the value at a JSON pointer (RFC 6901).
    ///
    /// # Panics
    ///
    /// When the body is not JSON, or holds nothing or something else there.
    #[track_caller]
    pub fn assert_json(&self, pointer: &str, expected: impl Into<Value>) -> &Self {
        let (body, expected) = (self.json(), expected.into());
        assert!(
            body.pointer(pointer) == Some(&expected),
            "expected {expected} at {pointer}: {self:?}"
        );
        self
    }

    /// Asserts that this is a problem (RFC 9457) of this status and kind, the last segment of its
    /// `type`.
    ///
    /// # Panics
    ///
    /// When it is not.
    #[track_caller]
    pub fn assert_problem(&self, status: u16, kind: &str) -> &Self {
        self.assert_status(status)
            .assert_header("content-type", "application/problem+json")
            .assert_json("/status", status);
        let uri = self.string_at("/type");
        assert!(
            uri.rsplit('/').next() == Some(kind),
            "expected a problem of type {kind}: {self:?}"
        );
        self
    }

    /// Asserts which fields a problem names, by JSON pointer, in any order.
    ///
    /// # Panics
    ///
    /// When it names others.
    #[track_caller]
    pub fn assert_violations(&self, pointers: &[&str]) -> &Self {
        let body = self.json();
        let mut named: Vec<&str> = body["violations"]
            .as_array()
            .map(|violations| {
                violations
                    .iter()
                    .filter_map(|violation| violation["pointer"].as_str())
                    .collect()
            })
            .unwrap_or_default();
        let mut expected = pointers.to_vec();
        named.sort_unstable();
        named.dedup();
        expected.sort_unstable();
        assert!(
            named == expected,
            "expected violations at {expected:?}: {self:?}"
        );
        self
    }
}

impl fmt::Debug for TestResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n> {}", self.request)?;
        writeln!(f, "< {}", self.status)?;
        for (name, value) in &self.headers {
            writeln!(f, "< {name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
        }
        write!(f, "\n{}", String::from_utf8_lossy(&self.body))
    }
}
