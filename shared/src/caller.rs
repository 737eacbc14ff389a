//! Who is calling: the user whom a verified access token names.
//!
//! ```
//! use shared::caller::Caller;
//!
//! async fn show(caller: Caller) -> String {
//!     format!("You are {}.", caller.user_id())
//! }
//!
//! async fn list(caller: Option<Caller>) -> &'static str {
//!     if caller.is_some() { "yours first" } else { "everything" }
//! }
//! # let _ = axum::Router::<()>::new()
//! #     .route("/a", axum::routing::get(show)).route("/b", axum::routing::get(list));
//! ```

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;

use crate::db::Database;
use crate::identity::UserId;
use crate::openapi::{Describe, Description};
use crate::problem::{Problem, ProblemKind};
use crate::token::{self, AccessToken, Claims};

/// The same for everything that can be wrong with a token: anything more would help whoever
/// forges one.
const INVALID: &str = "The access token is not valid, or no longer.";

/// The caller, by the access token of the request's `Authorization` header.
///
/// The scheme is `Bearer` (RFC 6750), in any case. As an extractor it
/// answers 401 without a token, and for a token that is not valid; `Option<Caller>` is `None`
/// without a token, also where another scheme's credentials stand, and answers 401 for one that is
/// not valid, so that a client with an expired token learns of it.
///
/// Being a `Caller` says that the token is good, not that the user still exists: a query that finds
/// nothing under [`user_id`](Self::user_id) answers [`Caller::gone`].
#[derive(Clone, Debug)]
pub struct Caller {
    claims: Claims,
    token: AccessToken,
}

impl Caller {
    /// The user.
    #[must_use]
    pub fn user_id(&self) -> UserId {
        self.claims.user_id()
    }

    /// What the token says.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The token that the request came with.
    #[must_use]
    pub fn token(&self) -> &AccessToken {
        &self.token
    }

    /// The answer when the token is good and its user is no more.
    #[must_use]
    pub fn gone() -> Problem {
        Problem::invalid_token(INVALID)
    }

    async fn from_parts(parts: &Parts) -> Result<Option<Self>, Problem> {
        let token = match credentials(&parts.headers) {
            Credentials::None => return Ok(None),
            Credentials::Malformed => return Err(Problem::invalid_token(INVALID)),
            Credentials::Token(token) => token,
        };
        let issuer = token::issuer().await?;
        let keys = token::key_set(Database::of(parts)).await?;
        match keys.verify(token, &issuer, crate::time::now()) {
            Ok(claims) => {
                log(claims.user_id());
                Ok(Some(Self {
                    claims,
                    token: AccessToken::new(token.to_owned()),
                }))
            }
            Err(error) => {
                tracing::info!(reason = %error, "refused an access token");
                Err(Problem::invalid_token(INVALID))
            }
        }
    }
}

/// Puts the caller's id on every line that is logged for the request from now on, the access line too.
/// The [`Caller`] extractor does it; what signs a user in does it on its own.
pub fn log(user_id: UserId) {
    tracing::Span::current().record("caller", tracing::field::display(user_id));
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Self::from_parts(parts)
            .await?
            .ok_or_else(|| Problem::unauthorized("An access token is required."))
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Option<Self>, Problem> {
        Self::from_parts(parts).await
    }
}

impl Describe for Caller {
    fn describe(description: &mut Description) {
        description.caller_is_required();
        description.problem(ProblemKind::Unauthorized);
    }
}

/// A token that is not valid is refused here as well.
impl Describe for Option<Caller> {
    fn describe(description: &mut Description) {
        description.caller_is_optional();
        description.problem(ProblemKind::Unauthorized);
    }
}

#[derive(Debug, Eq, PartialEq)]
enum Credentials<'a> {
    /// No header, or one of another scheme, which is none of ours to judge.
    None,
    Malformed,
    Token(&'a str),
}

fn credentials(headers: &HeaderMap) -> Credentials<'_> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Credentials::None,
        (Some(value), None) => value,
        // Two readers of the same request could each pick another one.
        (Some(_), Some(_)) => return Credentials::Malformed,
    };
    let Ok(value) = value.to_str() else {
        return Credentials::Malformed;
    };
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    let known = scheme.eq_ignore_ascii_case("Bearer");
    let token = token.trim_matches(' ');
    // RFC 6750, section 2.1: the characters of a b64token.
    let is_b64token = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
    if !known {
        Credentials::None
    } else if token.is_empty() || !token.chars().all(is_b64token) {
        Credentials::Malformed
    } else {
        Credentials::Token(token)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(values: &[&[u8]]) -> HeaderMap {
        let value = |value: &&[u8]| HeaderValue::from_bytes(value).expect("a header's value");
        values
            .iter()
            .map(|text| (AUTHORIZATION, value(text)))
            .collect()
    }

    #[test]
    fn the_scheme_counts_in_any_case() {
        for value in ["Bearer a.b-c_", "bearer a.b-c_", "BEARER  a.b-c_ "] {
            let headers = headers(&[value.as_bytes()]);
            assert_eq!(
                credentials(&headers),
                Credentials::Token("a.b-c_"),
                "{value}"
            );
        }
    }

    #[test]
    fn everything_else_is_told_apart() {
        assert_eq!(credentials(&HeaderMap::new()), Credentials::None);
        for value in [
            &b"Basic amFrZQ=="[..],
            b"Token a.b.c",
            b"Bearerabc",
            b"",
            b"a.b.c",
        ] {
            assert_eq!(credentials(&headers(&[value])), Credentials::None);
        }
        for value in [
            &b"Bearer"[..],
            b"Bearer ",
            b"Bearer a b",
            b"Bearer a,b",
            b"Bearer \xff",
        ] {
            assert_eq!(credentials(&headers(&[value])), Credentials::Malformed);
        }
        assert_eq!(
            credentials(&headers(&[b"Bearer a", b"Bearer a"])),
            Credentials::Malformed
        );
    }

    #[tokio::test]
    async fn another_scheme_carries_no_token() {
        let (mut parts, ()) = http::Request::get("/")
            .header(AUTHORIZATION, "Basic amFrZTpqYWtl")
            .body(())
            .expect("a request")
            .into_parts();

        let optional =
            <Caller as OptionalFromRequestParts<()>>::from_request_parts(&mut parts, &()).await;
        assert!(optional.expect("is no error").is_none());

        let required = <Caller as FromRequestParts<()>>::from_request_parts(&mut parts, &()).await;
        let problem = required.expect_err("is required");
        assert_eq!(problem.status(), 401);
    }
}
