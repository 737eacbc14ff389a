//! What is kept, and what makes it invalid.

use std::fmt::Display;

use crate::identity::UserId;

/// How many generations there are. Tags share them, so that their number has an end: two tags that
/// meet in one only invalidate more than they had to.
const SLOTS: u64 = 1024;

/// Where the generation of a tag is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot(u16);

impl Slot {
    pub(super) fn of(tag: &str) -> Self {
        let slot = hash(tag) % SLOTS;
        Self(u16::try_from(slot).expect("there are fewer slots than a u16 counts"))
    }

    pub(super) fn name(self) -> String {
        format!("cache/generation/{:03x}", self.0)
    }
}

/// FNV-1a. Whoever finds collisions in it gains nothing but misses: an entry names its whole key.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The name of something cached: of what kind, which one, and for whom.
///
/// There is no way to a key but to say whether the answer is everybody's or one caller's.
///
/// ```
/// use shared::cache::Key;
///
/// let newest = Key::public("articles", "limit=20&offset=0").tagged("articles");
/// let article = Key::public("article", "how-to-train-your-dragon").tagged("authors");
/// # let user_id = shared::identity::UserId::new(shared::time::now());
/// let feed = Key::for_caller(user_id, "feed", "limit=20").tagged("articles");
/// ```
#[derive(Clone, Debug)]
pub struct Key {
    text: String,
    public: bool,
    slots: Vec<Slot>,
}

impl Key {
    /// What is the same for everybody. A request with a header that the [layer](super::layer) takes for
    /// credentials neither reads nor writes it. So a loader that depends on its caller by mistake leaks
    /// nothing, if the caller is known by such a header.
    ///
    /// `kind` is the name of a type of value, the same wherever that type is meant.
    #[must_use]
    pub fn public(kind: &'static str, name: impl Display) -> Self {
        Self {
            text: format!("public:{kind}:{name}"),
            public: true,
            slots: Vec::new(),
        }
    }

    /// What is one caller's own. It stays in the instance's memory, and never lies in a store.
    #[must_use]
    pub fn for_caller(caller: UserId, kind: &'static str, name: impl Display) -> Self {
        Self {
            text: format!("caller:{caller}:{kind}:{name}"),
            public: false,
            slots: Vec::new(),
        }
    }

    /// Becomes invalid with this tag as well. Each tag costs a read of the store where a policy
    /// wants invalidations to be seen at once.
    #[must_use]
    pub fn tagged(mut self, tag: impl AsRef<str>) -> Self {
        let slot = Slot::of(tag.as_ref());
        if !self.slots.contains(&slot) {
            self.slots.push(slot);
        }
        self
    }

    /// Can be made invalid alone, by [`Cache::invalidate`](super::Cache::invalidate): the key is a
    /// tag of its own.
    #[must_use]
    pub fn tagged_by_itself(self) -> Self {
        let slot = self.slot();
        let mut key = self;
        if !key.slots.contains(&slot) {
            key.slots.push(slot);
        }
        key
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn is_public(&self) -> bool {
        self.public
    }

    pub(super) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The slot of the key as a tag of its own.
    pub(super) fn slot(&self) -> Slot {
        Slot::of(&self.text)
    }

    /// Where an entry lies in the store: in one of a fixed number of places, as the store forgets
    /// nothing by itself and callers can make up keys without end.
    pub(super) fn place(&self) -> String {
        format!("cache/entry/{:03x}", hash(&self.text) % SLOTS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_is_another_key_for_everybody_and_for_each_caller() {
        let now = crate::time::now();
        let (anna, jake) = (UserId::new(now), UserId::new(now));
        let keys = [
            Key::public("feed", "a"),
            Key::for_caller(anna, "feed", "a"),
            Key::for_caller(jake, "feed", "a"),
            Key::public("feed", format!("{anna}:feed:a")),
        ];
        for (index, key) in keys.iter().enumerate() {
            let same = keys.iter().filter(|other| other.text() == key.text());
            assert_eq!(same.count(), 1, "{index}");
        }
        assert!(keys[0].is_public() && !keys[1].is_public());
    }

    #[test]
    fn a_tag_counts_once_and_places_are_few() {
        let key = Key::public("a", "b").tagged("x").tagged("x");
        assert_eq!(key.slots(), [Slot::of("x")]);
        let key = key.tagged_by_itself();
        assert_eq!(key.slots(), [Slot::of("x"), key.slot()]);

        let places: std::collections::BTreeSet<_> = (0..50_000)
            .map(|n| Key::public("article", n).place())
            .collect();
        assert!(places.len() <= 1024, "{}", places.len());
        assert!(places.len() > 1000, "spreads badly: {}", places.len());
    }
}
