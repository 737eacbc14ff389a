{%- assign type = project-name | pascal_case -%}
/// A text that keeps the rules: plain text, kept as it came. Whoever shows it escapes it.
#[derive(Debug)]
pub(crate) struct EntryText(String);

shared::text_schema!(
    EntryText as {{ type }}Text,
    Text {
        description: "What an entry says, in plain text.",
        min_characters: 1,
        max_characters: MAX_TEXT_CHARACTERS,
        pattern: Some(LINES),
        example: "It takes a Jacobian",
        ..Text::ANY
    }
);

#[derive(Debug, thiserror::Error)]
pub(crate) enum EntryTextError {
    #[error("must not be empty")]
    Empty,
    #[error("must have at most {MAX_TEXT_CHARACTERS} characters")]
    TooLong,
    #[error("must not contain control characters other than line breaks and tabs")]
    Control,
}

impl EntryText {
    fn parse(text: String) -> Result<Self, EntryTextError> {
        check(&text)?;
        Ok(Self(text))
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

fn check(text: &str) -> Result<(), EntryTextError> {
    if text.chars().count() > MAX_TEXT_CHARACTERS {
        return Err(EntryTextError::TooLong);
    }
    // Postgres cannot store NUL, and the rest would only garble a page.
    if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        return Err(EntryTextError::Control);
    }
    if text.trim().is_empty() {
        return Err(EntryTextError::Empty);
    }
    Ok(())
}

/// The rule as the extractor wants it.
fn is_text(text: &str) -> Result<(), ValidationError> {
    rule::parses(check(text))
}

/// What the client sends.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[schema(as = New{{ type }}Entry)]
pub(crate) struct NewEntry {
    #[validate(custom(function = is_text))]
    #[schema(value_type = EntryText)]
    text: String,
}

impl NewEntry {
    /// The domain's type, once the extractor has validated the request.
    pub(crate) fn into_text(self) -> EntryText {
        EntryText::parse(self.text).expect("the extractor applied this rule")
    }
}
