//! The `WWW-Authenticate` challenges of RFC 6750.

use http::HeaderValue;

/// The protection space that every challenge names (RFC 9110, section 11.5).
const REALM: &str = "api";

/// The challenge to a request that brought no token.
pub(super) fn missing() -> HeaderValue {
    value(format!("Bearer realm=\"{REALM}\""))
}

/// The challenge to a token that failed, with an error code of RFC 6750, section 3.1.
pub(super) fn error(code: &str, description: &str) -> HeaderValue {
    value(format!(
        "Bearer realm=\"{REALM}\", error=\"{code}\", error_description=\"{}\"",
        quotable(description)
    ))
}

/// The challenge to a token without the scope needed.
pub(super) fn scope(scope: &str) -> HeaderValue {
    value(format!(
        "Bearer realm=\"{REALM}\", error=\"insufficient_scope\", scope=\"{}\"",
        quotable(scope)
    ))
}

/// Keeps the characters that RFC 6750, section 3 allows in a quoted attribute.
fn quotable(text: &str) -> String {
    text.chars()
        .filter(|character| matches!(character, ' '..='~') && !matches!(character, '"' | '\\'))
        .collect()
}

fn value(text: String) -> HeaderValue {
    HeaderValue::try_from(text).expect("only printable ASCII reaches a challenge")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_cannot_break_out_of_its_quotes() {
        let challenge = error("invalid_token", "a \"b\"\\\r\nSet-Cookie: x\u{e9}");
        assert_eq!(
            challenge,
            "Bearer realm=\"api\", error=\"invalid_token\", error_description=\"a bSet-Cookie: x\""
        );
    }
}
