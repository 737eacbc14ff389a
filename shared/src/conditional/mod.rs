//! Conditional requests and cacheability: `ETag`, `If-None-Match`, `If-Match`, `Cache-Control` and
//! `Vary` (RFC 9110, section 13; RFC 9111).
//!
//! The [baseline](crate::service::baseline) does most of it for every function, and this is the one
//! place where it is decided:
//!
//! - A 200 answer to `GET` or `HEAD` carries a strong `ETag`, made of the bytes of its body, or the one
//!   that the handler has set. A request whose `If-None-Match` names it is answered 304 without a body,
//!   with the headers that the 200 would have had.
//! - Before the hash of the body stands the [`Version`] of what is shown, where the handler gives it
//!   ([`Versioned`]); then an answer to what changes something has an `ETag`, too.
//! - `Cache-Control` is `no-store` for errors and for whatever is no answer to a `GET`; `private,
//!   no-cache` for the rest, so that a client may keep it and asks each time whether it still
//!   holds; and `public, …` where the cache says that no caller gets another answer.
//!   A handler that sets the header, and [`NoStore`], have the last word.
//! - `Vary` names `Authorization` wherever something may be kept, as an answer to somebody else is
//!   not the answer to an anonymous caller.
//!
//! A handler that changes something takes [`Preconditions`] and checks them against the version that is
//! there now. One that does not take them is not called for a request with `If-Match` or
//! `If-None-Match: *`: that is answered 412.

mod answer;
mod entity_tag;
mod preconditions;
mod version;

#[cfg(test)]
mod tests;

use axum::response::Response;
use http::{HeaderValue, header};
use tower::{Layer, util::MapResponse};

use crate::openapi::{Describe, Description};

pub(crate) use self::{answer::Conditions, preconditions::refuse};
pub use self::{
    entity_tag::EntityTag,
    preconditions::Preconditions,
    version::{Version, Versioned},
};

/// A layer for routers whose answers nobody may keep: probes, and what holds a token (RFC 6749,
/// section 5.1). They still have an `ETag`, for `If-Match`.
///
/// ```
/// use axum::{Router, routing::get};
/// use shared::conditional::NoStore;
///
/// let router: Router = Router::new()
///     .route("/health/live", get(async || "alive"))
///     .layer(NoStore);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct NoStore;

impl<S> Layer<S> for NoStore {
    type Service = MapResponse<S, fn(Response) -> Response>;

    fn layer(&self, inner: S) -> Self::Service {
        MapResponse::new(inner, forbid)
    }
}

impl Describe for NoStore {
    fn describe(description: &mut Description) {
        description.no_store();
    }
}

fn forbid(mut response: Response) -> Response {
    let no_store = HeaderValue::from_static("no-store");
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, no_store);
    response
}
