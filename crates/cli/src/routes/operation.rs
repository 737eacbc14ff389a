//! What a function's API document says of its operations.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Serialize;
use serde_json::Value;

/// The methods of OpenAPI 3.1, in the order in which they are shown.
const METHODS: [&str; 8] = [
    "get", "head", "post", "put", "patch", "delete", "options", "trace",
];

/// The header field that says how many requests are let through, of the IETF's draft
/// `draft-ietf-httpapi-ratelimit-headers`.
const RATE_LIMIT_POLICY: &str = "RateLimit-Policy";

/// One method of one path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Operation {
    /// In capitals.
    pub(super) method: String,
    /// As OpenAPI writes it: `/articles/{slug}`.
    pub(super) path: String,
    pub(super) operation_id: Option<String>,
    pub(super) authentication: Authentication,
    /// None where the operation never answers 429.
    pub(super) rate_limit: Option<RateLimit>,
}

/// Whether callers must say who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Authentication {
    None,
    Optional,
    Required,
}

/// That an operation answers 429 to who asks too often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct RateLimit {
    /// The value of `RateLimit-Policy`, where the document has one.
    pub(super) policy: Option<String>,
}

/// The operations of the document at `path`, or None where there is no such file.
///
/// # Errors
///
/// When the file cannot be read, or is no JSON.
pub(super) fn read(path: &Path) -> Result<Option<Vec<Operation>>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(error).with_context(|| format!("{} cannot be read", path.display()));
        }
    };
    let document = serde_json::from_str(&text).with_context(|| {
        format!(
            "{} is no JSON; write it anew with `UPDATE_OPENAPI=1 cargo test --workspace --lib openapi_json`",
            path.display()
        )
    })?;
    Ok(Some(operations(&document)))
}

fn operations(document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, item)| {
            METHODS.iter().filter_map(move |method| {
                let operation = item.get(method)?;
                Some(Operation {
                    method: method.to_uppercase(),
                    path: path.clone(),
                    operation_id: operation["operationId"].as_str().map(str::to_owned),
                    authentication: authentication(document, operation),
                    rate_limit: rate_limit(document, operation),
                })
            })
        })
        .collect()
}

/// A list of alternatives, of which `{}` is to say nothing. An operation without a list has the
/// document's.
fn authentication(document: &Value, operation: &Value) -> Authentication {
    let alternatives = operation
        .get("security")
        .or_else(|| document.get("security"));
    let Some(alternatives) = alternatives.and_then(Value::as_array) else {
        return Authentication::None;
    };
    let nothing = |way: &Value| way.as_object().is_some_and(serde_json::Map::is_empty);
    if alternatives.iter().all(nothing) {
        Authentication::None
    } else if alternatives.iter().any(nothing) {
        Authentication::Optional
    } else {
        Authentication::Required
    }
}

fn rate_limit(document: &Value, operation: &Value) -> Option<RateLimit> {
    let response = resolve(document, operation["responses"].get("429")?);
    let mut headers = response["headers"].as_object().into_iter().flatten();
    let policy = headers
        .find(|(name, _)| name.eq_ignore_ascii_case(RATE_LIMIT_POLICY))
        .and_then(|(_, header)| {
            let header = resolve(document, header);
            let schema = resolve(document, &header["schema"]);
            let value = schema.get("const").or_else(|| header.get("example"));
            value?.as_str().map(str::to_owned)
        });
    Some(RateLimit { policy })
}

/// What a reference within the document leads to; anything else is what it is.
fn resolve<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    value["$ref"]
        .as_str()
        .and_then(|reference| document.pointer(reference.strip_prefix('#')?))
        .unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn only(operation: Value) -> Operation {
        let document = json!({
            "paths": { "/a/{b}": { "get": operation, "parameters": [] } },
            "components": {
                "responses": { "TooMany": { "headers": { "ratelimit-policy": { "$ref": "#/components/headers/Policy" } } } },
                "headers": { "Policy": { "schema": { "const": "\"ip\";q=100;w=60" } } },
            },
        });
        let mut found = operations(&document);
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    #[test]
    fn nobody_has_to_be_known_where_saying_nothing_is_one_of_the_ways() {
        for (security, expected) in [
            (json!([]), Authentication::None),
            (json!([{}]), Authentication::None),
            (json!([{}, { "Token": [] }]), Authentication::Optional),
            (json!([{ "Token": [] }, {}]), Authentication::Optional),
            (
                json!([{ "Token": [] }, { "Bearer": [] }]),
                Authentication::Required,
            ),
        ] {
            let operation = only(json!({ "operationId": "Get", "security": security }));
            assert_eq!(operation.authentication, expected, "{security}");
            assert_eq!(operation.operation_id.as_deref(), Some("Get"));
        }
        assert_eq!(only(json!({})).authentication, Authentication::None);
    }

    #[test]
    fn an_operation_without_a_list_has_the_documents() {
        let document = json!({
            "security": [{ "Bearer": [] }],
            "paths": { "/": { "get": {}, "post": { "security": [] } } },
        });
        let of = |method: &str| {
            let found = operations(&document);
            let operation = found.into_iter().find(|found| found.method == method);
            operation.unwrap().authentication
        };
        assert_eq!(of("GET"), Authentication::Required);
        assert_eq!(of("POST"), Authentication::None);
    }

    #[test]
    fn a_rate_limit_is_an_answer_429_and_its_policy() {
        let responses = |answer: Value| json!({ "responses": { "200": {}, "429": answer } });
        assert_eq!(only(json!({ "responses": { "200": {} } })).rate_limit, None);
        let limit = |policy: Option<&str>| {
            let policy = policy.map(str::to_owned);
            Some(RateLimit { policy })
        };
        assert_eq!(only(responses(json!({}))).rate_limit, limit(None));
        let example = json!({ "headers": { "RateLimit-Policy": { "example": "\"a\";q=1" } } });
        assert_eq!(
            only(responses(example)).rate_limit,
            limit(Some("\"a\";q=1"))
        );
        let reference = json!({ "$ref": "#/components/responses/TooMany" });
        assert_eq!(
            only(responses(reference)).rate_limit,
            limit(Some("\"ip\";q=100;w=60"))
        );
    }

    #[test]
    fn a_missing_document_says_nothing_and_a_broken_one_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("openapi.json");
        assert!(read(&file).unwrap().is_none());
        fs::write(&file, "{").unwrap();
        let error = read(&file).unwrap_err().to_string();
        assert!(error.contains("openapi.json is no JSON"), "{error}");
        // A folder where the file should be.
        assert!(read(folder.path()).is_err());
    }
}
