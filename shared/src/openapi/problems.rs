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
    ($($status:literal $name:ident: $about:literal,)+) => {
        /// The kinds that have a marker.
        #[cfg(test)]
        pub(super) const MARKED: &[ProblemKind] = &[$(ProblemKind::$name),+];

        $(
            #[doc = concat!(stringify!($status), ": ", $about)]
            ///
            /// Stands for itself among the `responses` of `#[utoipa::path]`.
            #[derive(Clone, Copy, Debug)]
            pub struct $name;

            impl IntoResponses for $name {
                fn responses() -> BTreeMap<String, RefOr<Response>> {
                    let kind = ProblemKind::$name;
                    let reference = Ref::new(format!("{RESPONSES}{}", name(kind)));
                    // By its name: two kinds of one status do not replace each other.
                    BTreeMap::from([(kind.slug().to_owned(), reference.into())])
                }
            }
        )+
    };
}

problems! {
    400 BadRequest: "the request cannot be understood.",
    400 MalformedJson: "the body is not JSON. Of an extractor of a body it is described already.",
    401 Unauthorized: "the credentials in the body are wrong. Where a [`Caller`](crate::caller::Caller) is \
                       asked for, it is described already.",
    403 Forbidden: "the caller is known and may not do this.",
    404 NotFound: "what a query or a body names is not there. Of a [`Path`](crate::extract::Path) it is \
                   described already.",
    405 MethodNotAllowed: "the address does not know the method.",
    406 NotAcceptable: "the caller takes none of the forms in which the answer is held.",
    408 RequestTimeout: "the client took too long.",
    409 Conflict: "the request contradicts the present state.",
    410 Gone: "what was there is gone for good.",
    412 PreconditionFailed: "a condition did not hold. Every operation describes it already.",
    413 ContentTooLarge: "the body is over the limit. Of an extractor of a body it is described already.",
    415 UnsupportedMediaType: "the body's media type is not read here. Of an extractor of a body it is \
                               described already.",
    422 Validation: "a rule beside those of the body and the query.",
    428 PreconditionRequired: "a condition such as `If-Match` must be sent.",
    429 TooManyRequests: "the caller is over a limit of requests.",
    500 Internal: "our fault. Every operation describes it already.",
    501 NotImplemented: "the feature is not there.",
    502 BadGateway: "a service behind this one gave no usable answer.",
    503 Unavailable: "something beside the [`Db`](crate::db::Db) is away.",
    504 GatewayTimeout: "a service behind this one took too long.",
}
