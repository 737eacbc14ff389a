//! What the address carries: path and query.

use std::error::Error;

use axum::extract::{
    FromRequestParts,
    path::ErrorKind,
    rejection::{PathRejection, QueryRejection},
};
use http::request::Parts;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use crate::openapi::{Describe, Description};
use crate::problem::{Problem, ProblemKind, Violation};

/// The parameters of the route's path, like [`axum::extract::Path`].
///
/// A segment that does not parse (`/comments/x` where a number stands) is 404: no such resource
/// can exist. One that is not UTF-8 is 400.
#[derive(Clone, Copy, Debug, Default)]
pub struct Path<T>(pub T);

impl<T, S> FromRequestParts<S> for Path<T>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Path(value)),
            Err(rejection) => Err(path_problem(rejection)),
        }
    }
}

/// The parameters themselves stand in the `params` of `#[utoipa::path]`, by the path's names.
impl<T> Describe for Path<T> {
    fn describe(description: &mut Description) {
        description.problem(ProblemKind::BadRequest);
        description.problem(ProblemKind::NotFound);
    }
}

fn path_problem(rejection: PathRejection) -> Problem {
    let PathRejection::FailedToDeserializePathParams(failure) = rejection else {
        return Problem::internal(rejection);
    };
    match failure.kind() {
        ErrorKind::InvalidUtf8InPathParam { key } => {
            Problem::bad_request(format!("The path's {key} is not valid UTF-8."))
        }
        // The handler's type does not fit its route: our mistake.
        ErrorKind::WrongNumberOfParameters { .. } | ErrorKind::UnsupportedType { .. } => {
            Problem::internal(failure)
        }
        ErrorKind::ParseErrorAtKey { key, .. } | ErrorKind::DeserializeError { key, .. } => {
            Problem::not_found(format!(
                "There is nothing at this address: its {key} is invalid."
            ))
        }
        _ => Problem::not_found("There is nothing at this address."),
    }
}

/// The query's parameters, like [`axum::extract::Query`]; one that does not parse is 422, with a
/// violation at its name.
#[derive(Clone, Copy, Debug, Default)]
pub struct Query<T>(pub T);

impl<T, S> FromRequestParts<S> for Query<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match axum::extract::Query::try_from_uri(&parts.uri) {
            Ok(axum::extract::Query(value)) => Ok(Query(value)),
            Err(rejection) => Err(query_problem(&rejection)),
        }
    }
}

impl<T: IntoParams> Describe for Query<T> {
    fn describe(description: &mut Description) {
        description.query::<T>();
        description.problem(ProblemKind::Validation);
    }
}

fn query_problem(rejection: &QueryRejection) -> Problem {
    // The source's text is `name: what is wrong`, or only the latter.
    let text = rejection
        .source()
        .map(ToString::to_string)
        .unwrap_or_default();
    let violation = match text.split_once(": ") {
        Some((name, message)) if !name.contains(' ') => {
            Violation::new(format!("/{name}"), format!("is invalid: {message}"))
        }
        _ => Violation::new("", format!("is invalid: {text}")),
    };
    Problem::unprocessable([violation]).with_detail("The query is invalid.")
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, routing::get};
    use http::Request;
    use serde::Deserialize;
    use tower::ServiceExt;

    use super::*;

    #[derive(Deserialize)]
    struct Page {
        limit: Option<u32>,
    }

    async fn problem(address: &str) -> Option<Problem> {
        let router = Router::new()
            .route(
                "/comments/{id}",
                get(async |Path(id): Path<u64>| id.to_string()),
            )
            .route(
                "/articles",
                get(async |Query(page): Query<Page>| page.limit.unwrap_or_default().to_string()),
            );
        let request = Request::get(address).body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        response.extensions().get::<Problem>().cloned()
    }

    #[tokio::test]
    async fn a_path_that_cannot_name_anything_is_not_found() {
        assert!(problem("/comments/5").await.is_none());
        let missing = problem("/comments/x").await.expect("a problem");
        assert_eq!(missing.status(), 404);
        let garbled = problem("/comments/%ff").await.expect("a problem");
        assert_eq!(garbled.status(), 400);
    }

    #[tokio::test]
    async fn a_query_names_the_wrong_parameter() {
        assert!(problem("/articles?limit=5").await.is_none());
        let wrong = problem("/articles?limit=-1").await.expect("a problem");
        assert_eq!(wrong.status(), 422);
        assert_eq!(wrong.violations()[0].pointer, "/limit");
    }
}
