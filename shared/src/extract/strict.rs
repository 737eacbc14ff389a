//! A document as serde reads it, with objects where objects are due.

use serde::{
    Deserializer,
    de::{
        Error as _, IntoDeserializer, Unexpected, Visitor,
        value::{BorrowedStrDeserializer, MapAccessDeserializer, MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};
use serde_json::{Error, Value};

/// Reads a value as `&Value` itself does, except that an array is no struct.
///
/// serde's derived types also take the fields of a struct as the items of an array, which compact
/// formats need. In JSON that would be a second, undocumented spelling of every body, past rules
/// that a gateway or a log applies to members by their names.
///
/// Untagged, internally tagged and flattened types are read from serde's own buffer, which this
/// does not reach. The names of members are text: maps with other keys are not read.
#[derive(Clone, Copy)]
pub(super) struct Strict<'de>(pub(super) &'de Value);

impl<'de> IntoDeserializer<'de, Error> for Strict<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Strict<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => number.deserialize_any(visitor),
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(items) => {
                SeqDeserializer::new(items.iter().map(Strict)).deserialize_any(visitor)
            }
            Value::Object(members) => MapDeserializer::new(
                members
                    .iter()
                    .map(|(name, value)| (name.as_str(), Strict(value))),
            )
            .deserialize_any(visitor),
        }
    }

    // Also how the fields of an enum's variant are asked for.
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_array() {
            return Err(Error::invalid_type(Unexpected::Seq, &visitor));
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::String(variant) => visitor.visit_enum(BorrowedStrDeserializer::new(variant)),
            Value::Object(members) if members.len() == 1 => {
                let members = members
                    .iter()
                    .map(|(name, value)| (name.as_str(), Strict(value)));
                visitor.visit_enum(MapAccessDeserializer::new(MapDeserializer::new(members)))
            }
            Value::Object(_) => Err(Error::invalid_value(
                Unexpected::Map,
                &"an object with one member",
            )),
            // An enum's visitor takes nothing else, and says so.
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct identifier
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::{Deserialize, de::DeserializeOwned};
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Point {
        x: i64,
        y: Option<f64>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Name(String);

    #[derive(Debug, Deserialize, PartialEq)]
    enum Shape {
        Nothing,
        Named(Name),
        Line(Point, Point),
        Dot { at: Point },
    }

    fn read<T: DeserializeOwned>(document: &Value) -> Result<T, String> {
        T::deserialize(Strict(document)).map_err(|error| error.to_string())
    }

    #[test]
    fn everything_else_is_read_as_serde_json_reads_it() {
        for document in [
            json!({"shapes": []}),
            json!({"shapes": ["Nothing", {"Named": "n"}, {"Dot": {"at": {"x": -1}}}]}),
            json!({"shapes": [{"Line": [{"x": 1, "y": 0.5}, {"x": 2, "y": null}]}]}),
            json!({"shapes": [{"Line": [{"x": 1}]}]}),
            json!({"shapes": [{"Line": [{"x": 1}, {"x": 1}, {"x": 1}]}]}),
            json!({"shapes": ["Lost"]}),
            json!({"shapes": {"x": "Nothing"}}),
            json!({"shapes": ["Named"]}),
        ] {
            type Shapes = BTreeMap<String, Vec<Shape>>;
            assert_eq!(
                read::<Shapes>(&document).ok(),
                Shapes::deserialize(&document).ok(),
                "{document}"
            );
        }
        for document in [json!([1, "a", true]), json!([1, "a"]), json!(null)] {
            type Tuple = Option<(u8, String, bool)>;
            assert_eq!(
                read::<Tuple>(&document).ok(),
                Tuple::deserialize(&document).ok(),
                "{document}"
            );
        }
    }

    #[test]
    fn an_array_is_no_struct_at_any_depth() {
        assert!(read::<Point>(&json!([1, 0.5])).is_err());
        assert!(read::<Vec<Option<Point>>>(&json!([[1, 0.5]])).is_err());
        assert!(read::<Shape>(&json!({"Line": [[1, 0.5], {"x": 1}]})).is_err());
        assert!(read::<Shape>(&json!({"Dot": {"at": [1, 0.5]}})).is_err());
        assert!(read::<Shape>(&json!({"Dot": [{"x": 1}]})).is_err());
    }

    #[test]
    fn an_enum_has_one_variant() {
        assert!(read::<Shape>(&json!({"Named": "a", "Nothing": null})).is_err());
        assert!(read::<Shape>(&json!({})).is_err());
        assert!(read::<Shape>(&json!(7)).is_err());
    }
}
