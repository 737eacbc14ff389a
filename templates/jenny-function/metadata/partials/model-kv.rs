{%- assign type = project-name | pascal_case -%}
//! Requests and responses, and the rules they keep.

use std::fmt;

use serde::{Deserialize, Serialize};
use shared::identity::rule;
use shared::openapi::{LINES, Text};
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

/// The longest text, in characters: a page. Some hosts keep no value of more than a megabyte.
const MAX_TEXT_CHARACTERS: usize = 2000;

/// The longest key, in characters.
const MAX_KEY_CHARACTERS: usize = 64;

/// What an entry is kept under. One in a path that breaks a rule is not found.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Key(String);

shared::text_schema!(
    Key,
    Text {
        description: "What an entry is kept under.",
        min_characters: 1,
        max_characters: MAX_KEY_CHARACTERS,
        pattern: Some("^[a-z0-9-]+$"),
        example: "first",
        ..Text::ANY
    }
);

impl TryFrom<String> for Key {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let is_allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        if (1..=MAX_KEY_CHARACTERS).contains(&text.len()) && text.bytes().all(is_allowed) {
            Ok(Self(text))
        } else {
            Err("must have 1 to 64 of the characters a to z, 0 to 9 and -")
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

{% include 'entry-text.rs' %}
/// An entry{% if auth == "optional" %}, as the caller sees it{% endif %}.
#[derive(Serialize, ToSchema)]
#[schema(as = {{ type }}Entry)]
pub(crate) struct Entry {
    #[schema(value_type = EntryText)]
    pub(crate) text: String,
{%- if auth == "optional" %}
    /// Whether the caller wrote it.
    pub(crate) mine: bool,
{%- endif %}
}

#[cfg(test)]
mod tests {
    use shared::openapi::testing::assert_agrees;

    use super::*;

    #[test]
    fn a_key_keeps_its_rules() {
        let key = |text: &str| Key::try_from(text.to_owned());
        for text in ["a", "0-9", &"k".repeat(64)] {
            assert_eq!(key(text).expect("a key").to_string(), text);
        }
        for text in ["", "A", "a b", "é", "a/b", "a:b", &"k".repeat(65)] {
            assert!(key(text).is_err(), "{text:?}");
        }
    }

{% include 'entry-text-tests.rs' -%}
}
