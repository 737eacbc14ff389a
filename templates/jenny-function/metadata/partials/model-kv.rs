{%- assign type = project-name | pascal_case -%}
//! Requests and responses, and the rules they keep.

use std::fmt;

use serde::{Deserialize, Serialize};
use shared::openapi::Text;
use utoipa::ToSchema;
use validator::Validate;

/// The longest key, in characters.
const MAX_KEY_CHARACTERS: usize = 64;

/// What an entry is kept under. One in a path that breaks a rule is not found.
#[derive(Clone, Debug)]
pub(crate) struct Key(String);

shared::text!(
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

impl Key {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let is_allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        if (1..=MAX_KEY_CHARACTERS).contains(&text.len()) && text.bytes().all(is_allowed) {
            Ok(Self(text.to_owned()))
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

{% include 'entry-text.rs' -%}
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
