//! What handlers return.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, NoContent, Response};
use utoipa::ToSchema;

use super::{Describe, Description};
use crate::problem::Problem;

/// What a handler returns: the type of an answer says its status and its schema.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what an answer looks like",
    note = "return `Json<T>`, `JsonText<T>`, `Created<…>` or `NoContent`, with headers before it in \
            a pair if need be, or a `Result` of one"
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

impl<T: ToSchema> Answer for Json<T> {
    fn describe(description: &mut Description) {
        description.status(200);
        description.answer_body::<T>();
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

impl<T: Answer> Answer for Result<T, Problem> {
    fn describe(description: &mut Description) {
        T::describe(description);
    }
}
