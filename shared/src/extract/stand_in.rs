//! Values in the place of faulty ones, so that the rest of a document can be looked at.

use serde::{
    Deserializer,
    de::{
        DeserializeSeed, EnumAccess, IntoDeserializer, VariantAccess, Visitor,
        value::{MapDeserializer, SeqDeserializer, StrDeserializer},
    },
    forward_to_deserialize_any,
};

use super::fault::Fault;

/// The texts that are tried in turn. A type of [`text!`](crate::text) gets its example first; the others
/// are for types of texts that come from elsewhere and do not say what they accept.
const TEXTS: [&str; 3] = [
    "",
    "00000000-0000-0000-0000-000000000000",
    "1970-01-01T00:00:00Z",
];

/// How often another stand-in can be tried for one value.
pub(super) const STAND_INS: usize = TEXTS.len();

macro_rules! whole_numbers {
    ($($type:ident)*) => {
        pastey::paste! {
            $(
                fn [<deserialize_ $type>]<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
                    self.deserialize_u64(visitor)
                }
            )*
        }
    };
}

/// Deeper than any type, except for one that has itself in its first variant.
const MAX_DEPTH: usize = 32;

/// A value of whatever type is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct StandIn {
    attempt: usize,
    text: &'static str,
    depth: usize,
}

impl StandIn {
    /// The one for the given attempt, from 0 to [`STAND_INS`].
    pub(super) fn new(attempt: usize) -> Self {
        Self {
            attempt,
            text: TEXTS[attempt],
            depth: 0,
        }
    }

    fn inner(self) -> Result<Self, Fault> {
        match self.depth {
            MAX_DEPTH => Err(Fault::wrong_type("has the wrong form")),
            depth => Ok(Self {
                depth: depth + 1,
                ..self
            }),
        }
    }
}

impl IntoDeserializer<'_, Fault> for StandIn {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for StandIn {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_bool(false)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        // Not 0, which some types of numbers refuse.
        visitor.visit_u64(1)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_f64(1.0)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_f64(1.0)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_char('a')
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_borrowed_str(self.text)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_borrowed_str(self.text)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_none()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let inner = self.inner()?;
        visitor.visit_newtype_struct(match self.attempt {
            0 => Self {
                text: name,
                ..inner
            },
            _ => inner,
        })
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_seq(SeqDeserializer::new(std::iter::empty::<Self>()))
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let items = std::iter::repeat_n(self.inner()?, length);
        visitor.visit_seq(SeqDeserializer::new(items))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_map(MapDeserializer::new(std::iter::empty::<(&str, Self)>()))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let inner = self.inner()?;
        let members = fields.iter().map(|name| (*name, inner));
        visitor.visit_map(MapDeserializer::new(members))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let variant = variants.first().copied().unwrap_or_default();
        let content = self.inner()?;
        visitor.visit_enum(FirstVariant { variant, content })
    }

    forward_to_deserialize_any! { bytes byte_buf unit unit_struct identifier ignored_any }

    whole_numbers! {
        i8 i16 i32 i64 i128 u8 u16 u32 u128
    }
}

struct FirstVariant {
    variant: &'static str,
    content: StandIn,
}

impl<'de> EnumAccess<'de> for FirstVariant {
    type Error = Fault;
    type Variant = StandIn;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, StandIn), Fault> {
        let name: StrDeserializer<'_, Fault> = self.variant.into_deserializer();
        Ok((seed.deserialize(name)?, self.content))
    }
}

impl<'de> VariantAccess<'de> for StandIn {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_tuple(length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_struct("", fields, visitor)
    }
}
