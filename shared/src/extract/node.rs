//! A document as serde reads it.

mod access;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use serde::{
    Deserializer,
    de::{DeserializeSeed, Visitor},
    forward_to_deserialize_any,
};
use serde_json::{Map, Value};

use self::access::{Items, Members, Variant};
use super::decode::MAX_VIOLATIONS;
use super::fault::{Fault, FaultKind, Key, Place};
use super::pointer::Path;
use super::stand_in::StandIn;
use crate::problem::shorten;

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    /// An object of texts, from which numbers and the like are read, and of arrays of texts for what is
    /// given several times.
    Query,
}

/// What is known while a document is read once.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) form: Form,
    /// Faulty values and missing members, and which stand-in takes their place.
    pub(super) stand_ins: BTreeMap<Key, usize>,
    /// Pointers to members that the type does not know, where they are of interest.
    pub(super) unknown: Option<RefCell<BTreeSet<String>>>,
    /// The names that the types of objects know, by the objects' pointers, where they are of interest.
    pub(super) names: Option<RefCell<BTreeMap<String, &'static [&'static str]>>>,
}

/// One value of a document, as `&Value` itself reads it, except that an array is no struct and that faults
/// have a [`Place`].
///
/// serde's derived types also take the fields of a struct as the items of an array, which compact
/// formats need. In JSON that would be a second, undocumented spelling of every body, past rules
/// that a gateway or a log applies to members by their names.
///
/// Untagged, internally tagged and flattened types are read from serde's own buffer, which this
/// does not reach. The names of members are text: maps with other keys are not read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node<'r, 'de> {
    value: &'de Value,
    path: &'r Path<'r>,
    reading: &'r Reading,
}

impl<'r, 'de> Node<'r, 'de> {
    pub(super) fn root(value: &'de Value, reading: &'r Reading) -> Self {
        Self {
            value,
            path: &Path::Root,
            reading,
        }
    }

    /// Reads the value, or what stands in for it.
    pub(super) fn read<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        let result = match self.stand_in() {
            Some(stand_in) => seed.deserialize(stand_in),
            None => seed.deserialize(self),
        };
        result.map_err(|fault| self.located(fault))
    }

    fn stand_in(self) -> Option<StandIn> {
        let attempt = self.reading.stand_ins.get(&self.key(None))?;
        Some(StandIn::new(*attempt))
    }

    fn key(self, missing: Option<&'static str>) -> Key {
        (std::ptr::from_ref(self.value).addr(), missing)
    }

    /// The fault with this place, unless a value inside has said its own.
    fn located(self, mut fault: Fault) -> Fault {
        if fault.place.is_some() {
            return fault;
        }
        let (missing, is_blank) = match (fault.kind, self.value) {
            (FaultKind::Missing(name), _) => (Some(name), true),
            (FaultKind::NoText, Value::Null) => (None, true),
            (FaultKind::Refused, Value::String(text)) => (None, text.trim().is_empty()),
            _ => (None, false),
        };
        let pointer = match missing {
            Some(name) => Path::Name(self.path, name).pointer(),
            None => self.path.pointer(),
        };
        fault.place = Some(Place {
            pointer,
            key: self.key(missing),
            is_blank,
        });
        fault
    }

    fn items<V: Visitor<'de>>(self, items: &'de [Value], visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_seq(Items {
            parent: self,
            items: items.iter().enumerate(),
        })
    }

    fn members<V: Visitor<'de>>(
        self,
        members: &'de Map<String, Value>,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let address = self.key(None).0;
        let lacking = self.reading.stand_ins.range((address, Some(""))..);
        let lacking = lacking
            .take_while(|((of, _), _)| *of == address)
            .filter_map(|((_, name), attempt)| Some(((*name)?, *attempt)));
        visitor.visit_map(Members {
            parent: self,
            members: members.iter(),
            lacking: lacking.collect::<Vec<_>>().into_iter(),
            current: None,
        })
    }

    fn text(self) -> Result<&'de str, Fault> {
        match self.value {
            Value::String(text) => Ok(text),
            Value::Array(_) if self.reading.form == Form::Query => {
                Err(Fault::wrong_type("must be given once"))
            }
            _ => Err(Fault::new(FaultKind::NoText, "must be a string")),
        }
    }

    /// A whole number of the type, or what it must be.
    fn whole<N>(self, range: impl FnOnce() -> String) -> Result<N, Fault>
    where
        N: FromStr + TryFrom<u64> + TryFrom<i64>,
    {
        let number = match self.value {
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(number), _) => N::try_from(number).ok(),
                (None, Some(number)) => N::try_from(number).ok(),
                (None, None) => None,
            },
            // `parse` would take a sign.
            _ if self.reading.form == Form::Query => {
                let text = self.text()?;
                text.parse().ok().filter(|_| !text.starts_with('+'))
            }
            _ => None,
        };
        number.ok_or_else(|| Fault::wrong_type(range()))
    }

    fn float(self) -> Result<f64, Fault> {
        let number = match self.value {
            Value::Number(number) => number.as_f64(),
            _ if self.reading.form == Form::Query => {
                let number = self.text()?.parse().ok();
                number.filter(|number: &f64| number.is_finite())
            }
            _ => None,
        };
        number.ok_or_else(|| Fault::wrong_type("must be a number"))
    }
}

macro_rules! whole_numbers {
    ($($type:ident)*) => {
        pastey::paste! {
            $(
                fn [<deserialize_ $type>]<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
                    visitor.[<visit_ $type>](self.whole::<$type>(|| {
                        let (least, most) = ($type::MIN, $type::MAX);
                        match ($type::BITS, least) {
                            (..64, _) => format!("must be a whole number from {least} to {most}"),
                            (_, 0) => "must be a whole number from 0".to_owned(),
                            _ => "must be a whole number".to_owned(),
                        }
                    })?)
                }
            )*
        }
    };
}

impl<'de> Deserializer<'de> for Node<'_, 'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), ..) => visitor.visit_u64(number),
                (_, Some(number), _) => visitor.visit_i64(number),
                (.., number) => visitor.visit_f64(number.unwrap_or(f64::NAN)),
            },
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(items) => self.items(items, visitor),
            Value::Object(members) => self.members(members, visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let value = match self.value {
            Value::Bool(value) => Some(*value),
            _ if self.reading.form == Form::Query => self.text()?.parse().ok(),
            _ => None,
        };
        match value {
            Some(value) => visitor.visit_bool(value),
            None => Err(Fault::wrong_type("must be true or false")),
        }
    }

    whole_numbers! { i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_f64(self.float()?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_f64(self.float()?)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let mut characters = self.text()?.chars();
        match (characters.next(), characters.next()) {
            (Some(character), None) => visitor.visit_char(character),
            _ => Err(Fault::wrong_type("must be one character")),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            _ => Err(Fault::wrong_type("must be null")),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.value {
            Value::Array(items) => self.items(items, visitor),
            value if self.reading.form == Form::Query => {
                self.items(std::slice::from_ref(value), visitor)
            }
            _ => Err(Fault::wrong_type("must be an array")),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self.value {
            Value::Array(items) if items.len() == length => self.items(items, visitor),
            _ => {
                let detail = format!("must be an array of {length} items");
                Err(Fault::wrong_type(detail))
            }
        }
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
        match self.value {
            Value::Object(members) => self.members(members, visitor),
            _ => Err(Fault::wrong_type("must be an object")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        if let Some(names) = &self.reading.names {
            names.borrow_mut().insert(self.path.pointer(), fields);
        }
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self.value {
            Value::String(name) => visitor.visit_enum(Variant {
                parent: self,
                name,
                content: None,
            }),
            Value::Object(members) => match members.iter().next() {
                Some((name, content)) if members.len() == 1 => visitor.visit_enum(Variant {
                    parent: self,
                    name,
                    content: Some(content),
                }),
                _ => Err(Fault::wrong_type("must be an object with one member")),
            },
            _ => Err(Fault::wrong_type("must be a string or an object")),
        }
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    /// serde asks for this where the type does not know the member.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if let Some(unknown) = &self.reading.unknown {
            let mut unknown = unknown.borrow_mut();
            if unknown.len() < MAX_VIOLATIONS {
                let mut pointer = self.path.pointer();
                shorten(&mut pointer);
                unknown.insert(pointer);
            }
        }
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { bytes byte_buf }
}

#[cfg(test)]
mod tests;
