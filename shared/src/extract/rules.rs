//! Broken rules of `validator` as violations.

use serde_json::Value;
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

use super::pointer;
use crate::problem::Violation;

/// The name under which `validator` files the rules of a whole struct.
const WHOLE_STRUCT: &str = "__all__";

/// Every broken rule, in the order of the pointers.
///
/// `validator` knows fields by their Rust names. The document tells how the client wrote them: as
/// they are, or in camel case; a field that the document lacks is named in camel case.
pub(super) fn violations(errors: &ValidationErrors, document: &Value) -> Vec<Violation> {
    let mut found = Vec::new();
    collect(errors, document, "", &mut found);
    found.sort();
    found
}

fn collect(errors: &ValidationErrors, object: &Value, at: &str, found: &mut Vec<Violation>) {
    for (field, kind) in errors.errors() {
        let (place, value) = if field == WHOLE_STRUCT {
            (at.to_owned(), object)
        } else {
            let name = member_name(field, object);
            let value = object.get(&name).unwrap_or(&Value::Null);
            (pointer::join(at, &name), value)
        };
        match kind {
            ValidationErrorsKind::Struct(errors) => collect(errors, value, &place, found),
            ValidationErrorsKind::List(items) => {
                for (index, errors) in items {
                    let item = value.get(index).unwrap_or(&Value::Null);
                    collect(
                        errors,
                        item,
                        &pointer::join(&place, &index.to_string()),
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

fn member_name(field: &str, object: &Value) -> String {
    if object.get(field).is_some() {
        field.to_owned()
    } else {
        camel_case(field)
    }
}

fn camel_case(field: &str) -> String {
    let mut words = field.trim_start_matches("r#").split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut name, word| {
        let mut characters = word.chars();
        name.extend(characters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(characters.as_str());
        name
    })
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
            "authors": [
                {"email_address": "long.enough@example.org", "name": "ok"},
                {"email_address": "short", "name": "root"},
            ],
        });
        let article: Article = serde_json::from_value(document.clone()).unwrap();
        let found = violations(&article.validate().unwrap_err(), &document);
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
