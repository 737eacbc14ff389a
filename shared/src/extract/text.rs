//! Types of texts, read by their constructors.

use std::fmt::{self, Display};
use std::marker::PhantomData;

use serde::{
    Deserializer,
    de::{Error, Visitor},
};

/// Gives a type of texts that is made by `parse(&str) -> Result<Self, impl Display>` its
/// [`Deserialize`](serde::Deserialize) by that constructor, and the schema of a
/// [`Text`](crate::openapi::Text), under its own name or, after `as`, another one.
///
/// So a body or a query that holds such a type is parsed once. What the constructor refuses becomes a
/// violation at the member's pointer, in the words of the refusal: `must have 3 letters` reads well after the
/// member's name.
///
/// ```
/// use serde::Deserialize;
/// use shared::openapi::Text;
///
/// /// The code of a currency (ISO 4217).
/// struct Currency(String);
///
/// shared::text!(Currency, Text {
///     description: "The code of a currency (ISO 4217).",
///     min_characters: 3,
///     max_characters: 3,
///     pattern: Some("^[A-Z]*$"),
///     example: "EUR",
///     ..Text::ANY
/// });
///
/// impl Currency {
///     fn parse(text: &str) -> Result<Self, &'static str> {
///         let is_code = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
///         is_code.then(|| Self(text.to_owned())).ok_or("must have 3 letters")
///     }
/// }
///
/// #[derive(Deserialize)]
/// struct Price {
///     amount: i64,
///     currency: Currency,
/// }
///
/// let price: Price = serde_json::from_str(r#"{"amount": 5, "currency": "CHF"}"#)?;
/// assert_eq!((price.amount, price.currency.0.as_str()), (5, "CHF"));
/// assert!(serde_json::from_str::<Price>(r#"{"amount": 5, "currency": "Fr."}"#).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[macro_export]
macro_rules! text {
    ($type:ident, $text:expr) => {
        $crate::text!($type as $type, $text);
    };
    ($type:ident as $name:ident, $text:expr) => {
        $crate::text_schema!($type as $name, $text);

        impl<'de> $crate::__private::Deserialize<'de> for $type {
            fn deserialize<D>(deserializer: D) -> ::core::result::Result<Self, D::Error>
            where
                D: $crate::__private::Deserializer<'de>,
            {
                const EXAMPLE: &str = ($text).example;
                $crate::__private::parsed(deserializer, EXAMPLE, |text| Self::parse(text))
            }
        }
    };
}

/// Reads a text with a constructor.
///
/// The example goes by the way of a newtype's name, which formats of data pass over: a
/// [stand-in](super::stand_in) takes it from there, since the type takes it.
pub fn parsed<'de, D, T, E>(
    deserializer: D,
    example: &'static str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    E: Display,
{
    deserializer.deserialize_newtype_struct(example, Parsed(parse, PhantomData::<fn(E) -> T>))
}

struct Parsed<F, P>(F, PhantomData<P>);

impl<'de, F, T, E> Visitor<'de> for Parsed<F, fn(E) -> T>
where
    F: FnOnce(&str) -> Result<T, E>,
    E: Display,
{
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_str(self)
    }

    fn visit_str<X: Error>(self, text: &str) -> Result<T, X> {
        (self.0)(text).map_err(X::custom)
    }
}
