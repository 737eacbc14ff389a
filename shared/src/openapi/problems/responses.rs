//! The responses that stand for problems.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::name;
use crate::openapi::describe::ExtensionOfProblems;
use crate::openapi::headers;
use crate::problem::{self, Problem, ProblemKind, Violation};

/// Kinds by their status: a document has one response for each.
pub(in crate::openapi) fn by_status(
    kinds: &BTreeSet<ProblemKind>,
) -> BTreeMap<String, Vec<ProblemKind>> {
    let mut by_status: BTreeMap<String, Vec<ProblemKind>> = BTreeMap::new();
    for kind in kinds {
        let status = kind.status().as_str().to_owned();
        by_status.entry(status).or_default().push(*kind);
    }
    by_status
}

/// The name of the response that stands for kinds of one status.
pub(in crate::openapi) fn response_name(
    kinds: &[ProblemKind],
    extension: Option<&ExtensionOfProblems>,
) -> String {
    let names: Vec<String> = kinds.iter().copied().map(name).collect();
    let prefix = extension.map_or("", |extension| extension.name);
    format!("{prefix}{}", names.join("Or"))
}

/// The response that stands for kinds of one status.
pub(in crate::openapi) fn response(
    kinds: &[ProblemKind],
    extension: Option<&ExtensionOfProblems>,
) -> Value {
    let references: Vec<String> = kinds.iter().map(|kind| kind.type_reference()).collect();
    let texts: Vec<&str> = kinds
        .iter()
        .map(|kind| kind.explanation().what_happened)
        .collect();
    let links: Vec<String> = kinds
        .iter()
        .map(|kind| format!("[{}]({})", kind.title(), kind.type_reference()))
        .collect();
    let status = kinds[0].status().as_u16();
    let mut schema = json!({
        "allOf": [{ "$ref": "#/components/schemas/Problem" }],
        "properties": {
            "type": { "type": "string", "enum": references },
            "status": { "type": "integer", "const": status },
        },
    });
    let mut required: Vec<&str> = Vec::new();
    if let Some(ExtensionOfProblems {
        member, schema: of, ..
    }) = extension
    {
        schema["properties"][member.name] = of.clone();
        // A function whose settings are wrong answers before it knows which API it serves.
        if kinds != [ProblemKind::Internal] {
            required.push(member.name);
        }
    }
    if kinds == [ProblemKind::Validation] {
        required.push("violations");
    }
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    let examples: Map<String, Value> = kinds
        .iter()
        .map(|kind| {
            let example = json!({ "summary": kind.title(), "value": example(*kind, extension) });
            (kind.slug().to_owned(), example)
        })
        .collect();
    json!({
        "description": format!("{} See {}.", texts.join(" Or: "), links.join(" and ")),
        "headers": headers::with(&particular_headers(kinds)),
        "content": { "application/problem+json": { "schema": schema, "examples": examples } },
    })
}

fn particular_headers(kinds: &[ProblemKind]) -> Vec<(&'static str, &'static str)> {
    let mut headers = vec![("Cache-Control", "NotStored")];
    for kind in kinds {
        match kind {
            ProblemKind::Unauthorized => headers.push(("WWW-Authenticate", "Challenge")),
            ProblemKind::TooManyRequests => headers.push(("Retry-After", "RetryAfter")),
            ProblemKind::UnsupportedMediaType => headers.extend([
                ("Accept", "Accepted"),
                ("Accept-Encoding", "AcceptedEncoding"),
            ]),
            ProblemKind::Unavailable => {
                headers.extend([
                    ("Cache-Status", "CacheStatus"),
                    ("Retry-After", "RetryAfter"),
                ]);
            }
            // What was looked for in a cache, and was not there or not as the caller had seen it.
            ProblemKind::NotFound | ProblemKind::PreconditionFailed => {
                headers.push(("Cache-Status", "CacheStatus"));
            }
            _ => {}
        }
    }
    headers
}

/// An answer as it would be sent.
fn example(kind: ProblemKind, extension: Option<&ExtensionOfProblems>) -> Value {
    let detail = kind.explanation().example;
    let problem = match kind {
        ProblemKind::Validation => {
            Problem::unprocessable([Violation::new("/user/email", "must be an e-mail address")])
        }
        kind => Problem::new(kind, detail),
    };
    let text = problem::example(&problem, extension.map(|extension| extension.member));
    serde_json::from_slice(&text).expect("a problem is rendered as JSON")
}
