//! What an answer's headers must be.

use crate::response::TestResponse;

impl TestResponse {
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

    /// Asserts that a header is there, whatever its value.
    ///
    /// # Panics
    ///
    /// When it is absent.
    #[track_caller]
    pub fn assert_has_header(&self, name: &str) -> &Self {
        assert!(
            self.headers.contains_key(name),
            "expected a header {name}: {self:?}"
        );
        self
    }

    /// Asserts that a header is absent.
    ///
    /// # Panics
    ///
    /// When it is there.
    #[track_caller]
    pub fn assert_no_header(&self, name: &str) -> &Self {
        assert!(
            !self.headers.contains_key(name),
            "expected no header {name}: {self:?}"
        );
        self
    }

    /// Asserts that one of the values of a header contains this text.
    ///
    /// # Panics
    ///
    /// When none does.
    #[track_caller]
    pub fn assert_header_contains(&self, name: &str, part: &str) -> &Self {
        let mut values = self.headers.get_all(name).into_iter();
        assert!(
            values.any(|value| value.to_str().is_ok_and(|value| value.contains(part))),
            "expected {part:?} in header {name}: {self:?}"
        );
        self
    }
}
