//! The state of a resource, as those see it who change it.

use axum::response::{IntoResponse, Response};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use serde::{Deserialize, Deserializer, Serialize, de};
use sha2::{Digest, Sha512};

use super::entity_tag::HASH_BYTES;
use crate::openapi::{Answer, Description};

/// A state of a resource: what a write replaces, without what others change beside it.
///
/// The answer to a `GET` may show more: how often an article was read, or the name of its author. A writer
/// who has seen another number has seen the same article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Version(String);

impl Version {
    /// The version that these parts make: what identifies the resource, and a number that each write
    /// raises, or all that a write can replace.
    ///
    /// The identity belongs to it where an address can come to name another resource, as a slug can. The
    /// same parts make the same version on every instance and after every restart.
    ///
    /// ```
    /// use shared::conditional::Version;
    ///
    /// let id = b"0190a6c0-5f3e-7c3a-9d5b-1f2e3d4c5b6a";
    /// let first = Version::of([id, &1_i64.to_be_bytes()]);
    /// assert_eq!(first, Version::of([id, &1_i64.to_be_bytes()]));
    /// assert_ne!(first, Version::of([id, &2_i64.to_be_bytes()]));
    /// ```
    #[must_use]
    pub fn of<const PARTS: usize>(parts: [&[u8]; PARTS]) -> Self {
        let mut hash = Sha512::new();
        for part in parts {
            // With their lengths, so that what moves from one part to the next makes a difference.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(BASE64URL.encode(&hash.finalize()[..HASH_BYTES]))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // A store that several components can write is not to be believed, and this becomes a header.
        match BASE64URL.decode(&text) {
            Ok(hash) if hash.len() == HASH_BYTES => Ok(Self(text)),
            _ => Err(de::Error::custom("is not a version")),
        }
    }
}

/// An answer that shows a resource in a [`Version`] of it. Its `ETag` begins with the version, and
/// [`Preconditions`](super::Preconditions) looks at nothing else of it.
///
/// Also for the answer to a `PUT`, which then carries the `ETag` that a `GET` by the same caller would
/// carry, and for what is kept in a [cache](crate::cache).
///
/// ```
/// use axum::Json;
/// use shared::conditional::{Version, Versioned};
///
/// async fn show() -> Versioned<Json<String>> {
///     let version = Version::of([b"a note", &7_i64.to_be_bytes()]);
///     Versioned::new(version, Json("Remember the milk.".to_owned()))
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versioned<T> {
    version: Version,
    answer: T,
}

impl<T> Versioned<T> {
    /// An answer that shows this version.
    pub const fn new(version: Version, answer: T) -> Self {
        Self { version, answer }
    }
}

impl<T: IntoResponse> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        let mut response = self.answer.into_response();
        response.extensions_mut().insert(self.version);
        response
    }
}

impl<T: Answer> Answer for Versioned<T> {
    fn describe(description: &mut Description) {
        T::describe(description);
        description.header("ETag");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_apart() {
        assert_ne!(Version::of([b"ab", b"c"]), Version::of([b"a", b"bc"]));
        assert_ne!(Version::of([b"a", b""]), Version::of([b"a"]));
    }

    #[test]
    fn what_is_kept_is_read_and_nothing_else() {
        let version = Version::of([b"a"]);
        let kept = serde_json::to_value(&version).expect("is JSON");
        assert_eq!(serde_json::from_value::<Version>(kept).ok(), Some(version));
        for other in ["", "a", "a\r\nb", "\"", "AAAAAAAAAAAAAAAAAAAAAAA"] {
            assert!(serde_json::from_value::<Version>(other.into()).is_err());
        }
    }
}
