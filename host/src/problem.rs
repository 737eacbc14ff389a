//! Answers that the host gives by itself, as RFC 9457 problems.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Empty, Full};

use crate::Body;

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

/// A problem without a type of its own: by RFC 9457, section 4.2.1, its title is then that of the
/// status code. `detail` is read by strangers and says nothing about the cause.
pub(crate) fn problem(status: StatusCode, detail: &str) -> Response<Body> {
    let body = serde_json::json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or("Error"),
        "status": status.as_u16(),
        "detail": detail,
    });
    let mut response = Response::new(full(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    response
}

/// A request that came through the component that is to answer it.
pub(crate) fn loop_detected() -> Response<Body> {
    problem(
        StatusCode::LOOP_DETECTED,
        "The request goes round in a circle.",
    )
}

pub(crate) fn bad_request(detail: &str) -> Response<Body> {
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

pub(crate) fn saturated() -> Response<Body> {
    let mut response = problem(
        StatusCode::SERVICE_UNAVAILABLE,
        "The server is at its limit of concurrent requests. Try again shortly.",
    );
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_problem_has_the_members_of_the_standard() {
        let response = saturated();

        assert_eq!(response.status(), 503);
        assert_eq!(
            response.headers()["content-type"],
            "application/problem+json"
        );
        assert_eq!(response.headers()["retry-after"], "1");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["status"], 503);
        assert_eq!(body["title"], "Service Unavailable");
        assert_eq!(body["type"], "about:blank");
    }
}
