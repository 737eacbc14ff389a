//! What operations are answered with when they fail.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::{Ref, RefOr, Response};

use crate::problem::ProblemKind;

/// Where the responses of a kind of problem stand in a document.
const RESPONSES: &str = "#/components/responses/";

/// The name under which a kind of problem is described: `NotFound` for `not-found`.
pub(super) fn name(kind: ProblemKind) -> String {
    let words = kind.slug().split('-').map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_ascii_uppercase() + rest
    });
    words.collect()
}

/// The kind that a reference in an operation's `responses` stands for.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn referenced(reference: &str) -> Option<ProblemKind> {
    let wanted = reference.strip_prefix(RESPONSES)?;
    ProblemKind::all().find(|kind| name(*kind) == wanted)
}

#[cfg(not(target_arch = "wasm32"))]
pub(super) use self::responses::{by_status, response, response_name};

#[cfg(not(target_arch = "wasm32"))]
mod responses;

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        $(
            $(#[$doc])*
            ///
            /// Stands for itself among the `responses` of `#[utoipa::path]`.
            #[derive(Clone, Copy, Debug)]
            pub struct $name;

            impl IntoResponses for $name {
                fn responses() -> BTreeMap<String, RefOr<Response>> {
                    let kind = ProblemKind::$name;
                    let reference = Ref::new(format!("{RESPONSES}{}", name(kind)));
                    BTreeMap::from([(kind.status().as_str().to_owned(), reference.into())])
                }
            }
        )+
    };
}

problems! {
    /// 401: the credentials in the body are wrong. Where a [`Caller`](crate::caller::Caller) is
    /// asked for, it is described already.
    Unauthorized,
    /// 403: the caller is known and may not do this.
    Forbidden,
    /// 409: the request contradicts the present state.
    Conflict,
    /// 404: what a query or a body names is not there. Of a [`Path`](crate::extract::Path) it is
    /// described already.
    NotFound,
    /// 406: the caller takes none of the forms in which the answer is held.
    NotAcceptable,
    /// 422: a rule beside those of the body and the query.
    Validation,
    /// 503: something beside the [`Db`](crate::db::Db) is away.
    Unavailable,
}
