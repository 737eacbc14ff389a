//! The catalogue of problems: every kind this backend can answer, in one table.

use http::StatusCode;

/// A kind of problem: what the `type`, `title` and `status` members of an answer say.
///
/// The catalogue is closed, so that a page describing each kind can be generated from
/// [`ProblemKind::all`]. A kind is chosen through a constructor of [`Problem`](super::Problem).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemKind {
    /// The request cannot be understood.
    BadRequest,
    /// The body is not one well-formed JSON document.
    MalformedJson,
    /// The request carries no credentials, or none that hold.
    Unauthorized,
    /// The caller is known and may not do this.
    Forbidden,
    /// Nothing lives at this address.
    NotFound,
    /// The address exists, the method does not.
    MethodNotAllowed,
    /// The client accepts no media type that the server has.
    NotAcceptable,
    /// The client took too long.
    RequestTimeout,
    /// The request contradicts the present state.
    Conflict,
    /// What was there is gone for good.
    Gone,
    /// A condition such as `If-Match` did not hold.
    PreconditionFailed,
    /// The body is over the limit.
    ContentTooLarge,
    /// The body's media type is not one that is read here.
    UnsupportedMediaType,
    /// The request is well formed and breaks a rule.
    Validation,
    /// A condition such as `If-Match` must be sent.
    PreconditionRequired,
    /// The caller is over a limit of requests.
    TooManyRequests,
    /// Our fault.
    Internal,
    /// The method or feature is not there.
    NotImplemented,
    /// A service behind this one gave no usable answer.
    BadGateway,
    /// Something this answer needs is away for now.
    Unavailable,
    /// A service behind this one took too long.
    GatewayTimeout,
}

/// One row of the catalogue.
struct Row(ProblemKind, u16, &'static str, &'static str);

/// Kind, status, slug, title. A slug is part of a public URI: never change one.
const CATALOGUE: &[Row] = &[
    Row(ProblemKind::BadRequest, 400, "bad-request", "Bad request"),
    Row(
        ProblemKind::MalformedJson,
        400,
        "malformed-json",
        "Malformed JSON",
    ),
    Row(
        ProblemKind::Unauthorized,
        401,
        "unauthorized",
        "Authentication required",
    ),
    Row(ProblemKind::Forbidden, 403, "forbidden", "Forbidden"),
    Row(ProblemKind::NotFound, 404, "not-found", "Not found"),
    Row(
        ProblemKind::MethodNotAllowed,
        405,
        "method-not-allowed",
        "Method not allowed",
    ),
    Row(
        ProblemKind::NotAcceptable,
        406,
        "not-acceptable",
        "Not acceptable",
    ),
    Row(
        ProblemKind::RequestTimeout,
        408,
        "request-timeout",
        "Request timeout",
    ),
    Row(ProblemKind::Conflict, 409, "conflict", "Conflict"),
    Row(ProblemKind::Gone, 410, "gone", "Gone"),
    Row(
        ProblemKind::PreconditionFailed,
        412,
        "precondition-failed",
        "Precondition failed",
    ),
    Row(
        ProblemKind::ContentTooLarge,
        413,
        "content-too-large",
        "Content too large",
    ),
    Row(
        ProblemKind::UnsupportedMediaType,
        415,
        "unsupported-media-type",
        "Unsupported media type",
    ),
    Row(
        ProblemKind::Validation,
        422,
        "validation",
        "The request breaks a rule",
    ),
    Row(
        ProblemKind::PreconditionRequired,
        428,
        "precondition-required",
        "Precondition required",
    ),
    Row(
        ProblemKind::TooManyRequests,
        429,
        "too-many-requests",
        "Too many requests",
    ),
    Row(ProblemKind::Internal, 500, "internal", "Internal error"),
    Row(
        ProblemKind::NotImplemented,
        501,
        "not-implemented",
        "Not implemented",
    ),
    Row(ProblemKind::BadGateway, 502, "bad-gateway", "Bad gateway"),
    Row(
        ProblemKind::Unavailable,
        503,
        "unavailable",
        "Temporarily unavailable",
    ),
    Row(
        ProblemKind::GatewayTimeout,
        504,
        "gateway-timeout",
        "Gateway timeout",
    ),
];

impl ProblemKind {
    /// Every kind, ordered by status.
    pub fn all() -> impl Iterator<Item = ProblemKind> {
        CATALOGUE.iter().map(|row| row.0)
    }

    /// The status code of answers of this kind.
    pub fn status(self) -> StatusCode {
        StatusCode::from_u16(self.row().1).expect("the catalogue holds valid status codes only")
    }

    /// The last segment of the kind's URI, e.g. `not-found`.
    pub fn slug(self) -> &'static str {
        self.row().2
    }

    /// The `title` member: the same for every problem of this kind.
    pub fn title(self) -> &'static str {
        self.row().3
    }

    /// The `type` member, `/problems/not-found` for example: a relative reference, which clients
    /// resolve against the URL of the request (RFC 9457, section 3.1.1). As it starts with a slash,
    /// it means the same at every path of an origin, and leaves out the path of a public URL that
    /// has one.
    pub fn type_reference(self) -> String {
        format!("/problems/{}", self.slug())
    }

    /// The kind that stands for a status code chosen elsewhere (by the router, by a layer).
    ///
    /// A status without a row of its own maps to [`BadRequest`](Self::BadRequest) below 500 and to
    /// [`Internal`](Self::Internal) from there on.
    pub fn of_status(status: StatusCode) -> ProblemKind {
        let fallback = if status.is_server_error() {
            ProblemKind::Internal
        } else {
            ProblemKind::BadRequest
        };
        CATALOGUE
            .iter()
            .find(|row| row.1 == status.as_u16())
            .map_or(fallback, |row| row.0)
    }

    fn row(self) -> &'static Row {
        // The order of the enum is the order of the table; a test holds them together.
        &CATALOGUE[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_follows_the_enum() {
        for (index, row) in CATALOGUE.iter().enumerate() {
            assert_eq!(row.0 as usize, index, "{}", row.2);
        }
        assert_eq!(CATALOGUE.len(), ProblemKind::GatewayTimeout as usize + 1);
    }

    #[test]
    fn slugs_are_unique_and_url_safe() {
        let slugs: std::collections::BTreeSet<_> =
            ProblemKind::all().map(ProblemKind::slug).collect();
        assert_eq!(slugs.len(), CATALOGUE.len());
        assert!(slugs.iter().all(|slug| {
            slug.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        }));
    }

    #[test]
    fn a_status_has_its_kind() {
        assert_eq!(
            ProblemKind::of_status(StatusCode::BAD_REQUEST),
            ProblemKind::BadRequest
        );
        assert_eq!(
            ProblemKind::of_status(StatusCode::IM_A_TEAPOT),
            ProblemKind::BadRequest
        );
        assert_eq!(
            ProblemKind::of_status(StatusCode::LOOP_DETECTED),
            ProblemKind::Internal
        );
    }
}
