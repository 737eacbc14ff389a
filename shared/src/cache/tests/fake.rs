use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;

use crate::cache::engine::{Engine, Wanted};
use crate::cache::key::Slot;
use crate::cache::platform::{BoxFuture, Platform, StoreError};
use crate::cache::policy::after;
use crate::cache::status::Status;
use crate::cache::{Key, Policy};

/// A store and a clock that several instances share.
#[derive(Default)]
pub(super) struct World {
    milliseconds: AtomicU64,
    random: AtomicU64,
    entries: Mutex<BTreeMap<String, Vec<u8>>>,
    pub(super) reads: AtomicUsize,
    pub(super) writes: AtomicUsize,
    pub(super) fails_to_read: AtomicBool,
    pub(super) fails_to_write: AtomicBool,
}

/// One instance.
pub(super) struct Instance {
    pub(super) world: Arc<World>,
    pub(super) engine: Arc<Engine>,
    platform: Arc<Fake>,
}

struct Fake {
    world: Arc<World>,
    spawned: Mutex<Vec<BoxFuture<'static, ()>>>,
}

impl World {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    pub(super) fn instance(self: &Arc<Self>) -> Instance {
        let platform = Arc::new(Fake {
            world: Arc::clone(self),
            spawned: Mutex::default(),
        });
        Instance {
            world: Arc::clone(self),
            engine: Arc::new(Engine::new(Arc::clone(&platform) as Arc<dyn Platform>)),
            platform,
        }
    }

    pub(super) fn pass(&self, milliseconds: u64) {
        self.milliseconds.fetch_add(milliseconds, Ordering::Relaxed);
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.entries.lock().unwrap().keys().cloned().collect()
    }

    pub(super) fn put(&self, name: &str, value: &[u8]) {
        let mut entries = self.entries.lock().unwrap();
        entries.insert(name.to_owned(), value.to_vec());
    }

    pub(super) fn fail(&self, fails: bool) {
        self.fails_to_read.store(fails, Ordering::Relaxed);
        self.fails_to_write.store(fails, Ordering::Relaxed);
    }
}

impl Instance {
    /// Looks up a text that the loader would find at present.
    pub(super) async fn get(&self, key: &Key, policy: &Policy, present: &str) -> (String, Status) {
        let present = present.to_owned();
        let load = async move || Ok::<_, String>(Some(present));
        let (value, status) = self
            .engine
            .fetch(key, policy, Wanted::Whatever, load)
            .await
            .unwrap();
        (value.expect("a text").to_string(), status)
    }

    pub(super) async fn invalidate(&self, tag: &str) {
        self.engine.invalidate(&[Slot::of(tag)]).await;
    }

    /// Does what was left for after the answer, and says how much there was.
    pub(super) async fn finish(&self) -> usize {
        let mut count = 0;
        loop {
            let work = self.platform.spawned.lock().unwrap().pop();
            match work {
                Some(work) => work.await,
                None => return count,
            }
            count += 1;
        }
    }

    /// Drops what was left for after the answer, as a host may.
    pub(super) fn drop_the_rest(&self) {
        self.platform.spawned.lock().unwrap().clear();
    }
}

impl Platform for Fake {
    fn now(&self) -> Timestamp {
        let passed = self.world.milliseconds.load(Ordering::Relaxed);
        after(
            Timestamp::from_second(1_700_000_000).unwrap(),
            Duration::from_millis(passed),
        )
    }

    fn random(&self) -> u64 {
        // Multiples of a large prime: never the same twice, and no jitter, which is tested alone.
        self.world.random.fetch_add(1, Ordering::Relaxed) * 18_001_800_180_018_001
    }

    fn pause(&self, time: Duration) -> BoxFuture<'_, ()> {
        self.world.pass(u64::try_from(time.as_millis()).unwrap());
        Box::pin(tokio::task::yield_now())
    }

    fn spawn(&self, work: BoxFuture<'static, ()>) {
        self.spawned.lock().unwrap().push(work);
    }

    fn get(&self, name: String) -> BoxFuture<'_, Result<Option<Vec<u8>>, StoreError>> {
        Box::pin(async move {
            self.world.reads.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            if self.world.fails_to_read.load(Ordering::Relaxed) {
                return Err(StoreError("away".to_owned()));
            }
            Ok(self.world.entries.lock().unwrap().get(&name).cloned())
        })
    }

    fn set(&self, name: String, value: Vec<u8>) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            self.world.writes.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            if self.world.fails_to_write.load(Ordering::Relaxed) {
                return Err(StoreError("away".to_owned()));
            }
            self.world.entries.lock().unwrap().insert(name, value);
            Ok(())
        })
    }
}
