{%- assign type = project-name | pascal_case -%}
//! Requests and responses, and the rules they keep.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::db::FromRow;
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

{% include 'entry-text.rs' -%}
/// An entry{% if auth == "optional" %}, as the caller sees it{% endif %}.
#[derive(FromRow, Serialize, ToSchema)]
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

/// A page of entries, the newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = {{ type }}Entries)]
pub(crate) struct Entries {
    #[schema(max_items = 100)]
    pub(crate) entries: Vec<Entry>,
}
