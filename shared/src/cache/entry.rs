//! An entry, and its form in the store.

use std::any::Any;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::policy::Lifetime;

/// A value of whatever type, or that there is none.
pub(super) type Value = Option<Arc<dyn Any + Send + Sync>>;

/// The value as a `T`; `None` when it is of another type, as after a mistake with kinds.
pub(super) fn typed<T: Send + Sync + 'static>(value: &Value) -> Option<Option<Arc<T>>> {
    match value {
        None => Some(None),
        Some(value) => Arc::clone(value).downcast().ok().map(Some),
    }
}

/// Which of the states of a tag this is: a random number, another one with each invalidation.
///
/// Not a counter, as the store has no increment that can be trusted: of two invalidations that race
/// one overwrites the other, and what was loaded before either is invalid all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Generation(u64);

impl Generation {
    pub(super) fn new(random: u64) -> Self {
        Self(random)
    }

    /// Zero where a tag was never invalidated, and where something else lies in its place.
    pub(super) fn from_bytes(bytes: Option<Vec<u8>>) -> Self {
        let number = bytes.and_then(|bytes| bytes.try_into().ok());
        Self(number.map_or(0, u64::from_be_bytes))
    }

    pub(super) fn to_bytes(self) -> Vec<u8> {
        self.0.to_be_bytes().to_vec()
    }
}

#[derive(Clone)]
pub(super) struct Entry {
    pub(super) value: Value,
    pub(super) lifetime: Lifetime,
    /// Those of the key's tags, in their order, read before the load began. `None` when the store
    /// could not say.
    pub(super) generations: Option<Vec<Generation>>,
}

/// The first line of an entry in the store; the value follows it. The store keeps what it is given
/// for ever, so the times are in here.
#[derive(Serialize, Deserialize)]
struct Head {
    key: String,
    loaded_at: Timestamp,
    fresh_until: Timestamp,
    stale_until: Timestamp,
    generations: Vec<Generation>,
}

/// An entry for the store.
pub(super) fn encode(
    key: &str,
    lifetime: &Lifetime,
    generations: &[Generation],
    value: &[u8],
) -> Vec<u8> {
    let head = Head {
        key: key.to_owned(),
        loaded_at: lifetime.loaded_at,
        fresh_until: lifetime.fresh_until,
        stale_until: lifetime.stale_until,
        generations: generations.to_vec(),
    };
    let mut bytes = serde_json::to_vec(&head).expect("strings and numbers always serialise");
    bytes.push(b'\n');
    bytes.extend_from_slice(value);
    bytes
}

/// An entry from the store; `None` when another key's lies in its place, or something that is no
/// entry of this type, as after a change of the type.
pub(super) fn decode<T>(key: &str, bytes: &[u8]) -> Option<Entry>
where
    T: DeserializeOwned + Send + Sync + 'static,
{
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let head: Head = serde_json::from_slice(&bytes[..end]).ok()?;
    if head.key != key {
        return None;
    }
    let value: T = serde_json::from_slice(&bytes[end + 1..]).ok()?;
    Some(Entry {
        value: Some(Arc::new(value)),
        lifetime: Lifetime {
            loaded_at: head.loaded_at,
            fresh_until: head.fresh_until,
            stale_until: head.stale_until,
        },
        generations: Some(head.generations),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::Policy;

    #[test]
    fn what_is_no_entry_of_this_key_and_type_is_passed_over() {
        let lifetime = Policy::seconds(9).lifetime(Timestamp::UNIX_EPOCH, false, 0);
        let generations = [Generation::new(7)];
        let bytes = encode("k", &lifetime, &generations, b"[\"a\\nb\"]");

        let entry = decode::<Vec<String>>("k", &bytes).expect("an entry");
        let value = typed::<Vec<String>>(&entry.value).flatten();
        assert_eq!(value.as_deref(), Some(&vec!["a\nb".to_owned()]));
        assert_eq!(entry.lifetime, lifetime);
        assert_eq!(entry.generations.as_deref(), Some(&generations[..]));

        assert!(decode::<Vec<String>>("other", &bytes).is_none());
        assert!(decode::<u64>("k", &bytes).is_none());
        assert!(typed::<u64>(&entry.value).is_none());
        for garbage in [
            &b""[..],
            b"\n",
            b"{}\n[]",
            &bytes[..bytes.len() - 1],
            b"\xff\n",
        ] {
            assert!(decode::<Vec<String>>("k", garbage).is_none());
        }
    }

    #[test]
    fn a_generation_survives_the_store() {
        let generation = Generation::new(u64::MAX - 1);
        assert_eq!(
            Generation::from_bytes(Some(generation.to_bytes())),
            generation
        );
        for nothing in [None, Some(Vec::new()), Some(vec![1; 7])] {
            assert_eq!(Generation::from_bytes(nothing), Generation::default());
        }
    }
}
