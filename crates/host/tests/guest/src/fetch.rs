//! Sends requests to other hosts, as it is told to.

use std::time::Duration;

use http::Response;
use http_body_util::BodyExt as _;
use spin_sdk::http::{Request, send};
use spin_sdk::wasip3::http::types::{ErrorCode, RequestOptions};
use spin_sdk::wasip3::http_compat::RequestOptionsExtension;

use crate::{Body, full, text};

/// Sends what it was told and says what came of it: status and body, or the error.
pub(crate) async fn fetch(told: Request) -> Response<Body> {
    let answer = match forward(told).await {
        Ok(answer) => answer,
        Err(code) => return text(format!("{code:?}")),
    };
    let status = answer.status();
    text(match answer.into_body().collect().await {
        Ok(body) => format!("{status}\n{}", String::from_utf8_lossy(&body.to_bytes())),
        Err(error) => format!("{status}, then {error:?}"),
    })
}

/// Sends what it was told and answers with what comes back, as it comes.
pub(crate) async fn relay(told: Request) -> Response<Body> {
    match forward(told).await {
        Ok(answer) => answer.map(|body| body.map_err(Into::into).boxed_unsync()),
        Err(code) => {
            let mut answer = Response::new(full(format!("{code:?}")));
            *answer.status_mut() = http::StatusCode::BAD_GATEWAY;
            answer
        }
    }
}

/// The same method, or `fetch-method`, and body go to the URL in `fetch-url`, with the fields whose
/// names begin with `fetch-header-`, and `fetch-patience` milliseconds for the head and between any
/// two bytes.
async fn forward(told: Request) -> Result<spin_sdk::http::Response, ErrorCode> {
    let (head, body) = told.into_parts();
    let field = |name| {
        let value = head.headers.get(name);
        value.and_then(|value: &http::HeaderValue| value.to_str().ok())
    };
    let mut request = http::Request::builder()
        .method(field("fetch-method").unwrap_or(head.method.as_str()))
        .uri(field("fetch-url").unwrap_or_default());
    for (name, value) in &head.headers {
        if let Some(name) = name.as_str().strip_prefix("fetch-header-") {
            request = request.header(name, value);
        }
    }
    if let Some(patience) = field("fetch-patience").and_then(|millis| millis.parse().ok()) {
        let patience = Duration::from_millis(patience).as_nanos() as u64;
        let options = RequestOptions::new();
        _ = options.set_first_byte_timeout(Some(patience));
        _ = options.set_between_bytes_timeout(Some(patience));
        request = request.extension(RequestOptionsExtension(options));
    }
    // Boxed, since the SDK would otherwise send the very request that came in.
    let body: Body = body.map_err(Into::into).boxed_unsync();
    let request = request
        .body(body)
        .map_err(|_| ErrorCode::HttpRequestUriInvalid)?;
    send(request).await
}
