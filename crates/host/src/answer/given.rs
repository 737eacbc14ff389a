//! What the host answers by itself, other than problems.

use http::{HeaderName, HeaderValue, Response, StatusCode, header};

use crate::Body;
use crate::problem::{self, Own};
use jenny_manifest::{Manifest, StaticResponse};

/// Whether the host runs, which says nothing of the application.
pub(crate) fn health() -> Response<Body> {
    own(Response::new(problem::full("OK")))
}

/// What Spin says about the application.
pub(crate) fn info(manifest: &Manifest) -> Response<Body> {
    let application = &manifest.application;
    let mut info = serde_json::json!({ "name": application.name });
    if !application.version.is_empty() {
        info["version"] = application.version.as_str().into();
    }
    let mut response = Response::new(problem::full(format!("{info:#}")));
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    own(response)
}

fn own(mut response: Response<Body>) -> Response<Body> {
    response.extensions_mut().insert(Own { detail: None });
    response
}

/// The answer to `OPTIONS *`, which asks of no resource (RFC 9110, section 9.3.7). What methods there
/// are depends on the resource.
pub(crate) fn no_content() -> Response<Body> {
    let mut response = Response::new(problem::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    own(response)
}

/// A `static_response` of the manifest: the application's answer, not the host's.
pub(crate) fn fixed(answer: &StaticResponse) -> Response<Body> {
    let body = answer
        .body
        .as_ref()
        .map_or_else(problem::empty, |body| problem::full(body.clone()));
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(answer.status_code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in &answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}
