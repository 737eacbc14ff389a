//! `If-Match`: changing only what one has seen.

use axum::extract::FromRequestParts;
use http::{header::IF_MATCH, request::Parts};
use serde::Serialize;

use super::entity_tag::{Candidates, EntityTag};
use crate::openapi::{Describe, Description};
use crate::problem::{Problem, ProblemKind};

/// The `If-Match` condition of a request (RFC 9110, section 13.1.1): the change is wanted only if
/// the resource still is as the caller has seen it. Without the header every check passes.
///
/// ```
/// use shared::conditional::IfMatch;
/// use shared::problem::Problem;
///
/// async fn update(if_match: IfMatch) -> Result<(), Problem> {
///     // In the transaction that writes, so that nobody comes between:
///     let current = serde_json::json!({ "title": "As a GET would answer now" });
///     if_match.check_json(&current)?;
///     Ok(())
/// }
/// ```
///
/// # Rejections
///
/// 400 for a header that is no list of entity tags.
#[derive(Clone, Debug)]
pub struct IfMatch(Option<Candidates>);

impl IfMatch {
    /// Whether there is anything to check, and a reason to read what is there now.
    #[must_use]
    pub fn is_given(&self) -> bool {
        self.0.is_some()
    }

    /// Checks the condition against the body that a `GET` by the same caller would be answered
    /// with, as it is now.
    ///
    /// # Errors
    ///
    /// 412 when it is none of those that the caller named. The comparison is strong: a weak tag
    /// never matches.
    pub fn check(&self, current: &[u8]) -> Result<(), Problem> {
        let Some(candidates) = &self.0 else {
            return Ok(());
        };
        if candidates.match_strongly(&EntityTag::of(current)) {
            Ok(())
        } else {
            Err(failed())
        }
    }

    /// As [`check`](Self::check), with what the `GET` handler would pass to [`axum::Json`].
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check), and 500 when `current` cannot be serialised.
    pub fn check_json(&self, current: &impl Serialize) -> Result<(), Problem> {
        if !self.is_given() {
            return Ok(());
        }
        self.check(&serde_json::to_vec(current).map_err(Problem::internal)?)
    }
}

impl Describe for IfMatch {
    fn describe(description: &mut Description) {
        description.conditional_change();
        description.problem(ProblemKind::BadRequest);
        description.problem(ProblemKind::PreconditionFailed);
    }
}

/// 412: the resource is not as the caller has seen it.
pub(super) fn failed() -> Problem {
    Problem::new(
        ProblemKind::PreconditionFailed,
        "This is no longer as you have seen it: read it again, then decide.",
    )
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Candidates::of(&parts.headers, IF_MATCH)
            .map(Self)
            .map_err(|_| {
                Problem::bad_request("The If-Match header must be * or a list of entity tags.")
            })
    }
}
