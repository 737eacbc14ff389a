{%- assign type = project-name | pascal_case -%}
shared::plain_text! {
    /// What an entry says, in plain text.
    pub(crate) struct EntryText as {{ type }}Text {
        max_characters: 2000,
        example: "It takes a Jacobian",
    }
}

/// What the client sends.
#[derive(Deserialize, ToSchema, Validate)]
#[schema(as = New{{ type }}Entry)]
pub(crate) struct NewEntry {
    pub(crate) text: EntryText,
}

