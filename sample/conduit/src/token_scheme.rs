//! The scheme that RealWorld's clients send their access token with.

use axum::extract::Request;
use http::HeaderValue;
use http::header::{AUTHORIZATION, Entry};
use serde_json::json;
use shared::openapi::{Describe, Description};
use tower::Layer;
use tower::util::MapRequest;

/// A layer that lets callers send `Authorization: Token …` for `Authorization: Bearer …`, as RealWorld has it.
///
/// ```
/// use conduit::TokenScheme;
/// use shared::openapi::Operations;
///
/// let operations = Operations::new().layer(TokenScheme);
/// # let _ = operations;
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct TokenScheme;

const TOKEN: &[u8] = b"Token ";
const BEARER: &[u8] = b"Bearer ";

impl<S> Layer<S> for TokenScheme {
    type Service = MapRequest<S, fn(Request) -> Request>;

    fn layer(&self, inner: S) -> Self::Service {
        MapRequest::new(inner, as_bearer)
    }
}

impl Describe for TokenScheme {
    fn describe(description: &mut Description) {
        description.token_scheme(
            "Token",
            json!({
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": "The same token as RealWorld's clients send it: the word `Token`, a space, the token.",
            }),
        );
    }
}

/// The number of headers stays as it is: more than one is refused, whatever they are.
fn as_bearer(mut request: Request) -> Request {
    if let Entry::Occupied(mut values) = request.headers_mut().entry(AUTHORIZATION) {
        for value in values.iter_mut() {
            if let Some(bearer) = bearer(value) {
                *value = bearer;
            }
        }
    }
    request
}

/// The value with the other scheme, if it has this one (in any case: RFC 9110, section 11.1).
fn bearer(value: &HeaderValue) -> Option<HeaderValue> {
    let (scheme, token) = value.as_bytes().split_at_checked(TOKEN.len())?;
    if !scheme.eq_ignore_ascii_case(TOKEN) {
        return None;
    }
    let mut bearer = HeaderValue::from_bytes(&[BEARER, token].concat()).ok()?;
    bearer.set_sensitive(value.is_sensitive());
    Some(bearer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(value: &'static str) -> HeaderValue {
        let request = Request::builder()
            .header(AUTHORIZATION, value)
            .body(axum::body::Body::empty())
            .expect("a request");
        as_bearer(request).headers()[AUTHORIZATION].clone()
    }

    #[test]
    fn a_token_counts_as_a_bearers_in_any_case() {
        for value in ["Token a.b", "token a.b", "TOKEN a.b"] {
            assert_eq!(sent(value), "Bearer a.b");
        }
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        for value in ["Bearer a.b", "Tokens a.b", "Token", "Basic Token", ""] {
            assert_eq!(sent(value), value);
        }
    }
}
