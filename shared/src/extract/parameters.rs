//! What the address carries: path and query.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{FromRequestParts, path::ErrorKind, rejection::PathRejection};
use http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::IntoParams;

use super::decode::{UnknownFields, decode};
use super::node::Form;
use crate::openapi::{Describe, Description, PathParameters};
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

/// What `params` of `#[utoipa::path]` says of a parameter takes precedence over its type.
impl<T: PathParameters> Describe for Path<T> {
    fn describe(description: &mut Description) {
        T::describe(description);
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

/// The query's parameters, by their names.
///
/// What does not parse is 422, with a violation at each name. So is a parameter that no argument of the handler
/// knows, unless one of them is [`Lenient`]: a filter that is misspelt would otherwise list everything. This
/// goes for the handlers of [`Operations`](crate::openapi::Operations); in a router that is not described,
/// where nothing tells which arguments there are, parameters that are not known are ignored.
///
/// A parameter that is given several times is read as a list, and is an error where one value is wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Query<T>(pub T);

impl<T, S> FromRequestParts<S> for Query<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let document = query_document(parts.uri.query().unwrap_or_default());
        let check = parts.extensions.get::<QueryCheck>();
        let unknown = match check {
            Some(_) => UnknownFields::Refused,
            None => UnknownFields::Ignored,
        };
        let decoded = decode(&document, Form::Query, unknown);
        match decoded.value {
            Some(value) if decoded.violations.is_empty() => {
                if let Some(check) = check {
                    check.retain(&decoded.unknown);
                }
                Ok(Query(value))
            }
            _ => Err(query_problem(decoded.violations)),
        }
    }
}

impl<T: IntoParams> Describe for Query<T> {
    fn describe(description: &mut Description) {
        description.query::<T>();
        description.problem(ProblemKind::Validation);
    }
}

/// An argument that reads the query ([`Query`], [`Page`](crate::page::Page)), in a handler that ignores
/// parameters which it does not know: for contracts whose clients send extras. One such argument is enough.
///
/// ```
/// use shared::extract::Lenient;
/// use shared::page::Page;
///
/// async fn list(Lenient(page): Lenient<Page>) -> String {
///     page.limit().to_string()
/// }
/// # let _ = axum::Router::<()>::new().route("/", axum::routing::get(list));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Lenient<E>(pub E);

impl<E, S> FromRequestParts<S> for Lenient<E>
where
    E: FromRequestParts<S>,
    S: Send + Sync,
{
    type Rejection = E::Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, E::Rejection> {
        // The other arguments find nothing to report to.
        if let Some(check) = parts.extensions.remove::<QueryCheck>() {
            check.retain(&BTreeSet::new());
        }
        E::from_request_parts(parts, state).await.map(Lenient)
    }
}

impl<E: Describe> Describe for Lenient<E> {
    const EVALUATES_PRECONDITIONS: bool = E::EVALUATES_PRECONDITIONS;

    fn describe(description: &mut Description) {
        E::describe(description);
    }
}

/// The parameters that none of a handler's arguments knows. Each argument that reads the query reports those
/// that it does not know; what all of them report is refused before the handler is called.
#[derive(Clone, Debug, Default)]
pub(crate) struct QueryCheck(Arc<Mutex<Option<BTreeSet<String>>>>);

impl QueryCheck {
    /// To be asked once the arguments are made; `None` for a request without a query.
    pub(crate) fn begin(parts: &mut Parts) -> Option<Self> {
        parts.uri.query()?;
        let check = Self::default();
        parts.extensions.insert(check.clone());
        Some(check)
    }

    fn retain(&self, unknown: &BTreeSet<String>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *all {
            Some(all) => all.retain(|pointer| unknown.contains(pointer)),
            none => *none = Some(unknown.clone()),
        }
    }

    /// Refuses what no argument knows. A handler none of whose arguments reads the query ignores it.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        let unknown = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let violations = unknown.into_iter().flatten();
        let violations: Vec<_> = violations
            .map(|pointer| Violation::new(pointer, "is not a known parameter"))
            .collect();
        match violations.is_empty() {
            true => Ok(()),
            false => Err(query_problem(violations)),
        }
    }
}

/// A query as an object of texts, with arrays for what is given several times.
fn query_document(query: &str) -> Value {
    let mut document = Map::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let value = Value::String(value.into_owned());
        match document.get_mut(&*name) {
            None => {
                document.insert(name.into_owned(), value);
            }
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    Value::Object(document)
}

fn query_problem(mut violations: Vec<Violation>) -> Problem {
    violations.sort();
    Problem::unprocessable(violations).with_detail("The query is invalid.")
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body};
    use http::Request;
    use http_body_util::BodyExt as _;
    use serde::Deserialize;
    use tower::ServiceExt;

    use super::*;

    #[derive(Deserialize, IntoParams)]
    #[serde(rename_all = "kebab-case")]
    #[into_params(rename_all = "kebab-case")]
    struct Filters {
        newer_than: Option<u32>,
        #[serde(default)]
        tag: Vec<String>,
        open: Option<bool>,
    }

    mod routes {
        use axum::Json;

        use super::{Filters, Lenient, Path, Query};
        use crate::page::Page;

        #[utoipa::path(
            get,
            path = "/comments/{id}",
            operation_id = "Show",
            params(("id" = u64, Path)),
            responses((status = OK, description = "It."))
        )]
        pub(super) async fn show(Path(id): Path<u64>) -> Json<String> {
            Json(id.to_string())
        }

        #[utoipa::path(
            get,
            path = "/articles",
            operation_id = "List",
            responses((status = OK, description = "They."))
        )]
        pub(super) async fn list(Query(filters): Query<Filters>, _: Page) -> Json<String> {
            let Filters {
                newer_than,
                tag,
                open,
            } = filters;
            Json(format!("{newer_than:?} {tag:?} {open:?}"))
        }

        #[utoipa::path(
            get,
            path = "/lenient",
            operation_id = "ListLeniently",
            responses((status = OK, description = "They."))
        )]
        pub(super) async fn lenient(
            _: Query<Filters>,
            Lenient(page): Lenient<Page>,
        ) -> Json<String> {
            Json(page.limit().to_string())
        }
    }

    async fn answer(address: &str) -> Result<String, Problem> {
        let router = crate::operations![routes::show, routes::list, routes::lenient];
        let request = Request::get(address).body(Body::empty()).unwrap();
        let response = Router::from(router).oneshot(request).await.unwrap();
        match response.extensions().get::<Problem>() {
            Some(problem) => Err(problem.clone()),
            None => {
                let body = response.into_body().collect().await.unwrap().to_bytes();
                Ok(serde_json::from_slice(&body).unwrap())
            }
        }
    }

    async fn faults(address: &str) -> Vec<String> {
        let problem = answer(address).await.expect_err("is refused");
        assert_eq!(problem.status(), 422, "{address}");
        let violations = problem.violations().iter();
        let lines =
            violations.map(|violation| format!("{} {}", violation.pointer, violation.detail));
        lines.collect()
    }

    #[tokio::test]
    async fn a_path_that_cannot_name_anything_is_not_found() {
        assert!(answer("/comments/5").await.is_ok());
        let missing = answer("/comments/x").await.unwrap_err();
        assert_eq!(missing.status(), 404);
        let garbled = answer("/comments/%ff").await.unwrap_err();
        assert_eq!(garbled.status(), 400);
    }

    #[tokio::test]
    async fn a_query_is_read_by_its_types() {
        for (query, read) in [
            ("", "None [] None"),
            ("newer-than=5&tag=a", "Some(5) [\"a\"] None"),
            (
                "tag=a&open=true&tag=b%20c",
                "None [\"a\", \"b c\"] Some(true)",
            ),
            ("limit=5&offset=5&open=false", "None [] Some(false)"),
        ] {
            let answer = answer(&format!("/articles?{query}")).await;
            assert_eq!(answer.expect("is read"), read, "{query}");
        }
    }

    #[tokio::test]
    async fn every_wrong_parameter_is_named() {
        assert_eq!(
            faults("/articles?newer-than=-1&open=yes&tag=a").await,
            [
                "/newer-than must be a whole number from 0 to 4294967295",
                "/open must be true or false",
            ]
        );
        assert_eq!(
            faults("/articles?newer-than=1&newer-than=2").await,
            ["/newer-than must be given once"]
        );
        assert_eq!(faults("/articles?newer-than=%2B1").await.len(), 1);
    }

    #[tokio::test]
    async fn a_parameter_that_no_argument_knows_is_refused_unless_one_is_lenient() {
        assert_eq!(
            faults("/articles?limit=5&tags=a&tag=b&newer_than=1").await,
            [
                "/newer_than is not a known parameter",
                "/tags is not a known parameter",
            ]
        );
        let lenient = answer("/lenient?limit=5&tags=a").await;
        assert_eq!(lenient.expect("is read"), "5");
        assert_eq!(faults("/lenient?limit=x&tags=a").await.len(), 1);
        // Nothing of it is read.
        assert!(answer("/comments/5?page=2").await.is_ok());
    }
}
