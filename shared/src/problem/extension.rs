//! Members beside those of RFC 9457.

use std::fmt;

use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use tower::{Layer, util::MapResponse};
use utoipa::ToSchema;

use super::Problem;
use crate::openapi::{Describe, Description};

/// A member that the problems of some routes have beside those of RFC 9457 (its section 3.2), for clients
/// that look for errors elsewhere.
///
/// ```
/// use axum::{Router, routing::get};
/// use shared::problem::{Extended, Extension, Problem};
///
/// /// `error: "Not today."`
/// #[derive(Clone, Copy)]
/// struct Legacy;
///
/// impl Extension for Legacy {
///     const NAME: &'static str = "Legacy";
///     const MEMBER: &'static str = "error";
///     type Value = String;
///
///     fn of(problem: &Problem) -> String {
///         problem.detail().to_owned()
///     }
/// }
///
/// let router: Router = Router::new()
///     .route("/old", get(async || Problem::forbidden("Not today.")))
///     .layer(Extended(Legacy));
/// ```
pub trait Extension: 'static {
    /// Begins the names of the problems' responses in a description: tells them from those without.
    const NAME: &'static str;

    /// The name of the member.
    const MEMBER: &'static str;

    /// The value of the member. It serialises to JSON without fail.
    type Value: Serialize + ToSchema;

    /// The value for a problem.
    fn of(problem: &Problem) -> Self::Value;
}

/// A layer for routers whose problems have an [`Extension`]. It covers the problems of layers further
/// out as well.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extended<E>(pub E);

impl<S, E: Extension> Layer<S> for Extended<E> {
    type Service = MapResponse<S, fn(Response) -> Response>;

    fn layer(&self, inner: S) -> Self::Service {
        MapResponse::new(inner, mark::<E>)
    }
}

impl<E: Extension> Describe for Extended<E> {
    fn describe(description: &mut Description) {
        description.extend_problems::<E>();
    }
}

fn mark<E: Extension>(mut response: Response) -> Response {
    response.extensions_mut().insert(Member::of::<E>());
    response
}

/// The response extension that asks for a member.
#[derive(Clone, Copy)]
pub(crate) struct Member {
    pub(crate) name: &'static str,
    pub(super) value: fn(&Problem) -> Value,
}

impl Member {
    pub(crate) fn of<E: Extension>() -> Self {
        Self {
            name: E::MEMBER,
            value: |problem| {
                serde_json::to_value(E::of(problem)).expect("an extension serialises to JSON")
            },
        }
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Member").field(&self.name).finish()
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// `summary: {"about": "thing", "blank": 1}`
    #[derive(Clone, Copy)]
    pub(crate) struct Summary;

    #[derive(Serialize, ToSchema)]
    pub(crate) struct SummaryOfProblem {
        about: Option<&'static str>,
        blank: usize,
    }

    impl Extension for Summary {
        const NAME: &'static str = "Summarised";
        const MEMBER: &'static str = "summary";
        type Value = SummaryOfProblem;

        fn of(problem: &Problem) -> SummaryOfProblem {
            let blank = |violation: &&crate::problem::Violation| violation.is_blank();
            SummaryOfProblem {
                about: problem.subject(),
                blank: problem.violations().iter().filter(blank).count(),
            }
        }
    }
}
