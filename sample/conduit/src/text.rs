//! What an author writes. Each is plain text, kept as it came; whoever shows it escapes it.

use shared::openapi::{LINES, ONE_LINE, Text};

/// The longest title, in characters: what one can take in as a headline.
const MAX_TITLE_CHARACTERS: usize = 255;

/// The longest description, in characters: a paragraph, because lists carry it.
const MAX_DESCRIPTION_CHARACTERS: usize = 1024;

/// The longest body, in characters: some eighty pages. As UTF-8, at up to four bytes a character, it fits the
/// limit on request bodies ([`shared::service::MAX_BODY_BYTES`]). With each character escaped (`\u0416`, and
/// twice that beyond U+FFFF), JSON takes six or twelve bytes for one, and the longest does not fit.
const MAX_BODY_CHARACTERS: usize = 200_000;

/// The longest comment, in characters: three or four pages. A list of comments carries all of it.
const MAX_COMMENT_CHARACTERS: usize = 10_000;

/// Why a text is not accepted.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TextError {
    /// Nothing but white space.
    #[error("must not be empty")]
    Empty,
    /// Over its limit.
    #[error("must have at most {max} characters")]
    TooLong {
        /// The limit, in characters.
        max: usize,
    },
    /// A character that would garble a page; Postgres cannot even store NUL.
    #[error("must not contain control characters")]
    Control,
    /// The same, where lines are allowed.
    #[error("must not contain control characters other than line breaks and tabs")]
    ControlInLines,
}

fn check(text: &str, max: usize, lines: bool) -> Result<(), TextError> {
    if text.chars().nth(max).is_some() {
        return Err(TextError::TooLong { max });
    }
    let is_allowed = |c: char| !c.is_control() || (lines && matches!(c, '\n' | '\r' | '\t'));
    if !text.chars().all(is_allowed) {
        return Err(if lines {
            TextError::ControlInLines
        } else {
            TextError::Control
        });
    }
    if text.trim().is_empty() {
        return Err(TextError::Empty);
    }
    Ok(())
}

macro_rules! text {
    (
        $(#[$doc:meta])*
        $name:ident as $schema:ident, $max:ident, lines: $lines:literal, $description:literal,
        $example:literal
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, PartialEq)]
        pub struct $name(String);

        impl $name {
            /// Takes a text that keeps the rules.
            ///
            /// # Errors
            ///
            /// The first rule that it breaks.
            pub fn parse(text: impl Into<String>) -> Result<Self, TextError> {
                let text = text.into();
                check(&text, $max, $lines)?;
                Ok(Self(text))
            }

            /// Whether a text keeps the rules.
            ///
            /// # Errors
            ///
            /// The first rule that it breaks.
            pub fn check(text: &str) -> Result<(), TextError> {
                check(text, $max, $lines)
            }

            /// The text as it was written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text as it was written.
            #[must_use]
            pub fn into_string(self) -> String {
                self.0
            }
        }

        shared::text_schema!(
            $name as $schema,
            Text {
                description: $description,
                min_characters: 1,
                max_characters: $max,
                pattern: Some(if $lines { LINES } else { ONE_LINE }),
                example: $example,
                ..Text::ANY
            }
        );
    };
}

text! {
    /// An article's title: one line of 1 to 255 characters.
    Title as ArticleTitle, MAX_TITLE_CHARACTERS, lines: false,
    "A headline: one line, not blank.", "How to train your dragon"
}

text! {
    /// What an article is about: 1 to 1,024 characters, with lines.
    Description as ArticleDescription, MAX_DESCRIPTION_CHARACTERS, lines: true,
    "What the article is about, in a paragraph.", "Ever wonder how?"
}

text! {
    /// The article itself, in Markdown: 1 to 200,000 characters, with lines.
    Body as ArticleBody, MAX_BODY_CHARACTERS, lines: true,
    "The article itself, in Markdown.", "You have to believe."
}

text! {
    /// What somebody remarks on an article: 1 to 10,000 characters, with lines.
    CommentBody as CommentBody, MAX_COMMENT_CHARACTERS, lines: true,
    "What somebody remarks on an article.", "It takes a Jacobian."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schemas_take_what_the_types_take() {
        crate::assert_schema::<Title>(|text| Title::check(text).is_ok());
        crate::assert_schema::<Description>(|text| Description::check(text).is_ok());
        crate::assert_schema::<Body>(|text| Body::check(text).is_ok());
        crate::assert_schema::<CommentBody>(|text| CommentBody::check(text).is_ok());
    }

    #[test]
    fn text_is_kept_as_it_came() {
        for text in [
            " How to train your dragon ",
            "<script>alert(1)</script>",
            "'; DROP TABLE articles; --",
            "كيف تدرب تنينك",
            "\u{202E}nogard",
            "🐉👨\u{200D}👩\u{200D}👧",
        ] {
            assert_eq!(
                Title::parse(text).map(Title::into_string),
                Ok(text.to_owned())
            );
            assert!(Body::check(text).is_ok() && Description::check(text).is_ok());
        }
        assert!(Body::check("one\r\n\ttwo").is_ok());
        assert!(Description::check("one\ntwo").is_ok());
    }

    #[test]
    fn limits_count_characters() {
        assert!(Title::check(&"é".repeat(255)).is_ok());
        assert_eq!(
            Title::check(&"é".repeat(256)),
            Err(TextError::TooLong { max: 255 })
        );
        assert!(Description::check(&"é".repeat(1024)).is_ok());
        assert!(Description::check(&"é".repeat(1025)).is_err());
        assert!(Body::check(&"é".repeat(200_000)).is_ok());
        assert!(Body::check(&"é".repeat(200_001)).is_err());
        assert!(CommentBody::check(&"é".repeat(10_000)).is_ok());
        assert!(CommentBody::check(&"é".repeat(10_001)).is_err());
    }

    #[test]
    fn what_nobody_could_read_is_refused() {
        for text in ["", " ", "\u{3000}\u{a0}"] {
            assert_eq!(Title::check(text), Err(TextError::Empty), "{text:?}");
            assert_eq!(Body::check(text), Err(TextError::Empty), "{text:?}");
        }
        assert_eq!(Body::check("\n\t"), Err(TextError::Empty));
        for text in ["a\0", "\u{1b}[31m", "a\u{7f}", "a\u{85}"] {
            assert_eq!(Title::check(text), Err(TextError::Control), "{text:?}");
            assert_eq!(
                Body::check(text),
                Err(TextError::ControlInLines),
                "{text:?}"
            );
        }
        assert_eq!(Title::check("one\ntwo"), Err(TextError::Control));
    }
}
