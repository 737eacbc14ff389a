//! What a request must be to be the expected one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use http::Uri;
use http::uri::Scheme;
use serde_json::Value;

use crate::outbound::{SentRequest, report};

/// One demand on a request.
#[derive(Clone)]
pub(super) struct Matcher {
    /// What is wanted, as the continuation of "a request …".
    pub(super) wants: String,
    check: Arc<Check>,
}

/// Says what is wrong with a request, if anything is.
type Check = dyn Fn(&SentRequest) -> Option<String> + Send + Sync;

impl Matcher {
    pub(super) fn new(
        wants: String,
        check: impl Fn(&SentRequest) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        Self {
            wants,
            check: Arc::new(check),
        }
    }

    /// What is wrong with `request`; or what the test's own check panicked with, which must not reach
    /// the host.
    pub(super) fn mismatch(&self, request: &SentRequest) -> Result<Option<String>, String> {
        catch_unwind(AssertUnwindSafe(|| (self.check)(request)))
            .map_err(|panic| report::text_of(&*panic).to_owned())
    }

    pub(super) fn header(name: &str, expected: &str) -> Self {
        let (name, expected) = (name.to_owned(), expected.to_owned());
        Self::new(format!("with {name}: {expected}"), move |request| {
            let mut values = request.headers.get_all(&name).into_iter();
            if values.any(|value| value.as_bytes() == expected.as_bytes()) {
                return None;
            }
            Some(match request.header(&name) {
                Some(other) => format!("its {name} is {other:?} rather than {expected:?}"),
                None => format!("it has no {name}, which was to be {expected:?}"),
            })
        })
    }

    pub(super) fn query(name: &str, expected: &str) -> Self {
        let (name, expected) = (name.to_owned(), expected.to_owned());
        Self::new(format!("with ?{name}={expected}"), move |request| {
            let query = request.url.query().unwrap_or_default();
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            if pairs.any(|(other, value)| other == name && value == expected) {
                return None;
            }
            Some(match request.query(&name) {
                Some(other) => format!("?{name}= is {other:?} rather than {expected:?}"),
                None => format!("its query has no {name}, which was to be {expected:?}"),
            })
        })
    }

    pub(super) fn json(expected: Value, exact: bool) -> Self {
        let wants = match exact {
            true => format!("with exactly {expected}"),
            false => format!("with {expected} among its JSON"),
        };
        Self::new(wants, move |request| {
            match serde_json::from_slice(&request.body) {
                Err(error) => Some(format!("its body is not JSON: {error}")),
                Ok(body) if exact && body == expected => None,
                Ok(body) if exact => difference(&expected, &body, true, ""),
                Ok(body) => difference(&expected, &body, false, ""),
            }
        })
    }
}

/// Where `actual` is not what is expected. Unless it must be exactly that, objects may have further
/// members.
fn difference(expected: &Value, actual: &Value, exact: bool, at: &str) -> Option<String> {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            let missing = expected.iter().find_map(|(name, expected)| {
                let at = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                match actual.get(name) {
                    Some(actual) => difference(expected, actual, exact, &at),
                    None => Some(format!("{at} is absent rather than {expected}")),
                }
            });
            let mut further = actual.keys().filter(|name| !expected.contains_key(*name));
            let further = further.next().filter(|_| exact);
            missing.or_else(|| further.map(|name| format!("{at}/{name} was not to be there")))
        }
        (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => {
            let mut pairs = expected.iter().zip(actual).enumerate();
            pairs.find_map(|(index, (expected, actual))| {
                difference(expected, actual, exact, &format!("{at}/{index}"))
            })
        }
        _ if expected == actual => None,
        _ => {
            let at = if at.is_empty() { "its JSON" } else { at };
            Some(format!("{at} is {actual} rather than {expected}"))
        }
    }
}

/// Why `url` is not `expected`. The query is compared unless it is `free`.
pub(super) fn url_mismatch(expected: &Uri, url: &Uri, free: bool) -> Option<String> {
    let authority = |uri: &Uri| {
        let default = match uri.scheme() == Some(&Scheme::HTTP) {
            true => 80,
            false => 443,
        };
        (
            uri.scheme().cloned(),
            uri.host().map(str::to_ascii_lowercase),
            uri.port_u16().unwrap_or(default),
        )
    };
    if authority(expected) != authority(url) {
        return Some("it goes to another host".to_owned());
    }
    let (segments, others) = (expected.path().split('/'), url.path().split('/'));
    let same = segments.clone().count() == others.clone().count()
        && segments
            .zip(others)
            .all(|(segment, other)| segment == "*" || segment == other);
    if !same {
        return Some(format!("its path is not {}", expected.path()));
    }
    if free || expected.query() == url.query() {
        return None;
    }
    Some(match expected.query() {
        Some(query) => format!("its query is not ?{query}"),
        None => "it was to have no query".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn mismatch(expected: &str, url: &str, free: bool) -> Option<String> {
        url_mismatch(&expected.parse().unwrap(), &url.parse().unwrap(), free)
    }

    #[test]
    fn urls_are_compared_in_all_their_parts() {
        for (expected, url) in [
            ("https://a.example/b", "https://A.example:443/b"),
            ("http://a.example/", "http://a.example:80/"),
            ("http://a.example", "http://a.example/"),
            ("http://a.example/*/c", "http://a.example/b/c"),
            ("http://a.example/b?c=d", "http://a.example/b?c=d"),
        ] {
            assert_eq!(mismatch(expected, url, false), None, "{expected}");
        }
        for (expected, url) in [
            ("https://a.example/b", "http://a.example/b"),
            ("https://a.example/b", "https://b.example/b"),
            ("https://a.example/b", "https://a.example:444/b"),
            ("https://a.example/b", "https://a.example/b/"),
            ("https://a.example/*", "https://a.example/b/c"),
            ("https://a.example/b", "https://a.example/b?c"),
            ("https://a.example/b?c", "https://a.example/b"),
        ] {
            assert!(mismatch(expected, url, false).is_some(), "{expected}");
        }
        assert_eq!(
            mismatch("http://a.example/", "http://a.example/?b", true),
            None
        );
    }

    #[test]
    fn a_part_of_a_document_is_found_in_it_and_the_rest_is_named() {
        let body = json!({ "a": { "b": [{ "c": 1, "d": 2 }] }, "e/f": null });
        let part = |expected: Value| difference(&expected, &body, false, "");
        assert_eq!(part(json!({ "a": { "b": [{ "c": 1 }] } })), None);
        assert_eq!(part(json!({ "e/f": null })), None);
        let other = part(json!({ "a": { "b": [{ "c": 3 }] } }));
        assert_eq!(other.as_deref(), Some("/a/b/0/c is 1 rather than 3"));
        let absent = part(json!({ "e~/": 1 }));
        assert_eq!(absent.as_deref(), Some("/e~0~1 is absent rather than 1"));
        assert!(
            part(json!({ "a": { "b": [] } })).is_some(),
            "lists are whole"
        );
        let exact = difference(&json!({ "a": body["a"] }), &body, true, "");
        assert_eq!(exact.as_deref(), Some("/e/f was not to be there"));
        assert_eq!(difference(&body, &body, true, ""), None);
    }
}
