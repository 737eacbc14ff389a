//! The JSON body extractors.

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;
use validator::Validate;

use super::{
    decode::{self, MAX_VIOLATIONS, UnknownFields},
    document, media, rules,
};
use crate::openapi::{Describe, Description};
use crate::problem::{Problem, ProblemKind, Violation};

/// A JSON body that keeps every rule of its type; unknown fields are refused.
///
/// # Rejections
///
/// All as problems: 415 for another media type than `application/json` or `…+json`, another `charset` than
/// UTF-8, and any `Content-Encoding` but `identity`; 413 over the
/// limits of bytes and of values; 400 for an empty body, invalid UTF-8, malformed JSON, a name twice in one object; 422
/// with every fault at once, up to 64, for wrong types, missing and unknown fields and broken rules.
#[derive(Clone, Copy, Debug, Default)]
pub struct ValidJson<T>(pub T);

/// Like [`ValidJson`], with unknown fields ignored: for contracts whose clients send extras.
#[derive(Clone, Copy, Debug, Default)]
pub struct LenientJson<T>(pub T);

impl<T, S> FromRequest<S> for ValidJson<T>
where
    T: DeserializeOwned + Validate,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let document = document::parse(&read(request).await?)?;
        validated(&document, UnknownFields::Refused).map(ValidJson)
    }
}

impl<T, S> FromRequest<S> for LenientJson<T>
where
    T: DeserializeOwned + Validate,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let document = document::parse(&read(request).await?)?;
        validated(&document, UnknownFields::Ignored).map(LenientJson)
    }
}

impl<T: ToSchema> Describe for ValidJson<T> {
    fn describe(description: &mut Description) {
        describe::<T>(description);
    }
}

impl<T: ToSchema> Describe for LenientJson<T> {
    fn describe(description: &mut Description) {
        describe::<T>(description);
    }
}

fn describe<T: ToSchema>(description: &mut Description) {
    description.request_body::<T>();
    for kind in [
        ProblemKind::BadRequest,
        ProblemKind::MalformedJson,
        ProblemKind::ContentTooLarge,
        ProblemKind::UnsupportedMediaType,
        ProblemKind::Validation,
    ] {
        description.problem(kind);
    }
}

fn validated<T>(document: &Value, unknown_fields: UnknownFields) -> Result<T, Problem>
where
    T: DeserializeOwned + Validate,
{
    let decoded = decode::decode::<T>(document, unknown_fields);
    let mut violations = decoded.violations;
    if let Some(errors) = decoded
        .value
        .as_ref()
        .and_then(|value| value.validate().err())
    {
        // A rule broken by a stand-in says nothing about what the client sent.
        let broken = rules::violations(&errors, document)
            .into_iter()
            .filter(|violation| !decode::is_covered(&violations, &violation.pointer))
            .collect::<Vec<_>>();
        violations.extend(broken);
    }
    let unknown = decoded.unknown.into_iter();
    violations.extend(unknown.map(|pointer| Violation::new(pointer, "is not a known field")));
    match decoded.value {
        Some(value) if violations.is_empty() => Ok(value),
        _ => {
            violations.sort();
            violations.truncate(MAX_VIOLATIONS);
            Err(Problem::unprocessable(violations))
        }
    }
}

async fn read(request: Request) -> Result<Bytes, Problem> {
    media::check(request.headers())?;
    // axum counts the bytes as they arrive, so that a body without Content-Length is limited too.
    Bytes::from_request(request, &())
        .await
        .map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                Problem::content_too_large()
            } else {
                Problem::bad_request("The body broke off before its end.").with_cause(rejection)
            }
        })
}

#[cfg(test)]
mod tests {
    use axum::{RequestExt, body::Body, extract::DefaultBodyLimit, routing::post};
    use http::{HeaderValue, header};
    use serde::Deserialize;
    use tower::ServiceExt;

    use super::*;

    #[derive(Debug, Deserialize, Validate)]
    struct Registration {
        #[validate(nested)]
        user: NewUser,
    }

    #[derive(Debug, Deserialize, Validate)]
    struct NewUser {
        username: String,
        #[validate(email)]
        email: String,
        #[validate(length(min = 8))]
        password: String,
    }

    fn request(body: impl Into<Body>) -> Request {
        Request::post("/")
            .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
            .body(body.into())
            .unwrap()
    }

    fn lines(problem: &Problem) -> Vec<String> {
        problem
            .violations()
            .iter()
            .map(|violation| format!("{} {}", violation.pointer, violation.detail))
            .collect()
    }

    const FAULTY: &str =
        r#"{"user":{"username":5,"email":"x","password":"short","role":"admin"},"z":1}"#;

    #[tokio::test]
    async fn every_fault_is_reported_at_once() {
        let problem = request(FAULTY)
            .extract::<ValidJson<Registration>, _>()
            .await
            .unwrap_err();
        assert_eq!(problem.status(), 422);
        assert_eq!(
            lines(&problem),
            [
                "/user/email must be an e-mail address",
                "/user/password must be at least 8 characters long",
                "/user/role is not a known field",
                "/user/username must be a string",
                "/z is not a known field",
            ]
        );
    }

    #[tokio::test]
    async fn the_lenient_one_ignores_what_it_does_not_know() {
        let problem = request(FAULTY)
            .extract::<LenientJson<Registration>, _>()
            .await
            .unwrap_err();
        assert_eq!(lines(&problem).len(), 3);
        let body =
            r#"{"user":{"username":"u","email":"u@example.org","password":"12345678","role":"x"}}"#;
        let LenientJson(registration) = request(body)
            .extract::<LenientJson<Registration>, _>()
            .await
            .unwrap();
        assert_eq!(registration.user.username, "u");
    }

    #[tokio::test]
    async fn a_list_of_faults_has_an_end() {
        let unknown: serde_json::Map<_, _> =
            (0..500).map(|n| (format!("a{n}"), Value::Null)).collect();
        let problem = request(Value::Object(unknown).to_string())
            .extract::<ValidJson<Registration>, _>()
            .await
            .unwrap_err();
        assert_eq!(problem.status(), 422);
        assert_eq!(problem.violations().len(), MAX_VIOLATIONS);
        assert_eq!(lines(&problem)[0], "/a0 is not a known field");
    }

    #[tokio::test]
    async fn an_array_is_no_object() {
        for (body, pointer) in [
            (r#"[["u","u@example.org","12345678"]]"#, ""),
            (r#"{"user":["u","u@example.org","12345678"]}"#, "/user"),
        ] {
            let problem = request(body)
                .extract::<LenientJson<Registration>, _>()
                .await
                .unwrap_err();
            assert_eq!(problem.status(), 422);
            assert_eq!(lines(&problem), [format!("{pointer} must be an object")]);
        }
    }

    #[tokio::test]
    async fn a_body_in_another_form_is_not_read() {
        for (name, value) in [
            (header::CONTENT_TYPE, "text/plain"),
            (header::CONTENT_TYPE, "application/json; charset=latin1"),
            (header::CONTENT_ENCODING, "gzip"),
        ] {
            let mut request = request(FAULTY);
            let value = HeaderValue::from_static(value);
            request.headers_mut().insert(name, value.clone());
            let problem = request
                .extract::<ValidJson<Registration>, _>()
                .await
                .unwrap_err();
            assert_eq!(problem.status(), 415, "{value:?}");
        }
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_refused_also_without_a_length() {
        let router = axum::Router::new()
            .route("/", post(async |_: ValidJson<Registration>| "read"))
            .layer(DefaultBodyLimit::max(16));
        let frames = (0..4).map(|_| Ok::<_, std::io::Error>("\"aaaaaa\""));
        let stream = Body::from_stream(futures::stream::iter(frames));
        assert_eq!(axum::body::HttpBody::size_hint(&stream).exact(), None);
        let response = router.oneshot(request(stream)).await.unwrap();
        assert_eq!(response.status(), 413);
    }
}
