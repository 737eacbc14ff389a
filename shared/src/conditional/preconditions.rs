//! `If-Match` and `If-None-Match` of requests that change something.

use axum::extract::FromRequestParts;
use http::{
    HeaderMap, HeaderName, Method,
    header::{IF_MATCH, IF_NONE_MATCH},
    request::Parts,
};

use super::Version;
use super::entity_tag::{Candidates, EntityTag};
use crate::openapi::{Describe, Description};
use crate::problem::{Problem, ProblemKind};

/// The preconditions of a request that changes something (RFC 9110, section 13.1): `If-Match` wants the
/// resource to be as the caller has seen it, `If-None-Match` wants it not to be so, or with `*` not to be
/// there. Without the headers every check passes.
///
/// ```
/// use shared::conditional::{Preconditions, Version};
/// use shared::problem::Problem;
///
/// async fn update(preconditions: Preconditions) -> Result<(), Problem> {
///     // In the transaction that writes, so that nobody comes between:
///     let current = Version::of([b"a note", &7_i64.to_be_bytes()]);
///     preconditions.check(Some(&current))?;
///     Ok(())
/// }
/// ```
///
/// A handler of [`Operations`](crate::openapi::Operations) that does not take them is not called with
/// them: the request is answered 412, once all of the handler's arguments could be made of it.
///
/// # Rejections
///
/// 400 for a header that is no list of entity tags.
#[derive(Clone, Debug)]
pub struct Preconditions {
    if_match: Option<Candidates>,
    if_none_match: Option<Candidates>,
}

impl Preconditions {
    /// Whether there is anything to check, and a reason to read what is there now.
    #[must_use]
    pub fn are_given(&self) -> bool {
        self.if_match.is_some() || self.if_none_match.is_some()
    }

    /// Checks the conditions against the resource as it is now, `None` where there is none.
    ///
    /// # Errors
    ///
    /// 412 when one of them does not hold. A tag of `If-Match` must be strong; of each tag the part
    /// counts that names the version.
    pub fn check(&self, current: Option<&Version>) -> Result<(), Problem> {
        let weakly = |tag: &EntityTag| current.is_some_and(|version| tag.names(version));
        let strongly = |tag: &EntityTag| tag.is_strong() && weakly(tag);
        self.evaluate(current.is_some(), strongly, weakly)
    }

    /// As [`check`](Self::check), for a resource whose `GET` gives an `ETag` of its own.
    ///
    /// # Errors
    ///
    /// 412 when one of the conditions does not hold. `If-Match` is compared strongly, `If-None-Match`
    /// weakly (RFC 9110, section 8.8.3.2).
    pub fn check_tag(&self, current: Option<&EntityTag>) -> Result<(), Problem> {
        let strongly = |tag: &EntityTag| current.is_some_and(|own| own.equals_strongly(tag));
        let weakly = |tag: &EntityTag| current.is_some_and(|own| own.equals_weakly(tag));
        self.evaluate(current.is_some(), strongly, weakly)
    }

    /// RFC 9110, section 13.2.2, without dates: `If-Match` comes first.
    fn evaluate(
        &self,
        exists: bool,
        strongly: impl Fn(&EntityTag) -> bool,
        weakly: impl Fn(&EntityTag) -> bool,
    ) -> Result<(), Problem> {
        let fails = match &self.if_match {
            None => false,
            Some(Candidates::Any) => !exists,
            Some(Candidates::Listed(tags)) => !tags.iter().any(strongly),
        };
        if fails {
            return Err(failed());
        }
        let fails = match &self.if_none_match {
            None => false,
            Some(Candidates::Any) => exists,
            Some(Candidates::Listed(tags)) => tags.iter().any(weakly),
        };
        if fails {
            return Err(Problem::new(
                ProblemKind::PreconditionFailed,
                "There is what If-None-Match says must not be there.",
            ));
        }
        Ok(())
    }
}

impl Describe for Preconditions {
    const EVALUATES_PRECONDITIONS: bool = true;

    fn describe(description: &mut Description) {
        description.conditional_change();
        description.problem(ProblemKind::BadRequest);
    }
}

impl<S: Sync> FromRequestParts<S> for Preconditions {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Ok(Self {
            if_match: candidates(&parts.headers, IF_MATCH, "If-Match")?,
            if_none_match: candidates(&parts.headers, IF_NONE_MATCH, "If-None-Match")?,
        })
    }
}

fn candidates(
    headers: &HeaderMap,
    name: HeaderName,
    shown: &str,
) -> Result<Option<Candidates>, Problem> {
    Candidates::of(headers, name).map_err(|_| {
        Problem::bad_request(format!(
            "The {shown} header must be * or a list of entity tags."
        ))
    })
}

/// 412: the resource is not as the caller has seen it.
pub(super) fn failed() -> Problem {
    Problem::new(
        ProblemKind::PreconditionFailed,
        "This is no longer as you have seen it: read it again, then decide.",
    )
}

/// Refuses conditions for what has no way to evaluate them: the method must not be performed as if they
/// were not there (RFC 9110, section 13.2.1).
///
/// A list in `If-None-Match` is passed over: its tags can only be those of another representation, and
/// it holds then.
///
/// # Errors
///
/// 412 for a method that changes something and `If-Match` or `If-None-Match: *`.
pub(crate) fn refuse(method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    let wants_none = || {
        matches!(
            Candidates::of(headers, IF_NONE_MATCH),
            Ok(Some(Candidates::Any))
        )
    };
    if method.is_safe() || !(headers.contains_key(IF_MATCH) || wants_none()) {
        return Ok(());
    }
    Err(Problem::new(
        ProblemKind::PreconditionFailed,
        "This operation evaluates no If-Match and no `If-None-Match: *`, and does nothing with one.",
    ))
}
