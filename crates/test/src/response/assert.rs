//! What an answer must be.

use serde_json::Value;

use crate::response::{TestResponse, parse_path};

impl TestResponse {
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

    /// Asserts what a JSON path (RFC 9535) finds, all of it and in its order.
    ///
    /// ```no_run
    /// # async fn example(app: jenny_test::TestApp) {
    /// let answer = app.get("/api/notes").send().await;
    /// answer.assert_json_path("$.notes[*].title", ["Second", "First"]);
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// When it finds something else, `path` is none, or the body is not JSON.
    #[track_caller]
    pub fn assert_json_path<V: Into<Value>>(
        &self,
        path: &str,
        expected: impl IntoIterator<Item = V>,
    ) -> &Self {
        let body = self.json();
        let parsed = parse_path(path);
        let found = parsed.query(&body).all();
        let expected: Vec<Value> = expected.into_iter().map(Into::into).collect();
        assert!(
            found.iter().copied().eq(&expected),
            "expected {} at {path}, found {}: {self:?}",
            Value::from(expected),
            Value::from_iter(found.into_iter().cloned())
        );
        self
    }

    /// Asserts that this is exactly this problem (RFC 9457): its media type, its status, and every
    /// member of its document. Those at the pointers (RFC 6901) of `varying` must be there, and may
    /// be anything.
    ///
    /// ```no_run
    /// # use serde_json::json;
    /// # async fn example(app: jenny_test::TestApp) {
    /// let answer = app.get("/api/no-such-page").send().await;
    /// let problem = json!({ "type": "about:blank", "title": "Not Found", "status": 404 });
    /// answer.assert_problem_is(&problem, &["/instance"]);
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// When it is not, or `expected` has no status.
    #[track_caller]
    pub fn assert_problem_is(&self, expected: &Value, varying: &[&str]) -> &Self {
        let status = expected["status"].as_u64().map(u16::try_from);
        let Some(Ok(status)) = status else {
            panic!("the expected problem has no status: {expected}");
        };
        self.assert_status(status)
            .assert_header("content-type", "application/problem+json");
        let (mut body, mut expected) = (self.json(), expected.clone());
        for pointer in varying {
            assert!(
                remove(&mut body, pointer),
                "expected something at {pointer}: {self:?}"
            );
            remove(&mut expected, pointer);
        }
        assert!(
            body == expected,
            "expected the problem {expected:#}, and anything at {varying:?}: {self:?}"
        );
        self
    }

    /// Asserts status 204 and no body, nor a header that describes one (RFC 9110, section 15.3.5).
    ///
    /// # Panics
    ///
    /// When there is anything.
    #[track_caller]
    pub fn assert_no_content(&self) -> &Self {
        self.assert_status(204)
            .assert_no_header("content-type")
            .assert_no_header("content-length");
        assert!(self.body.is_empty(), "expected no body: {self:?}");
        self
    }

    /// Asserts the body's text.
    ///
    /// # Panics
    ///
    /// When it is another, or not UTF-8.
    #[track_caller]
    pub fn assert_text(&self, expected: &str) -> &Self {
        assert!(
            self.text() == expected,
            "expected the body {expected:?}: {self:?}"
        );
        self
    }
}

/// Removes what is at `pointer` and returns whether there was anything. An element of an array is
/// replaced instead, so that its neighbours keep their places.
fn remove(document: &mut Value, pointer: &str) -> bool {
    let Some((parent, member)) = pointer.rsplit_once('/') else {
        return false;
    };
    match document.pointer_mut(parent) {
        Some(Value::Object(members)) => {
            let member = member.replace("~1", "/").replace("~0", "~");
            members.remove(&member).is_some()
        }
        Some(Value::Array(elements)) => member
            .parse::<usize>()
            .ok()
            .and_then(|index| elements.get_mut(index))
            .map(std::mem::take)
            .is_some(),
        _ => false,
    }
}
