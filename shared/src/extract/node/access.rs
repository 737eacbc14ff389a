//! The parts of arrays, objects and enums.

use serde::{
    Deserializer as _,
    de::{
        DeserializeSeed, EnumAccess, Error as _, MapAccess, SeqAccess, VariantAccess, Visitor,
        value::BorrowedStrDeserializer,
    },
};
use serde_json::Value;

use super::{Fault, Node, Path, StandIn};

pub(super) struct Items<'r, 'de> {
    pub(super) parent: Node<'r, 'de>,
    pub(super) items: std::iter::Enumerate<std::slice::Iter<'de, Value>>,
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fault> {
        let Some((index, value)) = self.items.next() else {
            return Ok(None);
        };
        let path = Path::Index(self.parent.path, index);
        let node = Node {
            value,
            path: &path,
            reading: self.parent.reading,
        };
        node.read(seed).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

pub(super) struct Members<'r, 'de> {
    pub(super) parent: Node<'r, 'de>,
    pub(super) members: serde_json::map::Iter<'de>,
    /// Members that the document lacks, and their stand-ins.
    pub(super) lacking: std::vec::IntoIter<(&'static str, usize)>,
    pub(super) current: Option<Member<'de>>,
}

#[derive(Clone, Copy)]
pub(super) enum Member<'de> {
    Present(&'de str, &'de Value),
    Lacking(&'static str, usize),
}

impl<'de> MapAccess<'de> for Members<'_, 'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        let member = match self.members.next() {
            Some((name, value)) => Some(Member::Present(name, value)),
            None => {
                let lacking = self.lacking.next();
                lacking.map(|(name, attempt)| Member::Lacking(name, attempt))
            }
        };
        self.current = member;
        let Some(Member::Present(name, _) | Member::Lacking(name, _)) = member else {
            return Ok(None);
        };
        seed.deserialize(BorrowedStrDeserializer::new(name))
            .map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        match self.current.take().expect("serde asks for the name first") {
            Member::Present(name, value) => {
                let path = Path::Name(self.parent.path, name);
                let node = Node {
                    value,
                    path: &path,
                    reading: self.parent.reading,
                };
                node.read(seed)
            }
            Member::Lacking(name, attempt) => {
                let result = seed.deserialize(StandIn::new(attempt));
                result.map_err(|_| self.parent.located(Fault::missing_field(name)))
            }
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.members.len() + self.lacking.len())
    }
}

pub(super) struct Variant<'r, 'de> {
    pub(super) parent: Node<'r, 'de>,
    pub(super) name: &'de str,
    pub(super) content: Option<&'de Value>,
}

impl<'de> Variant<'_, 'de> {
    fn content<T>(&self, read: impl FnOnce(Node<'_, 'de>) -> Result<T, Fault>) -> Result<T, Fault> {
        let Some(value) = self.content else {
            return Err(Fault::wrong_type("must be an object"));
        };
        let path = Path::Name(self.parent.path, self.name);
        let node = Node {
            value,
            path: &path,
            reading: self.parent.reading,
        };
        read(node).map_err(|fault| node.located(fault))
    }
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Fault> {
        let name: BorrowedStrDeserializer<'_, Fault> = BorrowedStrDeserializer::new(self.name);
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        match self.content {
            None | Some(Value::Null) => Ok(()),
            Some(_) => self.content(|_| Err(Fault::wrong_type("must be null"))),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        self.content(|node| node.read(seed))
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Fault> {
        self.content(|node| match node.stand_in() {
            Some(stand_in) => stand_in.deserialize_tuple(length, visitor),
            None => node.deserialize_tuple(length, visitor),
        })
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.content(|node| match node.stand_in() {
            Some(stand_in) => stand_in.deserialize_struct("", fields, visitor),
            None => node.deserialize_struct("", fields, visitor),
        })
    }
}
