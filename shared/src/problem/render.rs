//! From a problem to the bytes of its answer.

use std::{collections::BTreeMap, error::Error};

use axum::{
    body::{Body, HttpBody},
    response::Response,
};
use http::{HeaderValue, Method, StatusCode, header};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{Member, Problem, ProblemKind, Violation};

const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

// The members, in the order of RFC 9457, section 3.1, then our extensions. The comments below are what
// the API's documentation says.
/// What went wrong (RFC 9457).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem)]
pub(crate) struct Members<'a> {
    /// The kind of problem, relative to the URL of the request. It leads to a page about the kind.
    #[schema(pattern = "^/problems/[a-z-]+$")]
    r#type: String,
    /// The same for all problems of the kind.
    #[schema(min_length = 1)]
    title: &'static str,
    /// The status code of the answer.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// A sentence about this one problem.
    #[schema(min_length = 1)]
    detail: &'a str,
    /// The request's id as a URI, where it is a UUID.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "uri")]
    instance: Option<String>,
    /// The request's id, which stands in our log.
    #[schema(min_length = 1)]
    request_id: &'a str,
    /// Every rule that the request breaks.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false, min_items = 1, max_items = 64)]
    violations: &'a [Violation],
    // Described where it is sent, so that an API without it has none in its document.
    #[serde(flatten)]
    #[schema(ignore)]
    extension: BTreeMap<&'static str, Value>,
}

/// Turns error answers that are not ours, such as axum's own 404, 405 and rejections (empty or
/// plain text), into problems, so that clients see one shape. Their headers (`Allow`) stay.
///
/// An `OPTIONS` request that the router would refuse is answered with what the address allows:
/// that is what the method is for (RFC 9110, section 9.3.7).
pub(crate) fn adopt_foreign_errors(method: &Method, response: &mut Response) {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error())
        || response.extensions().get::<Problem>().is_some()
    {
        return;
    }
    let plain = match response.headers().get(header::CONTENT_TYPE) {
        None => response.body().is_end_stream(),
        Some(media_type) => media_type.as_bytes().starts_with(b"text/plain"),
    };
    if !plain {
        return;
    }
    response.headers_mut().remove(header::CONTENT_TYPE);
    response.headers_mut().remove(header::CONTENT_LENGTH);
    *response.body_mut() = Body::empty();
    if method == Method::OPTIONS && status == StatusCode::METHOD_NOT_ALLOWED {
        // The router adds `Allow` to this answer further out.
        *response.status_mut() = StatusCode::NO_CONTENT;
        return;
    }
    response.extensions_mut().insert(foreign(status));
}

fn foreign(status: StatusCode) -> Problem {
    let kind = ProblemKind::of_status(status);
    match kind {
        ProblemKind::NotFound => Problem::new(kind, "There is nothing at this address."),
        ProblemKind::MethodNotAllowed => Problem::new(
            kind,
            "This address does not answer this method; the Allow header lists those it does.",
        ),
        ProblemKind::ContentTooLarge => Problem::content_too_large(),
        _ if status.is_server_error() => {
            Problem::internal(format!("an answer of status {status} without a body"))
                .with_kind(kind)
        }
        _ => Problem::new(kind, status.canonical_reason().unwrap_or("Bad request")),
    }
}

/// Writes the body of a response that carries a problem, and logs the cause of a server error.
/// Other responses pass unchanged. Call inside the request's span, once.
pub(crate) fn render(request_id: &str, response: &mut Response) {
    let Some(mut problem) = response.extensions_mut().remove::<Problem>() else {
        return;
    };
    problem.shorten();
    let member = response.extensions().get::<Member>().copied();
    let status = response.status();
    if status.is_server_error() {
        match problem.cause() {
            Some(cause) => {
                tracing::error!(status = status.as_u16(), problem = problem.kind().slug(), cause = %chain(cause), "request failed");
            }
            None => {
                tracing::error!(
                    status = status.as_u16(),
                    problem = problem.kind().slug(),
                    detail = problem.detail(),
                    "request failed"
                );
            }
        }
    }
    let body = body(&problem, status, request_id, member);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, MEDIA_TYPE);
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    *response.body_mut() = Body::from(body);
}

fn body(
    problem: &Problem,
    status: StatusCode,
    request_id: &str,
    member: Option<Member>,
) -> Vec<u8> {
    let members = Members {
        r#type: problem.kind().type_reference(),
        title: problem.kind().title(),
        status: status.as_u16(),
        detail: problem.detail(),
        instance: uuid::Uuid::parse_str(request_id)
            .ok()
            .map(|id| id.urn().to_string()),
        request_id,
        violations: problem.violations(),
        extension: member
            .map(|member| (member.name, (member.value)(problem)))
            .into_iter()
            .collect(),
    };
    serde_json::to_vec(&members).expect("strings and numbers always serialise")
}

/// What an answer with this problem looks like, as JSON text, for the documentation.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn example(problem: &Problem, member: Option<Member>) -> Vec<u8> {
    const REQUEST_ID: &str = "01a204c8-f58f-7058-8eb2-b64ac1aae4e0";
    body(problem, problem.status(), REQUEST_ID, member)
}

/// An error and its sources, on one line.
fn chain(error: &(dyn Error + Send + Sync + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        // Some errors repeat their source in their own text.
        let message = error.to_string();
        if !text.ends_with(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        source = error.source();
    }
    text
}
