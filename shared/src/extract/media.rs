//! Whether a request's body is in a form that is read here.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::problem::{Problem, ProblemKind};

/// Checks what the headers say of a JSON body, before a byte of it is read.
///
/// # Errors
///
/// 415 for another media type or character encoding than JSON in UTF-8 (RFC 8259, section 8.1), and for a
/// content coding: none is undone here, and what is coded would be read as if it were not.
pub(super) fn check(headers: &HeaderMap) -> Result<(), Problem> {
    let unsupported = |detail, name, value| {
        let problem = Problem::new(ProblemKind::UnsupportedMediaType, detail);
        Err(problem.with_header(name, HeaderValue::from_static(value)))
    };
    if !is_plain(headers) {
        // Which of the two headers is there tells a client what to change (RFC 9110, section 12.5.3).
        return unsupported(
            "The body must not be compressed or otherwise encoded: send it without Content-Encoding.",
            header::ACCEPT_ENCODING,
            "identity",
        );
    }
    match content_type(headers) {
        Some(content_type) if is_json(content_type) => match is_utf8(content_type) {
            true => Ok(()),
            false => unsupported(
                "The body must be JSON in UTF-8, whatever charset its Content-Type names.",
                header::ACCEPT,
                "application/json",
            ),
        },
        // RFC 9110, section 15.5.16 lets `Accept` say what would have been read.
        _ => unsupported(
            "The body must be JSON, and its Content-Type application/json.",
            header::ACCEPT,
            "application/json",
        ),
    }
}

/// The elements of a header that is a list, in however many lines; `None` for one that is no text.
fn elements(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = Option<&str>> {
    let lines = headers.get_all(name).into_iter();
    lines.flat_map(|line| {
        let line = line.as_bytes().split(|byte| *byte == b',');
        line.map(|element| std::str::from_utf8(element).ok().map(str::trim))
    })
}

fn is_plain(headers: &HeaderMap) -> bool {
    elements(headers, header::CONTENT_ENCODING).all(|coding| {
        coding.is_some_and(|coding| coding.is_empty() || coding.eq_ignore_ascii_case("identity"))
    })
}

/// The one `Content-Type`; `None` without one, and where there are several to choose from.
fn content_type(headers: &HeaderMap) -> Option<&str> {
    let mut lines = headers.get_all(header::CONTENT_TYPE).into_iter();
    match (lines.next(), lines.next()) {
        (Some(line), None) => line.to_str().ok(),
        _ => None,
    }
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default();
    let essence = essence.trim().to_ascii_lowercase();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Whether it names no character encoding, or UTF-8. `utf8` is what some clients call it.
fn is_utf8(content_type: &str) -> bool {
    let is_utf8 = |charset: &str| {
        ["utf-8", "utf8"]
            .iter()
            .any(|name| charset.eq_ignore_ascii_case(name))
    };
    parameters(content_type).all(|(name, value)| {
        !name.eq_ignore_ascii_case("charset") || is_utf8(value.trim_matches('"'))
    })
}

/// The parameters of a media type (RFC 9110, section 5.6.6). A quoted value may hold semicolons.
fn parameters(content_type: &str) -> impl Iterator<Item = (&str, &str)> {
    let (mut quoted, mut escaped) = (false, false);
    let parts = content_type.split(move |character| {
        let is_end = character == ';' && !quoted;
        quoted ^= character == '"' && !escaped;
        escaped = character == '\\' && quoted && !escaped;
        is_end
    });
    parts.skip(1).map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (name.trim(), value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(lines: &[(HeaderName, &'static str)]) -> Option<Problem> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name, HeaderValue::from_static(value));
        }
        check(&headers).err()
    }

    fn of_type(content_type: &'static str) -> Option<Problem> {
        refusal(&[(header::CONTENT_TYPE, content_type)])
    }

    #[test]
    fn json_in_utf8_is_read() {
        for right in [
            "application/json",
            "Application/Vnd.Api+JSON",
            "application/json;",
            "application/json; charset=utf-8",
            "application/json;Charset=\"UTF-8\"",
            "application/json; profile=\"a;charset=latin1\\\";charset=latin1\"; charset=utf8",
        ] {
            assert!(of_type(right).is_none(), "{right}");
        }
    }

    #[test]
    fn other_types_and_charsets_are_refused() {
        for wrong in [
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/jsonp",
            "json",
            "application/json, application/json",
            "application/json; charset=iso-8859-1",
            "application/json; charset=utf-16",
            "application/json; charset=",
            "application/json; charset=utf-8; charset=latin1",
            "application/json; profile=\"a\\\\\"; CHARSET=\"latin1\"",
        ] {
            let problem = of_type(wrong).expect("is refused");
            assert_eq!(problem.status(), 415, "{wrong}");
            assert_eq!(problem.headers()["accept"], "application/json");
            assert!(!problem.headers().contains_key("accept-encoding"));
        }
        assert!(refusal(&[]).is_some());
        let json = (header::CONTENT_TYPE, "application/json");
        let text = (header::CONTENT_TYPE, "text/plain");
        assert!(refusal(&[json, text]).is_some());
    }

    #[test]
    fn a_content_coding_is_refused_for_what_it_is() {
        let json = (header::CONTENT_TYPE, "application/json");
        let coded = |coding| refusal(&[json.clone(), (header::CONTENT_ENCODING, coding)]);
        for right in ["", "identity", "Identity", "identity, ,identity"] {
            assert!(coded(right).is_none(), "{right}");
        }
        for wrong in ["gzip", "GZIP", "br", "identity, gzip", "x", "gzip;q=0"] {
            let problem = coded(wrong).expect("is refused");
            assert_eq!(problem.status(), 415, "{wrong}");
            assert_eq!(problem.headers()["accept-encoding"], "identity");
            assert!(!problem.headers().contains_key("accept"));
        }
        let both = ["identity", "gzip"].map(|coding| (header::CONTENT_ENCODING, coding));
        assert!(refusal(&[json.clone(), both[0].clone(), both[1].clone()]).is_some());
    }
}
