//! What clients of the RealWorld API look for in a problem.

use std::collections::BTreeMap;

use http::header;
use serde::Serialize;
use shared::problem::{Extension, Problem, ProblemKind, Violation};
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, Schema, Type};
use utoipa::openapi::{Object, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// The problems of RealWorld's routes also carry `errors`, in which its clients look.
///
/// The key is the field that breaks a rule, or else the kind of thing that the problem is
/// [about](Problem::about): `{"email": ["can't be blank"]}`, `{"article": ["not found"]}`. What concerns
/// the token or the whole request has `token` or `request` as its key.
///
/// ```
/// use conduit::RealWorld;
/// use shared::openapi::Operations;
/// use shared::problem::Extended;
///
/// let operations = Operations::new().layer(Extended(RealWorld));
/// # let _ = operations;
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct RealWorld;

/// The texts of `errors` by their keys. A client shows each text after its key.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Errors(BTreeMap<String, Vec<String>>);

impl Extension for RealWorld {
    const NAME: &'static str = "RealWorld";
    const MEMBER: &'static str = "errors";
    type Value = Errors;

    fn of(problem: &Problem) -> Errors {
        let mut errors: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for violation in problem.violations() {
            let texts = errors.entry(field(&violation.pointer)).or_default();
            let text = text(violation);
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        if errors.is_empty() {
            let (key, text) = whole(problem);
            errors.insert(key.to_owned(), vec![text]);
        }
        Errors(errors)
    }
}

/// The name of the field at a pointer. RealWorld wraps every body in one member (`user`, `article`,
/// `comment`) and does not name it; an item of a list belongs to the list.
fn field(pointer: &str) -> String {
    let mut steps = pointer.split('/').skip(1);
    let first = steps.next().unwrap_or("request");
    let name = steps.next().unwrap_or(first);
    name.replace("~1", "/").replace("~0", "~")
}

fn text(violation: &Violation) -> String {
    if violation.is_blank() {
        "can't be blank".to_owned()
    } else {
        violation.detail.clone()
    }
}

/// Key and text of a problem that no field has.
fn whole(problem: &Problem) -> (&'static str, String) {
    match (problem.kind(), problem.subject()) {
        (ProblemKind::NotFound, Some(subject)) => (subject, "not found".to_owned()),
        (ProblemKind::Forbidden, Some(subject)) => (subject, "forbidden".to_owned()),
        (ProblemKind::Unauthorized, Some(subject)) => (subject, "invalid".to_owned()),
        (ProblemKind::Unauthorized, None) if refuses_token(problem) => {
            ("token", "is invalid".to_owned())
        }
        (ProblemKind::Unauthorized, None) => ("token", "is missing".to_owned()),
        (kind, subject) => (subject.unwrap_or("request"), uncapitalised(kind.title())),
    }
}

/// Whether there was a token: only then does the challenge have an error code (RFC 6750, section 3.1).
fn refuses_token(problem: &Problem) -> bool {
    let challenge = problem.headers().get(header::WWW_AUTHENTICATE);
    challenge.is_some_and(|challenge| {
        let challenge = challenge.as_bytes();
        challenge.windows(7).any(|window| window == b" error=")
    })
}

fn uncapitalised(title: &str) -> String {
    let mut characters = title.chars();
    let first = characters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(characters).collect()
}

impl PartialSchema for Errors {
    fn schema() -> RefOr<Schema> {
        let text = Object::with_type(Type::String);
        let texts = ArrayBuilder::new().items(text).min_items(Some(1));
        ObjectBuilder::new()
            .description(Some(
                "The same for clients of the RealWorld API: texts by the name of the field, of the kind \
                 of thing, or `token` or `request`.",
            ))
            .min_properties(Some(1))
            .additional_properties(Some(AdditionalProperties::from(texts)))
            .into()
    }
}

impl ToSchema for Errors {
    fn name() -> std::borrow::Cow<'static, str> {
        "RealWorldErrors".into()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn errors(problem: &Problem) -> Value {
        serde_json::to_value(RealWorld::of(problem)).expect("it serialises")
    }

    #[test]
    fn fields_are_named_without_their_envelope() {
        let problem = Problem::unprocessable([
            Violation::new("/user/email", "must be an e-mail address"),
            Violation::new("/user/password", "must have at least 8 characters").blank(true),
            Violation::new("/article/tagList/0", "must be a string"),
            Violation::new("/article/tagList/2", "must be a string"),
            Violation::new("/article/tagList/3", "must not be empty").blank(true),
            Violation::new("/comment", "is required").blank(true),
            Violation::new("/limit", "must be a whole number from 1"),
            Violation::new("/user/a~1b~0", "is wrong"),
            Violation::new("", "must be an object"),
        ]);
        assert_eq!(
            errors(&problem),
            json!({
                "email": ["must be an e-mail address"],
                "password": ["can't be blank"],
                "tagList": ["must be a string", "can't be blank"],
                "comment": ["can't be blank"],
                "limit": ["must be a whole number from 1"],
                "a/b~": ["is wrong"],
                "request": ["must be an object"],
            })
        );
    }

    #[test]
    fn what_is_taken_is_named() {
        let taken = shared::identity::Taken {
            email: true,
            username: true,
        };
        let text = json!(["has already been taken"]);
        let problem = taken.at("/user");
        assert_eq!(problem.status(), 409);
        assert_eq!(errors(&problem), json!({ "email": text, "username": text }));
    }

    #[test]
    fn what_no_field_has_is_named_by_its_subject() {
        for (problem, expected) in [
            (
                Problem::not_found("No.").about("article"),
                json!({ "article": ["not found"] }),
            ),
            (
                Problem::forbidden("No.").about("comment"),
                json!({ "comment": ["forbidden"] }),
            ),
            (
                Problem::unauthorized("Wrong.").about("credentials"),
                json!({ "credentials": ["invalid"] }),
            ),
            (
                Problem::unauthorized("An access token is required."),
                json!({ "token": ["is missing"] }),
            ),
            (
                Problem::invalid_token("It has expired."),
                json!({ "token": ["is invalid"] }),
            ),
            (
                Problem::not_found("There is nothing at this address."),
                json!({ "request": ["not found"] }),
            ),
            (
                Problem::new(ProblemKind::MalformedJson, "No JSON."),
                json!({ "request": ["malformed JSON"] }),
            ),
            (
                Problem::unavailable(1, "away"),
                json!({ "request": ["temporarily unavailable"] }),
            ),
        ] {
            assert_eq!(errors(&problem), expected);
        }
    }
}
