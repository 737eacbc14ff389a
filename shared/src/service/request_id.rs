//! The id that a request carries through logs, answers and other services.

use http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// The header that brings an id in and out.
pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id accepted from outside, in bytes: generous for every proxy's format, too short to
/// fill a log.
const MAX_LENGTH: usize = 128;

/// The id of a request: the one that came in `x-request-id` when it is well formed (at most 128
/// letters, digits, `.`, `_`, `~`, `-`), else a new UUID of version 7. In the request's extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The id in the headers, or a new one.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        headers
            .get(X_REQUEST_ID)
            .filter(|value| well_formed(value.as_bytes()))
            .cloned()
            .map_or_else(Self::generate, RequestId)
    }

    fn generate() -> Self {
        let id = Uuid::now_v7().to_string();
        RequestId(HeaderValue::try_from(id).expect("a UUID is printable ASCII"))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        self.0
            .to_str()
            .expect("checked or made to be printable ASCII")
    }

    pub(super) fn header_value(&self) -> HeaderValue {
        self.0.clone()
    }
}

fn well_formed(value: &[u8]) -> bool {
    (1..=MAX_LENGTH).contains(&value.len())
        && value
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._~-".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_of(value: &[u8]) -> RequestId {
        let mut headers = HeaderMap::new();
        headers.insert(X_REQUEST_ID, HeaderValue::from_bytes(value).unwrap());
        RequestId::of(&headers)
    }

    #[test]
    fn a_well_formed_id_is_kept() {
        assert_eq!(id_of(b"abc-123_.~").as_str(), "abc-123_.~");
    }

    #[test]
    fn anything_else_is_replaced_by_a_uuid_of_version_7() {
        for value in [&b""[..], b"a b", b"\"x\"", "é".as_bytes(), &[b'a'; 129]] {
            let id = id_of(value);
            let uuid = Uuid::parse_str(id.as_str()).expect("a UUID");
            assert_eq!(uuid.get_version_num(), 7);
        }
    }
}
