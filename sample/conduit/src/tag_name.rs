//! Tags.

use std::collections::BTreeSet;

use shared::openapi::{ONE_LINE, Text};
use utoipa::openapi::schema::{ArrayBuilder, Schema};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// The most tags of one article: more say less, and each is a row.
pub const MAX_TAGS: usize = 32;

/// The longest tag, in characters.
const MAX_CHARACTERS: usize = 64;

/// The name of a tag. Names that differ in anything but the white space around them are different
/// tags.
///
/// ```
/// use conduit::TagName;
///
/// assert_eq!(TagName::parse(" dragons ")?.as_str(), "dragons");
/// assert!(TagName::parse(" ").is_err());
/// # Ok::<(), conduit::TagNameError>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TagName(String);

shared::text_schema!(
    TagName,
    Text {
        description: "A tag. White space around it is dropped.",
        min_characters: 1,
        max_characters: MAX_CHARACTERS,
        pattern: Some(ONE_LINE),
        example: "dragons",
        ..Text::ANY
    }
);

/// Why a text is no [`TagName`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TagNameError {
    /// Nothing but white space.
    #[error("must not be empty")]
    Empty,
    /// Over the limit.
    #[error("must have at most {MAX_CHARACTERS} characters")]
    TooLong,
    /// A control character, which also is what Postgres cannot store.
    #[error("must not contain control characters")]
    Control,
}

impl TagName {
    /// Reads a tag; white space around it is dropped.
    ///
    /// # Errors
    ///
    /// The first rule that it breaks.
    pub fn parse(text: &str) -> Result<Self, TagNameError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TagNameError::Empty);
        }
        if text.chars().nth(MAX_CHARACTERS).is_some() {
            return Err(TagNameError::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(TagNameError::Control);
        }
        Ok(Self(text.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The tags of one article, each once, by name.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct TagList(Vec<TagName>);

impl TagList {
    /// The tags by name.
    pub fn iter(&self) -> std::slice::Iter<'_, TagName> {
        self.0.iter()
    }

    /// The names in their order.
    #[must_use]
    pub fn to_strings(&self) -> Vec<String> {
        self.iter().map(|tag| tag.0.clone()).collect()
    }
}

impl FromIterator<TagName> for TagList {
    fn from_iter<I: IntoIterator<Item = TagName>>(tags: I) -> Self {
        let tags: BTreeSet<TagName> = tags.into_iter().collect();
        Self(tags.into_iter().collect())
    }
}

impl PartialSchema for TagList {
    fn schema() -> RefOr<Schema> {
        ArrayBuilder::new()
            .description(Some("The tags of an article, each once."))
            .items(Ref::from_schema_name("TagName"))
            .max_items(Some(MAX_TAGS))
            .into()
    }
}

impl ToSchema for TagList {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((TagName::name().into_owned(), TagName::schema()));
    }
}

impl<'a> IntoIterator for &'a TagList {
    type Item = &'a TagName;
    type IntoIter = std::slice::Iter<'a, TagName>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_script_is_a_tag() {
        for text in [
            "dragons",
            "C++",
            "日本語",
            "عربي",
            "🐉",
            "a b",
            "<b>",
            "'--",
            "%",
        ] {
            assert_eq!(TagName::parse(text).map(|tag| tag.0), Ok(text.to_owned()));
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        for (text, error) in [
            ("", TagNameError::Empty),
            ("\u{3000} \n", TagNameError::Empty),
            ("a\0", TagNameError::Control),
            ("a\nb", TagNameError::Control),
            ("a\u{85}b", TagNameError::Control),
        ] {
            assert_eq!(TagName::parse(text), Err(error), "{text:?}");
        }
        assert!(TagName::parse(&"é".repeat(64)).is_ok());
        assert_eq!(TagName::parse(&"é".repeat(65)), Err(TagNameError::TooLong));
    }

    #[test]
    fn the_schema_takes_what_is_a_tag() {
        crate::assert_schema::<TagName>(|text| TagName::parse(text).is_ok());
    }

    #[test]
    fn a_list_has_each_tag_once_by_name() {
        let tags =
            ["b", "a", " b ", "é", "B", "a", "z"].map(|text| TagName::parse(text).expect("a tag"));
        assert_eq!(
            tags.into_iter().collect::<TagList>().to_strings(),
            ["B", "a", "b", "z", "é"]
        );
    }
}
