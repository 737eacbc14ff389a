//! The second level: a key-value store that all instances share.
//!
//! It keeps entries, and the generations by which instances learn of each other's invalidations. It
//! may fail at any time, and then nothing is lost but speed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use jiff::Timestamp;

use super::entry::Generation;
use super::key::Slot;
use super::platform::{Platform, StoreError};
use super::policy::after;

/// For how long a store that failed is not asked: each request would wait for it to fail again.
const PATIENCE: Duration = Duration::from_secs(1);

/// Entries that an instance may write at once, and how soon one more: writes are slow, and callers
/// can make up keys without end. Invalidations are not counted.
const WRITE_BURST: u32 = 8;
const WRITE_EVERY: Duration = Duration::from_millis(250);

pub(super) struct SecondLevel {
    platform: Arc<dyn Platform>,
    state: Mutex<State>,
    /// Whether the last call failed, so that an outage is logged once.
    failing: AtomicBool,
}

struct State {
    /// What was read of the generations, and when.
    known: BTreeMap<Slot, (Generation, Timestamp)>,
    /// How often something of it was made void.
    forgotten: u64,
    ask_again_at: Timestamp,
    writes_left: u32,
    writes_counted_at: Timestamp,
}

impl SecondLevel {
    pub(super) fn new(platform: Arc<dyn Platform>) -> Self {
        Self {
            platform,
            state: Mutex::new(State {
                known: BTreeMap::new(),
                forgotten: 0,
                ask_again_at: Timestamp::MIN,
                writes_left: WRITE_BURST,
                writes_counted_at: Timestamp::MIN,
            }),
            failing: AtomicBool::new(false),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The generations of these tags, as they were at most `unchecked` ago; `None` while the store
    /// cannot say.
    pub(super) async fn generations(
        &self,
        slots: &[Slot],
        unchecked: Duration,
    ) -> Option<Vec<Generation>> {
        let now = self.platform.now();
        let known: Vec<_> = {
            let state = self.state();
            let fresh = |slot| {
                let (generation, read_at) = state.known.get(slot)?;
                (now < after(*read_at, unchecked)).then_some(*generation)
            };
            let known: Vec<_> = slots.iter().map(fresh).collect();
            if known.contains(&None) && now < state.ask_again_at {
                return None;
            }
            known
        };
        let reads = slots.iter().zip(known);
        let reads = reads.map(|(slot, known)| self.generation(*slot, known, now));
        let read = join_all(reads).await.into_iter().collect();
        self.note(read)
    }

    async fn generation(
        &self,
        slot: Slot,
        known: Option<Generation>,
        now: Timestamp,
    ) -> Result<Generation, StoreError> {
        if let Some(generation) = known {
            return Ok(generation);
        }
        let forgotten = self.state().forgotten;
        let generation = Generation::from_bytes(self.platform.get(slot.name()).await?);
        let mut state = self.state();
        // What this instance replaced while it was read must not be taken for known.
        if state.forgotten == forgotten {
            // The time before the read: what it did not see was written after that.
            state.known.insert(slot, (generation, now));
        }
        Ok(generation)
    }

    /// What lies in a place.
    pub(super) async fn read(&self, place: String) -> Option<Vec<u8>> {
        if self.platform.now() < self.state().ask_again_at {
            return None;
        }
        let read = self.platform.get(place).await;
        self.note(read).flatten()
    }

    /// Puts an entry into its place, unless there were too many of late.
    pub(super) async fn write(&self, place: String, entry: Vec<u8>) {
        if self.may_write() {
            let written = self.platform.set(place, entry).await;
            self.note(written);
        }
    }

    /// Begins a generation of each tag. Asked of a store that is failing as well: an invalidation
    /// that is lost lets other instances go on until their entries expire.
    pub(super) async fn invalidate(&self, slots: &[Slot]) {
        self.forget(slots);
        let writes = slots.iter().map(|slot| {
            // Never zero, which stands for a tag that was never invalidated.
            let generation = Generation::new(self.platform.random() | 1);
            self.platform.set(slot.name(), generation.to_bytes())
        });
        let written: Result<Vec<()>, _> = join_all(writes).await.into_iter().collect();
        self.note(written);
        // A neighbour may have read the old one meanwhile.
        self.forget(slots);
    }

    fn forget(&self, slots: &[Slot]) {
        let mut state = self.state();
        state.forgotten += 1;
        for slot in slots {
            state.known.remove(slot);
        }
    }

    fn may_write(&self) -> bool {
        let now = self.platform.now();
        let mut state = self.state();
        while state.writes_left < WRITE_BURST && now >= after(state.writes_counted_at, WRITE_EVERY)
        {
            state.writes_left += 1;
            state.writes_counted_at = after(state.writes_counted_at, WRITE_EVERY);
        }
        if state.writes_left == 0 {
            return false;
        }
        if state.writes_left == WRITE_BURST {
            state.writes_counted_at = now;
        }
        state.writes_left -= 1;
        true
    }

    fn note<T>(&self, result: Result<T, StoreError>) -> Option<T> {
        match result {
            Ok(value) => {
                self.failing.store(false, Ordering::Relaxed);
                Some(value)
            }
            Err(error) => {
                self.state().ask_again_at = after(self.platform.now(), PATIENCE);
                if !self.failing.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "the cache goes on without its key-value store");
                }
                None
            }
        }
    }
}
