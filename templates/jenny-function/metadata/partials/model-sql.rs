{%- assign type = project-name | pascal_case -%}
//! Requests and responses, and the rules they keep.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::identity::rule;
use shared::openapi::{LINES, Text};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::{Validate, ValidationError};

/// The longest text, in characters: a page. A hundred of them are less than a megabyte.
const MAX_TEXT_CHARACTERS: usize = 2000;

{% include 'entry-text.rs' %}
/// An entry{% if auth == "optional" %}, as the caller sees it{% endif %}.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = {{ type }}Entry)]
pub(crate) struct Entry {
    #[schema(value_type = String, format = "uuid")]
    pub(crate) id: Uuid,
    #[schema(value_type = EntryText)]
    pub(crate) text: String,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Timestamp,
{%- if auth == "optional" %}
    /// Whether the caller wrote it.
    pub(crate) mine: bool,
{%- endif %}
}

/// Entries, the newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = {{ type }}Entries)]
pub(crate) struct Entries {
    #[schema(max_items = 100)]
    pub(crate) entries: Vec<Entry>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shared::openapi::testing::assert_agrees;

    use super::*;

{% include 'entry-text-tests.rs' %}
    #[test]
    fn an_entry_has_its_shape() {
        let entry = Entry {
            id: Uuid::nil(),
            text: "It takes a Jacobian".into(),
            created_at: "2016-02-18T03:22:56.637Z".parse().expect("a time"),
{%- if auth == "optional" %}
            mine: true,
{%- endif %}
        };
        assert_eq!(
            serde_json::to_value(entry).expect("serialises"),
            json!({
                "id": "00000000-0000-0000-0000-000000000000",
                "text": "It takes a Jacobian",
                "createdAt": "2016-02-18T03:22:56.637Z",
{%- if auth == "optional" %}
                "mine": true,
{%- endif %}
            })
        );
    }
}
