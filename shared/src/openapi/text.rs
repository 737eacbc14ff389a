//! Texts with rules.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaFormat, Type};

/// The schema of a text, for the type that checks it: lengths and all come from the constants that
/// the check uses.
///
/// ```
/// use shared::openapi::Text;
///
/// const MAX_CHARACTERS: usize = 3;
///
/// /// The code of a currency (ISO 4217).
/// struct Currency(String);
///
/// shared::text_schema!(Currency, Text {
///     description: "The code of a currency (ISO 4217).",
///     min_characters: MAX_CHARACTERS,
///     max_characters: MAX_CHARACTERS,
///     pattern: Some("^[A-Z]*$"),
///     example: "EUR",
///     ..Text::ANY
/// });
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Text {
    /// What it is and which rules it keeps, in words.
    pub description: &'static str,
    /// The fewest characters.
    pub min_characters: usize,
    /// The most characters.
    pub max_characters: usize,
    /// A regular expression that all and only those that are accepted match, as far as one can say
    /// it: one that JavaScript, Python and Rust understand alike.
    pub pattern: Option<&'static str>,
    /// A format of JSON Schema.
    pub format: Option<&'static str>,
    /// One that is accepted.
    pub example: &'static str,
}

impl Text {
    /// Any text, to start from.
    pub const ANY: Self = Self {
        description: "",
        min_characters: 0,
        max_characters: usize::MAX,
        pattern: None,
        format: None,
        example: "",
    };

    /// The schema.
    #[must_use]
    pub fn schema(self) -> RefOr<Schema> {
        let format = self
            .format
            .map(|format| SchemaFormat::Custom(format.into()));
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(self.description))
            .min_length((self.min_characters > 0).then_some(self.min_characters))
            .max_length((self.max_characters < usize::MAX).then_some(self.max_characters))
            .pattern(self.pattern)
            .format(format)
            .examples([self.example])
            .into()
    }
}

/// Gives a type the schema of a [`Text`](crate::openapi::Text), under its own name or, after `as`,
/// another one.
#[macro_export]
macro_rules! text_schema {
    ($type:ident, $text:expr) => {
        $crate::text_schema!($type as $type, $text);
    };
    ($type:ident as $name:ident, $text:expr) => {
        impl $crate::__private::PartialSchema for $type {
            fn schema() -> $crate::__private::RefOr<$crate::__private::Schema> {
                $crate::openapi::Text::schema($text)
            }
        }

        impl $crate::__private::ToSchema for $type {
            fn name() -> ::std::borrow::Cow<'static, str> {
                ::core::stringify!($name).into()
            }
        }

        impl $crate::openapi::PathParameters for $type {
            fn describe(description: &mut $crate::openapi::Description) {
                description.path_parameter::<Self>();
            }
        }
    };
}

/// Why a text of [`plain_text!`](crate::plain_text) is refused: reads well after the member's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlainTextError {
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
    #[error("must not contain control characters other than line breaks and tabs")]
    Control,
}

impl PlainTextError {
    /// Holds a text against the rules: not blank, at most so many characters, no control characters but line
    /// breaks and tabs. [`LINES`] says the same.
    ///
    /// # Errors
    ///
    /// The first rule that it breaks.
    pub fn check(text: &str, max: usize) -> Result<(), Self> {
        let is_control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        if text.chars().nth(max).is_some() {
            Err(Self::TooLong { max })
        } else if text.chars().any(is_control) {
            Err(Self::Control)
        } else if text.trim().is_empty() {
            Err(Self::Empty)
        } else {
            Ok(())
        }
    }
}

/// Makes a type of plain text, kept as it came: whoever shows it escapes it. A request that holds one is refused
/// with a violation at its place where the text is blank, too long or has control characters.
///
/// ```
/// shared::plain_text! {
///     /// What a guest writes.
///     pub struct Entry as GuestbookEntry {
///         max_characters: 500,
///         example: "It takes a Jacobian",
///     }
/// }
///
/// assert_eq!(Entry::parse("Hello")?.into_string(), "Hello");
/// assert_eq!(Entry::parse(" \n").unwrap_err().to_string(), "must not be empty");
/// # Ok::<(), shared::openapi::PlainTextError>(())
/// ```
#[macro_export]
macro_rules! plain_text {
    (
        #[doc = $doc:literal]
        $visibility:vis struct $type:ident as $name:ident {
            max_characters: $max:expr,
            example: $example:expr $(,)?
        }
    ) => {
        #[doc = $doc]
        #[derive(Clone, Debug, PartialEq, Eq)]
        $visibility struct $type(::std::string::String);

        impl $type {
            /// Takes a text that keeps the rules.
            ///
            /// # Errors
            ///
            /// The first rule that it breaks.
            $visibility fn parse(
                text: impl ::core::convert::Into<::std::string::String>,
            ) -> ::core::result::Result<Self, $crate::openapi::PlainTextError> {
                let text = text.into();
                $crate::openapi::PlainTextError::check(&text, $max)?;
                ::core::result::Result::Ok(Self(text))
            }

            /// The text as it was written.
            #[must_use]
            $visibility fn into_string(self) -> ::std::string::String {
                self.0
            }
        }

        $crate::text!(
            $type as $name,
            $crate::openapi::Text {
                description: $doc.trim_ascii(),
                min_characters: 1,
                max_characters: $max,
                pattern: ::core::option::Option::Some($crate::openapi::LINES),
                example: $example,
                ..$crate::openapi::Text::ANY
            }
        );
    };
}

/// What is neither blank nor has a control character, on one line: for [`Text::pattern`]. White space
/// is Unicode's.
pub const ONE_LINE: &str = "^[^\\u0000-\\u001F\\u007F-\\u009F]*\
    [^\\u0000-\\u0020\\u007F-\\u00A0\\u1680\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000]\
    [^\\u0000-\\u001F\\u007F-\\u009F]*$";

/// As [`ONE_LINE`], with line breaks and tabs.
pub const LINES: &str = "^[^\\u0000-\\u0008\\u000B\\u000C\\u000E-\\u001F\\u007F-\\u009F]*\
    [^\\u0000-\\u0020\\u007F-\\u00A0\\u1680\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000]\
    [^\\u0000-\\u0008\\u000B\\u000C\\u000E-\\u001F\\u007F-\\u009F]*$";
