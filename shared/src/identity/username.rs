//! Usernames.

use std::fmt;

use super::script::is_of_one_script;
use super::text::{comparison_key, is_deceptive, is_unknown, previous_comparison_key};
use crate::openapi::Text;

/// The longest username, in characters: what fits a line of a page.
const MAX_CHARACTERS: usize = 64;

/// The longest username, in bytes. One character seen can be many (an emoji of a family has seven
/// characters and 25 bytes), and the key in the index stays small.
const MAX_BYTES: usize = 256;

/// What a name may not have, as the inside of a class of a regular expression: what [`is_deceptive`]
/// says, `/` and `\`. As far as one that every language understands can say it, which is the Basic
/// Multilingual Plane, and without what is unassigned there: that changes with each version of Unicode.
macro_rules! deceptive {
    () => {
        "/\\\\\\u0000-\\u001F\\u007F-\\u009F\\u00AD\\u034F\\u061C\\u115F\\u1160\\u17B4\\u17B5\\u180B-\\u180F\
         \\u200B\\u200E\\u200F\\u2028-\\u202E\\u2060-\\u206F\\u2800\\u3164\\uE000-\\uF8FF\\uFEFF\\uFFA0\\uFFF0-\\uFFFB\\uFFFE\\uFFFF"
    };
}

/// At least one character that can be seen and is no dot, and none that is deceptive. A name of three
/// dots or more is one, too, and not worth saying.
const PATTERN: &str = concat!(
    "^[^",
    deceptive!(),
    "]*[^",
    deceptive!(),
    ". \\u00A0\\u1680\\u2000-\\u200A\\u200C\\u200D\\u202F\\u205F\\u3000\\uFE00-\\uFE0F]",
    "[^",
    deceptive!(),
    "]*$"
);

/// The name that a user is shown and addressed by.
///
/// Any script and emoji are fine. Refused is what could pass for another name (control characters,
/// invisible ones, ones that turn the direction around, unassigned ones and those for private use,
/// letters of several scripts) and what cannot stand in a URL's path (`/`, `\`, `.`, `..`), because a
/// profile's address is `/api/profiles/{username}`.
///
/// ```
/// use shared::identity::Username;
///
/// let name = Username::parse(" Jacob ")?;
/// assert_eq!(name.as_str(), "Jacob");
/// assert_eq!(name.key(), "jacob");
/// # Ok::<(), shared::identity::UsernameError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Username(String);

crate::text_schema!(
    Username,
    Text {
        description: "The name that a user is shown and addressed by. White space around it is dropped. \
                  Case, width and what cannot be seen do not tell names apart. The letters are of one script. \
                  Not `.` or `..`.",
        min_characters: 1,
        max_characters: MAX_CHARACTERS,
        pattern: Some(PATTERN),
        example: "jacob",
        ..Text::ANY
    }
);

/// Why a text is no [`Username`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UsernameError {
    /// Nothing that could be seen.
    #[error("must not be empty")]
    Empty,
    /// Over one of the limits.
    #[error("must have at most {MAX_CHARACTERS} characters")]
    TooLong,
    /// A character that names may not have.
    #[error(
        "must not contain control, invisible, unassigned or private-use characters, `/` or `\\`"
    )]
    Character,
    /// Letters of scripts that no language is written in together.
    #[error("must not mix letters of different scripts")]
    MixedScripts,
    /// `.` or `..`, which clients drop from a URL.
    #[error("must not be `.` or `..`")]
    Dots,
}

impl Username {
    /// Reads a username; white space around it is dropped.
    ///
    /// # Errors
    ///
    /// The first rule that it breaks.
    pub fn parse(text: &str) -> Result<Self, UsernameError> {
        let name = Self::by_earlier_rules(text)?;
        if name.0.contains(is_unknown) {
            return Err(UsernameError::Character);
        }
        if !is_of_one_script(&name.0) {
            return Err(UsernameError::MixedScripts);
        }
        Ok(name)
    }

    /// Reads the name of a user who is looked for; white space around it is dropped. `None` for what no
    /// user was ever called: users keep the names that they were given under earlier rules.
    #[must_use]
    pub fn sought(text: &str) -> Option<Self> {
        Self::by_earlier_rules(text).ok()
    }

    fn by_earlier_rules(text: &str) -> Result<Self, UsernameError> {
        let name = Self(text.trim().to_owned());
        if name
            .0
            .contains(|c| is_deceptive(c) || matches!(c, '/' | '\\'))
        {
            return Err(UsernameError::Character);
        }
        if name.0.len() > MAX_BYTES || name.0.chars().count() > MAX_CHARACTERS {
            return Err(UsernameError::TooLong);
        }
        if matches!(name.0.as_str(), "." | "..") {
            return Err(UsernameError::Dots);
        }
        if name.key().is_empty() {
            return Err(UsernameError::Empty);
        }
        Ok(name)
    }

    /// The name as its owner wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that decides whether two names are one: without differences of case, width,
    /// composition and white space, and without what cannot be seen.
    #[must_use]
    pub fn key(&self) -> String {
        comparison_key(&self.0)
    }

    pub(super) fn previous_key(&self) -> String {
        previous_comparison_key(&self.0)
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_any_script() {
        for text in [
            "j",
            "jacob_1",
            "Jörg",
            "مرحبا",
            "用户",
            "🦀",
            "👨\u{200D}👩\u{200D}👧",
            "a b",
            "<b>x</b>",
        ] {
            // A closing tag has a slash, and slashes are refused.
            assert_eq!(Username::parse(text).is_ok(), !text.contains('/'), "{text}");
        }
    }

    #[test]
    fn refuses_what_deceives_or_breaks_a_path() {
        for (text, error) in [
            ("", UsernameError::Empty),
            (" \u{3000} ", UsernameError::Empty),
            ("\u{200D}", UsernameError::Empty),
            ("a\0b", UsernameError::Character),
            ("a\nb", UsernameError::Character),
            ("a\u{200B}b", UsernameError::Character),
            ("\u{202E}bocaj", UsernameError::Character),
            ("jacob\u{34F}", UsernameError::Character),
            ("jacob\u{17B4}", UsernameError::Character),
            ("jacob\u{17B5}", UsernameError::Character),
            ("jacob\u{1BCA0}", UsernameError::Character),
            ("jacob\u{1D173}", UsernameError::Character),
            ("jacob\u{1D17A}", UsernameError::Character),
            ("jacob\u{2800}", UsernameError::Character),
            ("jacob\u{378}", UsernameError::Character),
            ("jacob\u{E000}", UsernameError::Character),
            ("jacob\u{10FFFD}", UsernameError::Character),
            ("аdmin", UsernameError::MixedScripts),
            ("a/b", UsernameError::Character),
            ("..", UsernameError::Dots),
            (".", UsernameError::Dots),
        ] {
            assert_eq!(Username::parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn refuses_what_is_too_long() {
        assert!(Username::parse(&"é".repeat(MAX_CHARACTERS)).is_ok());
        assert_eq!(
            Username::parse(&"é".repeat(MAX_CHARACTERS + 1)),
            Err(UsernameError::TooLong)
        );
    }

    #[test]
    fn names_of_earlier_rules_are_still_found() {
        for text in ["аdmin", "jacob\u{E000}", "jacob"] {
            let name = Username::sought(&format!(" {text} "));
            assert_eq!(name.as_ref().map(Username::as_str), Some(text));
        }
        let long = "a".repeat(MAX_BYTES + 1);
        for text in [
            "",
            " ",
            "\u{200D}",
            "a\0b",
            "a\u{200B}b",
            "a/b",
            "..",
            long.as_str(),
        ] {
            assert_eq!(Username::sought(text), None, "{text:?}");
        }
    }

    #[test]
    fn keys_ignore_what_cannot_be_seen() {
        let key = |text| Username::parse(text).expect("a username").key();
        assert_eq!(key("Jacob"), key("jACOB"));
        assert_eq!(key("straße"), key("STRASSE"));
        assert_eq!(key("Νίκος"), key("ΝΊΚΟΣ"));
        assert_eq!(key("Ｊａｃｏｂ"), key("jacob"));
        assert_eq!(key("e\u{301}"), key("\u{C9}"));
        assert_eq!(key("ja\u{200D}cob"), key("jacob"));
        assert_eq!(key("jacob \u{200D}"), key("jacob"));
        assert_eq!(key("\u{FE0F} jacob"), key("jacob"));
        assert_eq!(key("jacob  w"), key("jacob\u{3000}w"));
        assert_eq!(key("jacob \u{200D} w"), key("jacob w"));
        assert_ne!(key("jacob w"), key("jacobw"));
        assert_ne!(key("jacob"), key("jakob"));
    }
}
