//! The first level: the instance's own memory.

use std::collections::BTreeMap;

use super::entry::Entry;

/// How many entries an instance keeps.
const MAX_ENTRIES: usize = 512;

/// How much they take, in bytes of JSON: in memory about twice that, of the 128 MiB that an instance
/// has for everything.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// The largest entry that is kept, in bytes of JSON: one must not displace all others.
pub(super) const MAX_VALUE_BYTES: usize = 256 * 1024;

/// Entries by key; when it is full, the one that was not used for longest goes.
#[derive(Default)]
pub(super) struct Memory {
    entries: BTreeMap<String, Kept>,
    bytes: usize,
    /// Counts uses: a clock that cannot stand still.
    uses: u64,
}

struct Kept {
    entry: Entry,
    size: usize,
    used: u64,
}

impl Memory {
    pub(super) fn get(&mut self, key: &str) -> Option<&Entry> {
        self.uses += 1;
        let kept = self.entries.get_mut(key)?;
        kept.used = self.uses;
        Some(&kept.entry)
    }

    /// Keeps an entry whose value takes `value_bytes`, and says whether it did.
    pub(super) fn insert(&mut self, key: &str, entry: Entry, value_bytes: usize) -> bool {
        self.remove(key);
        if value_bytes > MAX_VALUE_BYTES {
            return false;
        }
        let size = value_bytes + 2 * key.len() + size_of::<Kept>();
        while self.entries.len() >= MAX_ENTRIES || self.bytes + size > MAX_BYTES {
            if !self.remove_least_used() {
                break;
            }
        }
        self.uses += 1;
        self.bytes += size;
        let used = self.uses;
        let kept = Kept { entry, size, used };
        self.entries.insert(key.to_owned(), kept);
        true
    }

    pub(super) fn remove(&mut self, key: &str) {
        if let Some(kept) = self.entries.remove(key) {
            self.bytes -= kept.size;
        }
    }

    // Looks at all of them: there are few, and this happens only where one was just loaded.
    fn remove_least_used(&mut self) -> bool {
        let least = self.entries.iter().min_by_key(|(_, kept)| kept.used);
        let Some(key) = least.map(|(key, _)| key.clone()) else {
            return false;
        };
        self.remove(&key);
        true
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::cache::Policy;

    fn entry() -> Entry {
        Entry {
            value: Some(Arc::new(1_u64)),
            lifetime: Policy::seconds(1).lifetime(jiff::Timestamp::UNIX_EPOCH, false, 0),
            generations: None,
        }
    }

    #[test]
    fn entries_have_a_number_and_the_used_ones_stay() {
        let mut memory = Memory::default();
        assert!(memory.insert("used", entry(), 10));
        for n in 0..10 * MAX_ENTRIES {
            assert!(memory.insert(&n.to_string(), entry(), 10));
            assert!(memory.get("used").is_some(), "{n}");
            assert!(memory.entries.len() <= MAX_ENTRIES);
        }
        assert!(memory.get("0").is_none());
    }

    #[test]
    fn bytes_have_a_limit_and_come_back() {
        let mut memory = Memory::default();
        for n in 0..100 {
            assert!(memory.insert(&n.to_string(), entry(), MAX_VALUE_BYTES));
            assert!(memory.bytes <= MAX_BYTES);
        }
        assert!(memory.entries.len() >= 10);
        assert!(!memory.insert("99", entry(), MAX_VALUE_BYTES + 1));
        assert!(memory.get("99").is_none(), "the old value must not stay");
        for n in 0..100 {
            memory.remove(&n.to_string());
        }
        assert_eq!(memory.bytes, 0);
    }
}
