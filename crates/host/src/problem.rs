//! Problems (RFC 9457) that the host answers with by itself.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Empty, Full};
use serde::Serialize;
use uuid::Uuid;

use crate::Body;

/// What an application's pages about kinds of problems begin with, where it has them: functions of this
/// project answer with such types.
pub(crate) const PAGES: &str = "/problems/";

/// One of them.
pub(crate) const A_PAGE: &str = "/problems/unavailable";

/// Marks a response as the host's own.
#[derive(Clone, Copy)]
pub(crate) struct Own {
    /// The sentence of the problem that it is, if it is one.
    pub(crate) detail: Option<&'static str>,
}

/// The members of RFC 9457, section 3.1, and those that functions add.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Members<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

/// A whole body in memory.
pub(crate) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}

/// No body.
pub(crate) fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// A problem. `detail` is read by strangers and says nothing about the cause.
///
/// [`Answers`](crate::answer::Answers) gives it its final look.
pub(crate) fn problem(status: StatusCode, detail: &'static str) -> Response<Body> {
    let mut response = Response::new(empty());
    *response.status_mut() = status;
    let detail_of_own = Own {
        detail: Some(detail),
    };
    response.extensions_mut().insert(detail_of_own);
    render(&mut response, detail, None, false);
    response
}

/// Writes the body of a problem.
///
/// Without pages about them it has a type that says nothing more than its status: its title is then that of
/// the status code (RFC 9457, section 4.2.1).
pub(crate) fn render(
    response: &mut Response<Body>,
    detail: &str,
    request_id: Option<&str>,
    has_pages: bool,
) {
    let status = response.status();
    let (slug, title) = kind(status);
    let members = Members {
        r#type: if has_pages {
            format!("{PAGES}{slug}")
        } else {
            "about:blank".to_owned()
        },
        title: if has_pages {
            title
        } else {
            status.canonical_reason().unwrap_or("Error")
        },
        status: status.as_u16(),
        detail,
        instance: request_id
            .and_then(|id| Uuid::parse_str(id).ok())
            .map(|id| id.urn().to_string()),
        request_id,
    };
    let body = serde_json::to_vec(&members).expect("strings and numbers always serialise");
    let media_type = HeaderValue::from_static("application/problem+json");
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, media_type);
    *response.body_mut() = full(body);
}

/// The kind of problem that functions make of a status: the last segment of its type, and its title. A row
/// for each status that the host answers with, and two for the rest, as `shared::problem` has them.
fn kind(status: StatusCode) -> (&'static str, &'static str) {
    match status.as_u16() {
        404 => ("not-found", "Not found"),
        408 => ("request-timeout", "Request timeout"),
        413 => ("content-too-large", "Content too large"),
        429 => ("too-many-requests", "Too many requests"),
        503 => ("unavailable", "Temporarily unavailable"),
        504 => ("gateway-timeout", "Gateway timeout"),
        500.. => ("internal", "Internal error"),
        _ => ("bad-request", "Bad request"),
    }
}

/// A request that came through the component that is to answer it.
pub(crate) fn loop_detected() -> Response<Body> {
    problem(
        StatusCode::LOOP_DETECTED,
        "The request goes round in a circle.",
    )
}

pub(crate) fn bad_request(detail: &'static str) -> Response<Body> {
    problem(StatusCode::BAD_REQUEST, detail)
}

pub(crate) fn not_found() -> Response<Body> {
    problem(StatusCode::NOT_FOUND, "There is nothing at this path.")
}

pub(crate) fn component_failed() -> Response<Body> {
    problem(
        StatusCode::INTERNAL_SERVER_ERROR,
        "The request could not be completed.",
    )
}

pub(crate) fn timed_out() -> Response<Body> {
    problem(StatusCode::GATEWAY_TIMEOUT, "The request took too long.")
}

/// A request whose body did not come in time (RFC 9110, section 15.5.9).
pub(crate) fn too_slow() -> Response<Body> {
    let mut response = problem(
        StatusCode::REQUEST_TIMEOUT,
        "The request's body came too slowly.",
    );
    response
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

pub(crate) fn saturated() -> Response<Body> {
    try_again("The server is at its limit of concurrent requests. Try again shortly.")
}

/// A request that there is no room for now.
pub(crate) fn try_again(detail: &'static str) -> Response<Body> {
    let mut response = problem(StatusCode::SERVICE_UNAVAILABLE, detail);
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn members(response: Response<Body>) -> serde_json::Value {
        assert_eq!(
            response.headers()["content-type"],
            "application/problem+json"
        );
        let body = response.into_body().collect().await.unwrap().to_bytes();
        serde_json::from_slice(&body).unwrap()
    }

    #[tokio::test]
    async fn a_problem_has_the_members_of_the_standard() {
        let response = saturated();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["retry-after"], "1");
        let expected = serde_json::json!({
            "type": "about:blank",
            "title": "Service Unavailable",
            "status": 503,
            "detail": "The server is at its limit of concurrent requests. Try again shortly.",
        });
        assert_eq!(members(response).await, expected);
    }

    #[tokio::test]
    async fn with_pages_about_them_it_has_a_type() {
        let mut response = not_found();
        let id = "01a204c8-f58f-7058-8eb2-b64ac1aae4e0";
        render(&mut response, "Nothing.", Some(id), true);
        let expected = serde_json::json!({
            "type": "/problems/not-found",
            "title": "Not found",
            "status": 404,
            "detail": "Nothing.",
            "instance": "urn:uuid:01a204c8-f58f-7058-8eb2-b64ac1aae4e0",
            "requestId": id,
        });
        assert_eq!(members(response).await, expected);

        let mut response = loop_detected();
        render(&mut response, "Round.", Some("no-uuid"), true);
        let problem = members(response).await;
        assert_eq!(problem["type"], "/problems/internal");
        assert_eq!(problem.get("instance"), None);
    }
}
