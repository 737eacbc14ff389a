//! What the baseline does to every answer.

use axum::{
    body::{Body, HttpBody, to_bytes},
    extract::Request,
    response::Response,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use super::{
    Version,
    entity_tag::{Candidates, EntityTag},
    preconditions,
};
use crate::problem::Problem;

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// A client may keep it, for itself, and asks each time whether it still holds.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");

/// What describes a body, and says nothing where there is none. A 304 keeps all other headers: what
/// a cache needs to go on using what it has (RFC 9110, section 15.4.5), and those of this answer.
const DESCRIBE_THE_BODY: [header::HeaderName; 3] = [
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::CONTENT_ENCODING,
];

/// What leads on from an answer, and what a page may do: nothing of it is a problem's, which is sent in its
/// place.
const BELONG_TO_THE_ANSWER: [header::HeaderName; 3] =
    [header::ETAG, header::LINK, header::CONTENT_SECURITY_POLICY];

/// The conditions of a request, kept while it is answered.
pub(crate) struct Conditions {
    method: Method,
    if_match: Option<Candidates>,
    if_none_match: Option<Candidates>,
}

impl Conditions {
    /// Takes a request's conditions, and has the router see a `GET` in place of a `HEAD`: both must
    /// have the same headers, and `ETag` and `Content-Length` are made from the body.
    pub(crate) fn take(request: &mut Request) -> Self {
        let method = request.method().clone();
        let mut conditions = Self {
            if_match: None,
            if_none_match: None,
            method,
        };
        if conditions.is_read() {
            // What cannot be understood is no condition that holds: the answer is sent in full.
            let candidates = |name| Candidates::of(request.headers(), name).ok().flatten();
            conditions.if_match = candidates(header::IF_MATCH);
            conditions.if_none_match = candidates(header::IF_NONE_MATCH);
            *request.method_mut() = Method::GET;
        }
        conditions
    }

    fn is_read(&self) -> bool {
        matches!(self.method, Method::GET | Method::HEAD)
    }

    /// Gives the answer its `ETag`, `Cache-Control` and `Vary`, and leaves its body out where the
    /// conditions say so. A problem is not rendered yet.
    pub(crate) async fn apply(&self, mut response: Response) -> Response {
        let is_tagged = match self.is_read() {
            true => response.status() == StatusCode::OK,
            // Where the handler says which state it left.
            false => response.status().is_success() && version_of(&response).is_some(),
        };
        if is_tagged {
            response = self.tag(response).await;
        }
        let status = response.status();
        declare(response.headers_mut(), status, self.is_read());
        response
    }

    /// Leaves out the body of an answer to `HEAD`, once it is rendered.
    pub(crate) fn strip(&self, response: &mut Response) {
        if self.method != Method::HEAD {
            return;
        }
        // One of unknown length is left to the router, which does not count the empty one then.
        if let Some(length) = response.body().size_hint().exact() {
            *response.body_mut() = Body::empty();
            if !matches!(
                response.status(),
                StatusCode::NOT_MODIFIED | StatusCode::NO_CONTENT
            ) {
                let headers = response.headers_mut();
                headers
                    .entry(header::CONTENT_LENGTH)
                    .or_insert_with(|| HeaderValue::from(length));
            }
        }
    }

    async fn tag(&self, mut response: Response) -> Response {
        let own = response.headers().get(header::ETAG);
        if let Some(own) = own.and_then(EntityTag::parse) {
            self.evaluate(&mut response, &own);
            return response;
        }
        // A body of unknown length is a stream, which nobody holds back to make a tag of it.
        let Some(length) = response.body().size_hint().exact() else {
            return response;
        };
        let (mut head, body) = response.into_parts();
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let body = match to_bytes(body, length).await {
            Ok(body) => body,
            Err(error) => {
                head.status = StatusCode::INTERNAL_SERVER_ERROR;
                head.extensions.insert(Problem::internal(error));
                Bytes::new()
            }
        };
        let mut response = Response::from_parts(head, Body::from(body.clone()));
        if response.status().is_success() {
            let tag = match version_of(&response) {
                Some(version) => EntityTag::of_version(version, &body),
                None => EntityTag::of(&body),
            };
            self.evaluate(&mut response, &tag);
        }
        response
    }

    /// RFC 9110, section 13.2.2, as far as it goes for a `GET` without dates and ranges.
    fn evaluate(&self, response: &mut Response, tag: &EntityTag) {
        let differs = |candidates: &Candidates| !candidates.match_strongly(tag);
        if self.if_match.as_ref().is_some_and(differs) {
            let problem = preconditions::failed();
            *response.status_mut() = problem.status();
            response.extensions_mut().insert(problem);
            *response.body_mut() = Body::empty();
            for name in DESCRIBE_THE_BODY.into_iter().chain(BELONG_TO_THE_ANSWER) {
                response.headers_mut().remove(name);
            }
            return;
        }
        response.headers_mut().insert(header::ETAG, tag.to_header());
        let is_known = |candidates: &Candidates| candidates.match_weakly(tag);
        if self.if_none_match.as_ref().is_some_and(is_known) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            *response.body_mut() = Body::empty();
            for name in DESCRIBE_THE_BODY {
                response.headers_mut().remove(name);
            }
        }
    }
}

fn version_of(response: &Response) -> Option<&Version> {
    response.extensions().get()
}

/// The one place that decides who may keep an answer.
fn declare(headers: &mut HeaderMap, status: StatusCode, is_read: bool) {
    if status.is_client_error() || status.is_server_error() {
        headers.insert(header::CACHE_CONTROL, NO_STORE);
        return;
    }
    let may_be_kept = is_read && (status.is_success() || status == StatusCode::NOT_MODIFIED);
    let default = if may_be_kept { PRIVATE } else { NO_STORE };
    let cache_control = headers.entry(header::CACHE_CONTROL).or_insert(default);
    if *cache_control != NO_STORE {
        vary_by_caller(headers);
    }
}

/// Adds `Authorization` to what others, such as the CORS layer, let the answer vary by.
fn vary_by_caller(headers: &mut HeaderMap) {
    let lines: Vec<&[u8]> = headers
        .get_all(header::VARY)
        .iter()
        .map(HeaderValue::as_bytes)
        .collect();
    let mut names = lines.join(&b", "[..]);
    let listed = names
        .split(|byte| *byte == b',')
        .map(|name| name.trim_ascii())
        .any(|name| name == b"*" || name.eq_ignore_ascii_case(b"authorization"));
    if listed {
        return;
    }
    if !names.is_empty() {
        names.extend_from_slice(b", ");
    }
    names.extend_from_slice(b"authorization");
    let names = HeaderValue::from_bytes(&names).expect("joined from values of headers");
    headers.insert(header::VARY, names);
}
