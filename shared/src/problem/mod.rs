//! Problems: the one error type of every handler, answered as RFC 9457 `application/problem+json`.
//!
//! A [`Problem`] keeps what the caller reads (`detail`, `violations`) apart from what only the log
//! may say (`cause`). Turned into a response it puts itself into the response's extensions; the
//! outermost layer of the [service](crate::service) renders it once, with the request's id.
//!
//! ```
//! use shared::problem::Problem;
//!
//! async fn article(slug: &str) -> Result<String, Problem> {
//!     if slug == "missing" {
//!         return Err(Problem::not_found("There is no article with this slug."));
//!     }
//!     let text = std::fs::read_to_string(slug).map_err(Problem::internal)?;
//!     Ok(text)
//! }
//! ```
//!
//! The answer's members are `type`, `title`, `status`, `detail`, `instance` (`urn:uuid:…`, when the
//! request id is a UUID), `requestId` and, for broken rules, `violations`. What of them is longer than 512
//! bytes is cut: it holds the caller's own words. An API whose clients look for something else as well adds
//! it by an [`Extension`].

mod catalogue;
mod challenge;
mod extension;
mod kind;
mod render;
mod shorten;

use std::{borrow::Cow, error::Error, fmt, sync::Arc};

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

pub(crate) use self::extension::Member;
#[cfg(test)]
pub(crate) use self::extension::testing;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use self::render::{Members, example};
pub(crate) use self::render::{adopt_foreign_errors, render};
pub(crate) use self::shorten::{MAX_SHOWN_BYTES, shorten};
pub use self::{
    catalogue::Explanation,
    extension::{Extended, Extension},
    kind::ProblemKind,
};

/// What functions return on failure: `Result<T, Problem>`.
pub type Result<T, E = Problem> = std::result::Result<T, E>;

/// Any error, as the internal cause of a problem.
pub type BoxError = Box<dyn Error + Send + Sync + 'static>;

/// One rule that a request broke, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub struct Violation {
    /// A JSON pointer (RFC 6901) into the request body, `/user/email`; empty for the whole body.
    /// For a query parameter: its name after a slash.
    pub pointer: String,
    /// What the value must be, `must be an e-mail address`: reads well after the field's name.
    pub detail: String,
    #[serde(skip)]
    is_blank: bool,
}

impl Violation {
    /// A violation at a JSON pointer.
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Violation {
            pointer: pointer.into(),
            detail: detail.into(),
            is_blank: false,
        }
    }

    /// Says that there is no value: it is absent, `null` or white space where a text is needed.
    #[must_use]
    pub fn blank(mut self, is_blank: bool) -> Self {
        self.is_blank = is_blank;
        self
    }

    /// Whether there is no value. Not sent: [`Extension`]s may.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.is_blank
    }
}

/// Something that went wrong, for the caller and, separately, for the log.
///
/// Cheap to return in a `Result` (one pointer) and cheap to clone.
#[derive(Clone)]
pub struct Problem(Box<Parts>);

#[derive(Clone)]
struct Parts {
    kind: ProblemKind,
    detail: Cow<'static, str>,
    subject: Option<&'static str>,
    cause: Option<Arc<dyn Error + Send + Sync + 'static>>,
    violations: Vec<Violation>,
    headers: HeaderMap,
}

impl Problem {
    /// A problem of a kind, with a sentence for the caller.
    pub fn new(kind: ProblemKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Problem(Box::new(Parts {
            kind,
            detail: detail.into(),
            subject: None,
            cause: None,
            violations: Vec::new(),
            headers: HeaderMap::new(),
        }))
    }

    /// 400: the request cannot be understood.
    pub fn bad_request(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ProblemKind::BadRequest, detail)
    }

    /// 401 for a request without credentials, or with a wrong name or password.
    ///
    /// The `WWW-Authenticate: Bearer` challenge carries no error code, as RFC 6750, section 3.1
    /// asks for requests that brought no token.
    pub fn unauthorized(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ProblemKind::Unauthorized, detail)
            .with_header(header::WWW_AUTHENTICATE, challenge::missing())
    }

    /// 401 for a token that is expired, forged, revoked or otherwise invalid: the challenge says
    /// `error="invalid_token"` (RFC 6750, section 3.1).
    pub fn invalid_token(detail: impl Into<Cow<'static, str>>) -> Self {
        let detail = detail.into();
        let challenge = challenge::error("invalid_token", &detail);
        Self::new(ProblemKind::Unauthorized, detail)
            .with_header(header::WWW_AUTHENTICATE, challenge)
    }

    /// 403: the caller is known and may not do this.
    pub fn forbidden(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ProblemKind::Forbidden, detail)
    }

    /// 403 for a token that lacks a scope: the challenge says `error="insufficient_scope"` and
    /// names the scope needed (RFC 6750, section 3.1).
    pub fn insufficient_scope(scope: &str) -> Self {
        Self::new(
            ProblemKind::Forbidden,
            format!("The access token lacks the scope {scope}."),
        )
        .with_header(header::WWW_AUTHENTICATE, challenge::scope(scope))
    }

    /// 404: nothing lives at this address, or nothing that this caller may know of.
    pub fn not_found(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ProblemKind::NotFound, detail)
    }

    /// 409: the request contradicts the present state.
    pub fn conflict(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ProblemKind::Conflict, detail)
    }

    /// 413: the body is over the limit.
    pub fn content_too_large() -> Self {
        Self::new(
            ProblemKind::ContentTooLarge,
            "The request body is over the limit.",
        )
    }

    /// 422: the request breaks the rules listed.
    pub fn unprocessable(violations: impl IntoIterator<Item = Violation>) -> Self {
        let violations: Vec<_> = violations.into_iter().collect();
        let detail = match violations.len() {
            1 => "One field is invalid.".into(),
            count => format!("{count} fields are invalid."),
        };
        let mut problem = Self::new(ProblemKind::Validation, detail);
        problem.0.violations = violations;
        problem
    }

    /// 429: the caller may try again after so many seconds.
    pub fn too_many_requests(retry_after_seconds: u64) -> Self {
        Self::new(
            ProblemKind::TooManyRequests,
            format!("Too many requests. Try again in {retry_after_seconds} seconds."),
        )
        .with_header(header::RETRY_AFTER, HeaderValue::from(retry_after_seconds))
    }

    /// 500: our fault. The cause is logged, never sent.
    pub fn internal(cause: impl Into<BoxError>) -> Self {
        Self::new(
            ProblemKind::Internal,
            "Something went wrong on our side. The request id helps us to find it.",
        )
        .with_cause(cause)
    }

    /// 503: something needed is away; worth another try after so many seconds. The cause is
    /// logged, never sent.
    pub fn unavailable(retry_after_seconds: u64, cause: impl Into<BoxError>) -> Self {
        Self::new(
            ProblemKind::Unavailable,
            "Something this request needs is not available right now. Please try again.",
        )
        .with_header(header::RETRY_AFTER, HeaderValue::from(retry_after_seconds))
        .with_cause(cause)
    }

    /// Replaces the sentence for the caller.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = detail.into();
        self
    }

    /// Names the kind of thing that the problem is about, `article` for example. Not sent:
    /// [`Extension`]s may.
    #[must_use]
    pub fn about(mut self, subject: &'static str) -> Self {
        self.0.subject = Some(subject);
        self
    }

    /// Sets the internal cause: logged for statuses from 500, never sent.
    #[must_use]
    pub fn with_cause(mut self, cause: impl Into<BoxError>) -> Self {
        self.0.cause = Some(Arc::from(cause.into()));
        self
    }

    /// Sets a response header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    pub(crate) fn with_kind(mut self, kind: ProblemKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// Cuts what may be the caller's own words.
    fn shorten(&mut self) {
        if self.0.detail.len() > MAX_SHOWN_BYTES {
            shorten(self.0.detail.to_mut());
        }
        for violation in &mut self.0.violations {
            shorten(&mut violation.pointer);
            shorten(&mut violation.detail);
        }
    }

    /// Adds one broken rule.
    #[must_use]
    pub fn with_violation(mut self, violation: Violation) -> Self {
        self.0.violations.push(violation);
        self
    }

    /// The kind.
    pub fn kind(&self) -> ProblemKind {
        self.0.kind
    }

    /// The status code.
    pub fn status(&self) -> StatusCode {
        self.0.kind.status()
    }

    /// The sentence for the caller.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The kind of thing that the problem is about.
    pub fn subject(&self) -> Option<&'static str> {
        self.0.subject
    }

    /// The broken rules, for the caller.
    pub fn violations(&self) -> &[Violation] {
        &self.0.violations
    }

    /// The internal cause, for the log.
    pub fn cause(&self) -> Option<&(dyn Error + Send + Sync + 'static)> {
        self.0.cause.as_deref()
    }

    /// The response headers that this problem brings.
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Problem")
            .field("kind", &self.0.kind)
            .field("detail", &self.0.detail)
            .field("violations", &self.0.violations)
            .field("cause", &self.0.cause)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Problem {
    /// The external message: safe to show to a caller.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.0.kind.title(), self.0.detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        // Without a body: the outer layer, which knows the request id, writes it.
        let mut response = self.status().into_response();
        response.headers_mut().extend(self.0.headers.clone());
        response.extensions_mut().insert(self);
        response
    }
}
