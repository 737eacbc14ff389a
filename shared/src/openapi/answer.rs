//! What handlers return.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, NoContent, Redirect, Response};
use serde_json::json;
use utoipa::ToSchema;

use super::{Describe, Description};
use crate::problem::Problem;

/// What a handler returns: the type of an answer says its status and its schema.
///
/// A type of one's own implements it beside [`IntoResponse`]:
///
/// ```
/// use axum::http::StatusCode;
/// use axum::response::{IntoResponse, Response};
/// use shared::openapi::{Answer, Description};
///
/// /// The request is queued.
/// struct Accepted;
///
/// impl IntoResponse for Accepted {
///     fn into_response(self) -> Response {
///         StatusCode::ACCEPTED.into_response()
///     }
/// }
///
/// impl Answer for Accepted {
///     fn describe(description: &mut Description) {
///         description.status(202);
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what an answer looks like",
    note = "return `Json<T>`, `JsonText<T>`, `Html<T>`, `NoContent`, `Created<T>`, `Redirect`, `Found` or \
            another redirect of `shared::openapi`, with headers before it in a pair if need be; `Either<A, B>` \
            of two; a `Result` of one",
    note = "or implement `shared::openapi::Answer` for your own type: it adds status, headers and schema to a \
            `Description`"
)]
pub trait Answer {
    /// Adds status, headers and schema to an operation's description.
    fn describe(description: &mut Description);
}

/// An answer of status 201 (RFC 9110, section 15.3.2).
///
/// ```
/// use axum::response::IntoResponse;
/// use shared::openapi::Created;
///
/// assert_eq!(Created(axum::Json("it")).into_response().status(), 201);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Created<T>(pub T);

impl<T: IntoResponse> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, self.0).into_response()
    }
}

impl<T: Answer> Answer for Created<T> {
    fn describe(description: &mut Description) {
        T::describe(description);
        description.status(201);
    }
}

/// One of two answers: `200` with what was there and `201` with what is new, for example.
///
/// ```
/// use axum::Json;
/// use shared::openapi::{Created, Either};
///
/// async fn put(is_new: bool) -> Either<Json<String>, Created<Json<String>>> {
///     let text = Json("It takes a Jacobian".to_owned());
///     if is_new { Either::Right(Created(text)) } else { Either::Left(text) }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub enum Either<A, B> {
    /// The first.
    Left(A),
    /// The second, of another status.
    Right(B),
}

impl<A: IntoResponse, B: IntoResponse> IntoResponse for Either<A, B> {
    fn into_response(self) -> Response {
        match self {
            Self::Left(answer) => answer.into_response(),
            Self::Right(answer) => answer.into_response(),
        }
    }
}

impl<A: Answer, B: Answer> Answer for Either<A, B> {
    fn describe(description: &mut Description) {
        A::describe(description);
        description.or::<B>();
    }
}

macro_rules! redirects {
    ($($(#[$doc:meta])* $name:ident = $status:ident,)+) => {
        $(
            $(#[$doc])*
            ///
            /// An address that is no value of a header is answered with 500, as axum's `Redirect` does.
            #[derive(Clone, Debug, PartialEq, Eq)]
            pub struct $name(pub String);

            impl IntoResponse for $name {
                fn into_response(self) -> Response {
                    match HeaderValue::try_from(self.0) {
                        Ok(location) => {
                            (StatusCode::$status, [(header::LOCATION, location)]).into_response()
                        }
                        Err(error) => Problem::internal(error).into_response(),
                    }
                }
            }

            impl Answer for $name {
                fn describe(description: &mut Description) {
                    describe_redirect(description, StatusCode::$status);
                }
            }
        )+
    };
}

redirects! {
    /// 301: the address has changed for good, and a `POST` may become a `GET` (RFC 9110, section 15.4.2).
    MovedPermanently = MOVED_PERMANENTLY,
    /// 302: what is asked for is at another address for now, and a `POST` may become a `GET` (RFC 9110,
    /// section 15.4.3).
    ///
    /// ```
    /// use axum::response::IntoResponse;
    /// use shared::openapi::Found;
    ///
    /// let response = Found("https://example.com/".to_owned()).into_response();
    /// assert_eq!(response.status(), 302);
    /// assert_eq!(response.headers()["location"], "https://example.com/");
    /// ```
    Found = FOUND,
    /// 303: the answer is at another address, to be read by `GET` (RFC 9110, section 15.4.4).
    SeeOther = SEE_OTHER,
    /// 307: the same request goes to another address for now (RFC 9110, section 15.4.8).
    TemporaryRedirect = TEMPORARY_REDIRECT,
    /// 308: the same request goes to another address from now on (RFC 9110, section 15.4.9).
    PermanentRedirect = PERMANENT_REDIRECT,
}

fn describe_redirect(description: &mut Description, status: StatusCode) {
    description.status(status.as_u16());
    let location = json!({
        "description": "The address to go to.",
        "required": true,
        "schema": { "type": "string", "format": "uri-reference" },
    });
    description.answer_header("Location", location);
}

struct OfStatus<const STATUS: u16>;

impl<const STATUS: u16> Answer for OfStatus<STATUS> {
    fn describe(description: &mut Description) {
        let status = StatusCode::from_u16(STATUS).expect("a status of a redirect");
        describe_redirect(description, status);
    }
}

/// Its status is known when it is made: 303, 307 or 308. `responses(…)` may name those that a handler means.
impl Answer for Redirect {
    fn describe(description: &mut Description) {
        OfStatus::<303>::describe(description);
        description.or::<OfStatus<307>>();
        description.or::<OfStatus<308>>();
        description.narrowed_by_responses();
    }
}

impl<T: ToSchema> Answer for Json<T> {
    fn describe(description: &mut Description) {
        description.status(200);
        description.answer_body::<T>();
    }
}

impl<T> Answer for Html<T> {
    fn describe(description: &mut Description) {
        description.status(200);
        description.answer_of("text/html");
    }
}

impl Answer for NoContent {
    fn describe(description: &mut Description) {
        description.status(204);
    }
}

/// Headers, then the rest.
impl<H: Describe, T: Answer> Answer for (H, T) {
    fn describe(description: &mut Description) {
        T::describe(description);
        H::describe(description);
    }
}

/// The error is [`Problem`], or a type of one's own that describes which problems it becomes.
impl<T: Answer, E: Describe> Answer for Result<T, E> {
    fn describe(description: &mut Description) {
        T::describe(description);
        E::describe(description);
    }
}

/// Which ones is said by the extractors, and by `responses(…)`.
impl Describe for Problem {
    fn describe(_: &mut Description) {}
}
