//! Answers: pages, and files in the encoding that the caller takes.

use crate::openapi::{Answer, Description};
use crate::problem::{Problem, ProblemKind};
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderMap, HeaderValue, header};
use serde_json::json;
use utoipa::IntoParams;

use super::File;

/// What a page may load: what this origin serves, and no script or style of its own. `data:` is for the
/// icons in Swagger UI's style sheet.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
);

/// Everybody may keep it, and asks each time whether it still holds: it changes with the application.
const REVALIDATED: HeaderValue = HeaderValue::from_static("public, no-cache");

/// Which file of the page.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct FileName {
    /// The file's name.
    #[param(example = "docs.css")]
    #[expect(dead_code, reason = "describes the parameter")]
    file: String,
}

/// Which kind of problem.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct KindName {
    /// The last segment of the problem's `type`.
    #[param(example = "not-found")]
    #[expect(dead_code, reason = "describes the parameter")]
    kind: String,
}

/// A page.
pub(crate) struct Page(pub(crate) String);

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let headers = [
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::CACHE_CONTROL, REVALIDATED),
        ];
        (headers, Html(self.0)).into_response()
    }
}

impl Answer for Page {
    fn describe(description: &mut Description) {
        describe(description);
        description.answer_of("text/html");
    }
}

/// A file of type `T`, as the caller takes it.
pub(crate) struct Encoded<T> {
    file: File,
    gzip: bool,
    kind: std::marker::PhantomData<T>,
}

/// The page of operations.
pub(crate) struct Operations;

/// The document.
pub(crate) struct Document;

/// What the page is made of.
pub(crate) struct Asset;

/// What a file is described as.
pub(crate) trait MediaType {
    const MEDIA_TYPE: &'static str;
}

impl MediaType for Operations {
    const MEDIA_TYPE: &'static str = "text/html";
}

impl MediaType for Document {
    const MEDIA_TYPE: &'static str = "application/json";
}

impl MediaType for Asset {
    const MEDIA_TYPE: &'static str = "text/*";
}

impl<T> Encoded<T> {
    /// # Errors
    ///
    /// 406 for whoever refuses the one encoding in which the component holds the file.
    pub(crate) fn new(file: File, headers: &HeaderMap) -> Result<Self, Problem> {
        let gzip = match (file.plain, accepts_gzip(headers)) {
            (_, Some(true)) | (None, None) => true,
            (Some(_), _) => false,
            (None, Some(false)) => {
                let detail = "This file is held compressed by gzip alone.";
                return Err(Problem::new(ProblemKind::NotAcceptable, detail));
            }
        };
        let kind = std::marker::PhantomData;
        Ok(Self { file, gzip, kind })
    }
}

/// Whether the caller takes gzip; `None` where nothing is said of it, which allows it without asking for
/// it (RFC 9110, section 12.5.3).
fn accepts_gzip(headers: &HeaderMap) -> Option<bool> {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter();
    let values: Vec<&str> = values.filter_map(|value| value.to_str().ok()).collect();
    if values.is_empty() {
        return None;
    }
    let quality = |coding: &str| {
        let mut codings = values.iter().flat_map(|value| value.split(','));
        codings.find_map(|listed| {
            let (name, quality) = listed.split_once(';').unwrap_or((listed, ""));
            let quality = quality.trim().trim_start_matches("q=");
            let is_taken = quality.parse::<f32>().unwrap_or(1.0) > 0.0;
            name.trim().eq_ignore_ascii_case(coding).then_some(is_taken)
        })
    };
    Some(quality("gzip").or_else(|| quality("*")).unwrap_or(false))
}

impl<T> IntoResponse for Encoded<T> {
    fn into_response(self) -> Response {
        let media_type = HeaderValue::from_static(self.file.media_type);
        let tag = |suffix: &str| {
            let tag = format!("\"{}{suffix}\"", self.file.tag);
            let tag = HeaderValue::try_from(tag).expect("letters and digits");
            (header::ETAG, tag)
        };
        let headers = [
            (header::CONTENT_TYPE, media_type),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::CACHE_CONTROL, REVALIDATED),
            (header::VARY, HeaderValue::from_static("accept-encoding")),
        ];
        match self.file.plain {
            Some(plain) if !self.gzip => (headers, [tag("")], plain).into_response(),
            _ => {
                let encoding = (header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                // Other bytes have another strong tag (RFC 9110, section 8.8.3.3).
                (headers, [encoding, tag(".gzip")], self.file.gzip).into_response()
            }
        }
    }
}

impl<T: MediaType> Answer for Encoded<T> {
    fn describe(description: &mut Description) {
        describe(description);
        description.answer_of(T::MEDIA_TYPE);
        let gzip = json!({
            "description": "Where the caller takes it.",
            "schema": { "type": "string", "const": "gzip" },
        });
        description.answer_header("Content-Encoding", gzip);
    }
}

fn describe(description: &mut Description) {
    description.status(200);
    for (name, value) in [
        ("Content-Security-Policy", &POLICY),
        ("Cache-Control", &REVALIDATED),
    ] {
        let value = value.to_str().expect("is ASCII");
        let header = json!({ "required": true, "schema": { "type": "string", "const": value } });
        description.answer_header(name, header);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_read_as_the_standard_says() {
        for (value, expected) in [
            ("gzip", true),
            ("deflate, GZIP;q=0.5", true),
            ("*", true),
            ("br", false),
            ("", false),
            ("gzip;q=0", false),
            ("gzip; q=0.0, *", false),
            ("*;q=0", false),
            ("identity", false),
        ] {
            let value = HeaderValue::from_static(value);
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, value.clone())]);
            assert_eq!(accepts_gzip(&headers), Some(expected), "{value:?}");
        }
        assert_eq!(accepts_gzip(&HeaderMap::new()), None);
    }
}
