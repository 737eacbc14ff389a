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
