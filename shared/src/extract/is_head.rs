//! `HEAD` in handlers of `GET`.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::openapi::{Describe, Description};

/// Whether the request is a `HEAD`.
///
/// A handler of `GET` answers `HEAD` as well, and sees a `GET`: both have the same headers (RFC 9110, section
/// 9.3.2), and some are made from the body, which is left out at the end. `GET` is safe, so that a handler has
/// no effects that the client asked for. One that counts, or marks something as read, takes this and leaves
/// its effect out for a `HEAD`, which fetches nothing: programs that check links and draw previews send it.
///
/// ```
/// use axum::response::Redirect;
/// use shared::extract::IsHead;
///
/// async fn follow(IsHead(is_head): IsHead) -> Redirect {
///     if !is_head {
///         // Count the visit.
///     }
///     Redirect::to("https://example.com/")
/// }
/// # let _ = axum::Router::<()>::new().route("/", axum::routing::get(follow));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct IsHead(pub bool);

/// In the extensions of a `HEAD` that the router sees as a `GET`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head;

impl<S: Sync> FromRequestParts<S> for IsHead {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        // A router without the baseline leaves the method as it is.
        let is_head =
            parts.extensions.get::<Head>().is_some() || parts.method == http::Method::HEAD;
        Ok(Self(is_head))
    }
}

impl Describe for IsHead {
    fn describe(_: &mut Description) {}
}
