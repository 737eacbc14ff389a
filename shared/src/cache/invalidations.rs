//! The invalidations that an instance itself has made.
//!
//! It need not learn of them from the store, which may fail or be slow: what was loaded before one
//! is never served by the instance that made it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::key::Slot;

/// As many at most as there are slots.
#[derive(Default)]
pub(super) struct Invalidations {
    count: u64,
    latest: BTreeMap<Slot, (u64, Timestamp)>,
}

impl Invalidations {
    pub(super) fn add(&mut self, slots: &[Slot], now: Timestamp) {
        self.count += 1;
        for slot in slots {
            self.latest.insert(*slot, (self.count, now));
        }
    }

    /// How many there were: what began at one count and ends at another may have missed some.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Whether one of the slots was invalidated since there were `count`.
    pub(super) fn any_since(&self, count: u64, slots: &[Slot]) -> bool {
        let latest = |slot| self.latest.get(slot).map_or(0, |(count, _)| *count);
        slots.iter().any(|slot| latest(slot) > count)
    }

    /// Whether one of the slots was invalidated at this time or after it.
    pub(super) fn any_after(&self, time: Timestamp, slots: &[Slot]) -> bool {
        let latest = |slot| self.latest.get(slot).map(|(_, at)| *at);
        slots.iter().filter_map(latest).any(|at| at >= time)
    }
}
