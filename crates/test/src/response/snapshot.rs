//! Answers held against what a test has written down.

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use expect_test::Expect;
use http::HeaderName;
use serde_json::Value;

use crate::response::{TestResponse, parse_path};

/// What a snapshot shows unless the test says otherwise: what callers decide by.
const USUAL_HEADERS: [&str; 6] = [
    "allow",
    "content-type",
    "etag",
    "location",
    "retry-after",
    "www-authenticate",
];

/// An answer as text: its status, some headers, and its body, indented if it is JSON.
///
/// What differs from run to run is replaced by a name in brackets. With the harness's clock and
/// seed that is little.
#[must_use = "a snapshot asserts nothing until it is held against an expectation"]
pub struct Snapshot<'a> {
    response: &'a TestResponse,
    headers: Vec<(HeaderName, String)>,
    body: Body,
}

enum Body {
    Json(Value),
    Text(String),
    Bytes(usize),
}

impl TestResponse {
    /// Asserts that the answer is as in this snapshot, with the usual headers and nothing redacted.
    ///
    /// `UPDATE_EXPECT=1 cargo test` writes the snapshot into the test.
    ///
    /// ```no_run
    /// use jenny_test::expect;
    ///
    /// # async fn example(app: jenny_test::TestApp) {
    /// let answer = app.get("/health/live").send().await;
    /// answer.assert_snapshot(expect![[r#"
    ///     200 OK
    ///     content-type: application/json
    ///
    ///     {
    ///       "status": "pass"
    ///     }
    /// "#]]);
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// When it differs.
    #[track_caller]
    pub fn assert_snapshot(&self, expected: Expect) -> &Self {
        self.snapshot().assert(expected);
        self
    }

    /// Begins a snapshot that shows other headers, or redacts something.
    ///
    /// ```no_run
    /// use jenny_test::expect;
    ///
    /// # async fn example(answer: jenny_test::TestResponse) {
    /// answer
    ///     .snapshot()
    ///     .header("vary")
    ///     .redact("$.user.token", "token")
    ///     .assert(expect![]);
    /// # }
    /// ```
    pub fn snapshot(&self) -> Snapshot<'_> {
        let body = match std::str::from_utf8(&self.body) {
            Ok(text) => match serde_json::from_str(text) {
                Ok(json) => Body::Json(json),
                Err(_) => Body::Text(text.to_owned()),
            },
            Err(_) => Body::Bytes(self.body.len()),
        };
        let snapshot = Snapshot {
            response: self,
            headers: Vec::new(),
            body,
        };
        USUAL_HEADERS.into_iter().fold(snapshot, |snapshot, name| {
            match self.headers.contains_key(name) {
                true => snapshot.header(name),
                false => snapshot,
            }
        })
    }
}

impl Snapshot<'_> {
    /// Shows a header beside the usual ones.
    ///
    /// # Panics
    ///
    /// When the answer has no such header.
    #[track_caller]
    pub fn header(mut self, name: &str) -> Self {
        self.response.assert_has_header(name);
        let name = HeaderName::try_from(name).expect("the answer has one of this name");
        self.headers.retain(|(shown, _)| *shown != name);
        for value in self.response.headers.get_all(&name) {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            self.headers.push((name.clone(), value));
        }
        self
    }

    /// Shows every header.
    pub fn all_headers(mut self) -> Self {
        for name in self.response.headers.keys() {
            self = self.header(name.as_str());
        }
        self
    }

    /// Shows no header but those that follow.
    pub fn no_headers(mut self) -> Self {
        self.headers.clear();
        self
    }

    /// Shows `[name]` instead of the values of a header, which is shown from now on.
    ///
    /// # Panics
    ///
    /// When the answer has no such header.
    #[track_caller]
    pub fn redact_header(mut self, header: &str, name: &str) -> Self {
        self = self.header(header);
        for (shown, value) in &mut self.headers {
            if shown.as_str().eq_ignore_ascii_case(header) {
                *value = format!("[{name}]");
            }
        }
        self
    }

    /// Shows `[name]` instead of whatever a JSON path (RFC 9535) finds in the body.
    ///
    /// # Panics
    ///
    /// When it finds nothing, `path` is none, or the body is not JSON.
    #[track_caller]
    pub fn redact(mut self, path: &str, name: &str) -> Self {
        let parsed = parse_path(path);
        let Body::Json(body) = &mut self.body else {
            panic!("the body is not JSON: {:?}", self.response);
        };
        let found = parsed.query_located(body);
        let pointers: Vec<String> = found
            .locations()
            .map(|location| location.to_json_pointer())
            .collect();
        assert!(
            !pointers.is_empty(),
            "there is nothing to redact at {path}: {:?}",
            self.response
        );
        for pointer in pointers {
            // What an ancestor of it has replaced is gone.
            if let Some(value) = body.pointer_mut(&pointer) {
                *value = Value::String(format!("[{name}]"));
            }
        }
        self
    }

    /// Shows `[name]` instead of this text wherever it stands, in headers and body.
    ///
    /// # Panics
    ///
    /// When it stands nowhere.
    #[track_caller]
    pub fn redact_text(mut self, text: &str, name: &str) -> Self {
        let redacted = format!("[{name}]");
        let before = self.text();
        for (_, value) in &mut self.headers {
            *value = value.replace(text, &redacted);
        }
        match &mut self.body {
            Body::Json(json) => replace(json, text, &redacted),
            Body::Text(body) => *body = body.replace(text, &redacted),
            Body::Bytes(_) => {}
        }
        assert!(
            self.text() != before,
            "{text:?}, which is to be redacted, stands nowhere: {:?}",
            self.response
        );
        self
    }

    /// Asserts that this is as the test has it written down.
    ///
    /// # Panics
    ///
    /// When it differs.
    #[track_caller]
    pub fn assert(self, expected: Expect) {
        let text = self.text();
        // It prints the two and what differs, but panics without a word.
        let compared = catch_unwind(AssertUnwindSafe(|| expected.assert_eq(&text)));
        assert!(
            compared.is_ok(),
            "the answer is not as the snapshot has it: {:?}",
            self.response
        );
    }

    fn text(&self) -> String {
        let mut text = format!("{}\n", self.response.status);
        let mut headers: Vec<_> = self.headers.iter().collect();
        headers.sort_by_key(|(name, _)| name.as_str());
        let shown = "a string can be written to";
        for (name, value) in headers {
            writeln!(text, "{name}: {value}").expect(shown);
        }
        match &self.body {
            Body::Json(json) => writeln!(text, "\n{json:#}").expect(shown),
            Body::Text(body) if body.is_empty() => {}
            Body::Text(body) => writeln!(text, "\n{}", body.trim_end()).expect(shown),
            Body::Bytes(length) => writeln!(text, "\n[{length} bytes]").expect(shown),
        }
        text
    }
}

/// Replaces a text in every string of a document.
fn replace(json: &mut Value, text: &str, by: &str) {
    match json {
        Value::String(string) => *string = string.replace(text, by),
        Value::Array(elements) => elements.iter_mut().for_each(|each| replace(each, text, by)),
        Value::Object(members) => members
            .values_mut()
            .for_each(|each| replace(each, text, by)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
