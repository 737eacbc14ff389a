//! The headers of answers, each described once.

use serde_json::{Map, Value, json};

use super::describe::Description;
use crate::service::security_headers;

const POLICY: &str = "Content-Security-Policy";

/// The headers of every answer, whatever it says.
fn of_every_answer() -> Map<String, Value> {
    let constant = |(name, value): (&str, &str)| {
        let header = json!({ "required": true, "schema": { "type": "string", "const": value } });
        (capitalised(name), header)
    };
    let mut headers: Map<String, Value> = security_headers::described().map(constant).collect();
    headers.insert(
        "X-Request-Id".into(),
        json!({
            "description": "The request's id, for whoever looks for it in the log: the caller's own \
                            `x-request-id`, or one made here.",
            "required": true,
            "schema": { "type": "string", "minLength": 1, "maxLength": 128 },
        }),
    );
    headers
}

/// `X-Request-Id` for `x-request-id`, as documents write it.
fn capitalised(name: &str) -> String {
    let words = name
        .split('-')
        .map(|word| word[..1].to_ascii_uppercase() + &word[1..]);
    words.collect::<Vec<_>>().join("-")
}

/// Every header, for the components of a document.
pub(super) fn components() -> Map<String, Value> {
    let cache_control = |description: &str, schema: Value| json!({ "description": description, "required": true, "schema": schema });
    let mut headers = of_every_answer();
    let others = [
        (
            "Allow",
            json!({
                "description": "The methods that the address answers to.",
                "required": true,
                "schema": { "type": "string" },
                "example": "GET,HEAD",
            }),
        ),
        (
            "CacheStatus",
            json!({
                "description": "How the backend's cache was asked (RFC 9211).",
                "schema": { "type": "string" },
                "example": "jenny; hit; ttl=24; detail=memory",
            }),
        ),
        (
            "Cacheable",
            cache_control(
                "Without credentials the answer is the same for everybody, who may keep it for a \
                 moment. With them it is the caller's, who asks each time whether it still holds.",
                json!({ "type": "string", "pattern": "^(private, no-cache|public(, [a-z-]+(=[0-9]+)?)+)$" }),
            ),
        ),
        (
            "Revalidated",
            cache_control(
                "The caller may keep it, and asks each time whether it still holds.",
                json!({ "type": "string", "const": "private, no-cache" }),
            ),
        ),
        (
            "NotStored",
            cache_control(
                "Nobody may keep it.",
                json!({ "type": "string", "const": "no-store" }),
            ),
        ),
        (
            "AsTheAnswer",
            cache_control(
                "As the answer that is not repeated has it.",
                json!({ "type": "string", "pattern": "^(no-store|private, no-cache|public(, [a-z-]+(=[0-9]+)?)+)$" }),
            ),
        ),
        (
            "ETag",
            json!({
                "description": "Names this state of the answer, for `If-None-Match` and `If-Match`.",
                "required": true,
                "schema": { "$ref": "#/components/schemas/EntityTag" },
            }),
        ),
        (
            "Vary",
            json!({
                "description": "What the answer differs by, where it may be kept.",
                "schema": { "type": "string", "pattern": "^([a-z-]+, )*authorization$" },
            }),
        ),
        (
            "Link",
            json!({
                "description": "The other pages of the list (RFC 8288): `first`, `prev`, `next`. Where \
                                there is no `next`, the page is the last.",
                "schema": {
                    "type": "string",
                    "pattern": "^<[^>]+>; rel=\"(first|prev|next)\"(, <[^>]+>; rel=\"(first|prev|next)\")*$",
                },
                "example": "</api/notes?limit=20&cursor=AZAAAAAAcACAAAAAEjSrzQ>; rel=\"next\"",
            }),
        ),
        (
            "RetryAfter",
            json!({
                "description": "After how many seconds to try again.",
                "required": true,
                "schema": { "type": "integer", "minimum": 1 },
            }),
        ),
        (
            "Challenge",
            json!({
                "description": "The challenge of RFC 6750, section 3.",
                "required": true,
                "schema": { "type": "string", "pattern": "^Bearer" },
            }),
        ),
        (
            "Accepted",
            json!({
                "description": "The media type that would have been read, where that was the fault.",
                "schema": { "type": "string", "const": "application/json" },
            }),
        ),
        (
            "AcceptedEncoding",
            json!({
                "description": "The content coding that would have been read, where that was the fault.",
                "schema": { "type": "string", "const": "identity" },
            }),
        ),
    ];
    headers.extend(others.map(|(name, header)| (name.to_owned(), header)));
    headers
}

fn reference(component: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{component}") })
}

/// The headers of an answer: those that every one has, and these, by their names and those of their
/// components.
pub(super) fn with(particular: &[(&str, &str)]) -> Value {
    let common = of_every_answer();
    let common = common.keys().map(|name| (name.as_str(), name.as_str()));
    let headers = common.chain(particular.iter().copied());
    headers
        .map(|(name, component)| (name.to_owned(), reference(component)))
        .collect()
}

/// The headers of a successful answer.
pub(super) fn of_success(description: &Description, is_read: bool) -> Value {
    let mut headers: Vec<(&str, &str)> = description
        .headers
        .iter()
        .map(|name| (*name, *name))
        .collect();
    let kept = is_read && !description.no_store;
    let cache_control = match (kept, description.cached) {
        (true, true) => "Cacheable",
        (true, false) => "Revalidated",
        (false, _) => "NotStored",
    };
    headers.push(("Cache-Control", cache_control));
    if is_read {
        headers.push(("ETag", "ETag"));
    }
    if kept {
        headers.push(("Vary", "Vary"));
    }
    if is_read && description.cached {
        headers.push(("Cache-Status", "CacheStatus"));
    }
    let mut headers = with(&headers);
    for (name, header) in &description.own_headers {
        headers[*name] = header.clone();
    }
    headers
}

/// The headers of an answer that the caller has already: what a page may do is said again, as a cache takes
/// it for the page that it has (RFC 9111, section 4.3.4).
pub(super) fn of_not_modified(description: &Description) -> Value {
    let mut headers = with(&[
        ("Cache-Control", "AsTheAnswer"),
        ("Cache-Status", "CacheStatus"),
        ("ETag", "ETag"),
        ("Link", "Link"),
        ("Vary", "Vary"),
    ]);
    if let Some(policy) = description.own_headers.get(POLICY) {
        headers[POLICY] = policy.clone();
    }
    headers
}
