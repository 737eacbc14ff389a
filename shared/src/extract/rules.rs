//! Broken rules of `validator` as violations.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

use super::pointer;
use crate::problem::Violation;

/// The name under which `validator` files the rules of a whole struct.
const WHOLE_STRUCT: &str = "__all__";

/// The names by which the types of a document's objects know their members, by the objects' pointers.
type Names = BTreeMap<String, &'static [&'static str]>;

/// Every broken rule, in the order of the pointers.
///
/// `validator` knows members by their names in Rust, and serde by those that clients write. The latter are
/// looked up in `names`.
pub(super) fn violations(
    errors: &ValidationErrors,
    document: &Value,
    names: &Names,
) -> Vec<Violation> {
    let mut found = Vec::new();
    collect(errors, document, "", names, &mut found);
    found.sort();
    found
}

fn collect(
    errors: &ValidationErrors,
    object: &Value,
    at: &str,
    names: &Names,
    found: &mut Vec<Violation>,
) {
    for (field, kind) in errors.errors() {
        // What a flattened type knows is not told, and the document's own names serve.
        let of_document = || {
            object
                .as_object()
                .into_iter()
                .flat_map(Map::keys)
                .map(String::as_str)
        };
        let known = match names.get(at) {
            Some(names) => names.to_vec(),
            None => of_document().collect(),
        };
        let (place, value) = match member_name(field, &known) {
            Some(name) => {
                let value = object.get(name).unwrap_or(&Value::Null);
                (pointer::join(at, name), value)
            }
            None => (at.to_owned(), object),
        };
        match kind {
            ValidationErrorsKind::Struct(errors) => collect(errors, value, &place, names, found),
            ValidationErrorsKind::List(items) => {
                for (index, errors) in items {
                    let item = value.get(index).unwrap_or(&Value::Null);
                    collect(
                        errors,
                        item,
                        &pointer::join(&place, &index.to_string()),
                        names,
                        found,
                    );
                }
            }
            ValidationErrorsKind::Field(errors) => found.extend(errors.iter().map(|error| {
                Violation::new(place.clone(), sentence(error, value)).blank(is_blank(value))
            })),
        }
    }
}

/// Whether nothing is there: `null` stands for what is absent as well.
fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

/// The name that clients write: the one that is the same but for case and separators, as `rename_all` makes
/// it. `None` for the rules of a whole struct, and for a member that `rename` calls something else: its rule
/// is reported of the object, unless the member has a type that keeps the rule itself.
fn member_name<'k>(field: &str, known: &[&'k str]) -> Option<&'k str> {
    if field == WHOLE_STRUCT {
        return None;
    }
    let field = field.trim_start_matches("r#");
    let same_but_for_case = || known.iter().find(|name| letters(name).eq(letters(field)));
    let same = known.iter().find(|name| **name == field);
    same.or_else(same_but_for_case).copied()
}

fn letters(name: &str) -> impl Iterator<Item = char> {
    let letters = name.chars().filter(|c| !matches!(c, '_' | '-'));
    letters.flat_map(char::to_lowercase)
}

/// What the value must be: the rule's own message, or one for each rule that `validator` has.
fn sentence(error: &ValidationError, value: &Value) -> String {
    if let Some(message) = &error.message {
        return message.clone().into_owned();
    }
    let parameter = |name: &str| error.params.get(name);
    match error.code.as_ref() {
        "length" => length(
            parameter("equal"),
            parameter("min"),
            parameter("max"),
            value.is_array(),
        ),
        "range" => range(error),
        "email" => "must be an e-mail address".into(),
        "url" => "must be a URL".into(),
        "ip" | "ipv4" | "ipv6" => "must be an IP address".into(),
        "required" | "required_nested" => "is required".into(),
        "must_match" => "must be the same as the other field".into(),
        "contains" => "lacks a required part".into(),
        "does_not_contain" => "holds a part that is not allowed".into(),
        "non_control_character" => "must not hold control characters".into(),
        "regex" => "has the wrong form".into(),
        "credit_card" => "must be a credit card number".into(),
        code => format!("is invalid ({code})"),
    }
}

fn length(equal: Option<&Value>, min: Option<&Value>, max: Option<&Value>, items: bool) -> String {
    let counted = |count: &Value| {
        let unit = match (items, count.as_u64()) {
            (true, Some(1)) => "item",
            (true, _) => "items",
            (false, Some(1)) => "character",
            (false, _) => "characters",
        };
        format!("{count} {unit}")
    };
    let (verb, tail) = if items { ("have", "") } else { ("be", " long") };
    match (equal, min, max) {
        (Some(count), ..) => format!("must {verb} exactly {}{tail}", counted(count)),
        (None, Some(min), None) if min.as_u64() == Some(1) => "must not be empty".into(),
        (None, Some(min), None) => format!("must {verb} at least {}{tail}", counted(min)),
        (None, None, Some(max)) => format!("must {verb} at most {}{tail}", counted(max)),
        (None, Some(min), Some(max)) => format!("must {verb} {min} to {}{tail}", counted(max)),
        (None, None, None) => "has the wrong length".into(),
    }
}

fn range(error: &ValidationError) -> String {
    let bound = |name: &str| error.params.get(name).map(ToString::to_string);
    let parts: Vec<String> = [
        bound("min").map(|bound| format!("at least {bound}")),
        bound("max").map(|bound| format!("at most {bound}")),
        bound("exclusive_min").map(|bound| format!("more than {bound}")),
        bound("exclusive_max").map(|bound| format!("less than {bound}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    format!("must be {}", parts.join(" and "))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;
    use validator::Validate;

    use super::*;
    use crate::extract::decode;

    #[derive(Deserialize, Validate)]
    #[serde(rename_all = "camelCase")]
    #[validate(schema(function = "both_or_none", skip_on_field_errors = false))]
    struct Article {
        #[validate(length(min = 1))]
        title: String,
        #[validate(length(max = 2))]
        tag_list: Vec<String>,
        #[validate(range(min = 1, max = 5))]
        stars: Option<u8>,
        #[validate(nested)]
        authors: Vec<Author>,
        #[validate(required)]
        published_by: Option<String>,
        #[serde(rename = "motto")]
        #[validate(length(min = 1))]
        epigraph: String,
    }

    #[derive(Deserialize, Validate)]
    struct Author {
        #[validate(email, length(min = 8, max = 64))]
        email_address: String,
        #[validate(custom(function = "not_root"))]
        name: String,
    }

    fn not_root(name: &str) -> Result<(), ValidationError> {
        if name == "root" {
            return Err(ValidationError::new("taken").with_message("is taken".into()));
        }
        Ok(())
    }

    fn both_or_none(_: &Article) -> Result<(), ValidationError> {
        Err(ValidationError::new("both_or_none"))
    }

    #[test]
    fn every_broken_rule_has_its_pointer_and_sentence() {
        let document = json!({
            "title": "",
            "tagList": ["a", "b", "c"],
            "stars": 9,
            "motto": "",
            "authors": [
                {"email_address": "long.enough@example.org", "name": "ok"},
                {"email_address": "short", "name": "root"},
            ],
        });
        let article: Article = serde_json::from_value(document.clone()).unwrap();
        let errors = article.validate().unwrap_err();
        let found = violations(&errors, &document, &decode::names::<Article>(&document));
        let blank = found.iter().filter(|violation| violation.is_blank());
        let blank: Vec<_> = blank.map(|violation| &*violation.pointer).collect();
        assert_eq!(blank, ["/publishedBy", "/title"]);
        let found: Vec<_> = found
            .into_iter()
            .map(|violation| format!("{} {}", violation.pointer, violation.detail))
            .collect();
        assert_eq!(
            found,
            [
                " is invalid (both_or_none)",
                " must not be empty",
                "/authors/1/email_address must be 8 to 64 characters long",
                "/authors/1/email_address must be an e-mail address",
                "/authors/1/name is taken",
                "/publishedBy is required",
                "/stars must be at least 1 and at most 5",
                "/tagList must have at most 2 items",
                "/title must not be empty",
            ]
        );
    }
}
