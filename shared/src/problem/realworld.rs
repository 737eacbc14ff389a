//! RealWorld's error member beside the problem's own.

use axum::response::Response;
use tower::{Layer, util::MapResponse};

use super::{Problem, Violation};
use crate::openapi::{Describe, Description};

/// A layer for routers that speak the RealWorld contract: their problems also carry
/// `errors: {"body": ["email: must be an e-mail address"]}`.
///
/// ```
/// use axum::{Router, routing::get};
/// use shared::problem::{Problem, RealWorld};
///
/// let router: Router = Router::new()
///     .route("/api/tags", get(async || Problem::forbidden("Not today.")))
///     .layer(RealWorld);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct RealWorld;

impl<S> Layer<S> for RealWorld {
    type Service = MapResponse<S, fn(Response) -> Response>;

    fn layer(&self, inner: S) -> Self::Service {
        MapResponse::new(inner, mark)
    }
}

impl Describe for RealWorld {
    fn describe(description: &mut Description) {
        description.realworld();
    }
}

/// The response extension that asks for the `errors` member.
#[derive(Clone, Copy)]
pub(super) struct Marker;

fn mark(mut response: Response) -> Response {
    response.extensions_mut().insert(Marker);
    response
}

/// The lines of `errors.body`: each broken rule after its field, or else the detail.
pub(super) fn lines(problem: &Problem) -> Vec<String> {
    if problem.violations().is_empty() {
        return vec![problem.detail().to_owned()];
    }
    problem.violations().iter().map(line).collect()
}

fn line(violation: &Violation) -> String {
    // RealWorld wraps every body in one member (`user`, `article`, `comment`): its clients name
    // the field without it.
    let mut segments: Vec<_> = violation.pointer.split('/').skip(1).collect();
    if segments.len() > 1 {
        segments.remove(0);
    }
    if segments.is_empty() {
        segments.push("body");
    }
    format!("{}: {}", segments.join("."), violation.detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_name_the_field_without_its_envelope() {
        let problem = Problem::unprocessable([
            Violation::new("/user/email", "must be an e-mail address"),
            Violation::new("/article/tagList/0", "must not be empty"),
            Violation::new("/user", "is required"),
            Violation::new("", "must be an object"),
        ]);
        assert_eq!(
            lines(&problem),
            [
                "email: must be an e-mail address",
                "tagList.0: must not be empty",
                "user: is required",
                "body: must be an object",
            ]
        );
        assert_eq!(
            lines(&Problem::not_found("No such article.")),
            ["No such article."]
        );
    }
}
