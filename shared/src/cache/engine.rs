//! The read-through cache of an instance: which level answers, and what is kept.

use std::fmt::Display;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use tracing::Instrument;

use super::Key;
use super::entry::{self, Entry, Generation, typed};
use super::flight::{Flight, Flights, Lead};
use super::invalidations::Invalidations;
use super::key::Slot;
use super::memory::{MAX_VALUE_BYTES, Memory};
use super::platform::Platform;
use super::policy::{Lifetime, Policy, after};
use super::second_level::SecondLevel;
use super::status::{Level, Reason, Status};

/// What can be cached.
pub trait Cacheable: Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Cacheable for T {}

/// What a lookup takes for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A value, so that an entry which says that there is none is of no use.
    Something,
    /// A value, or that there is none.
    Whatever,
}

/// A value, if there is one, and how it was come by.
pub(super) type Found<T> = (Option<Arc<T>>, Status);

pub(super) struct Engine {
    platform: Arc<dyn Platform>,
    state: Mutex<State>,
    flights: Arc<Flights>,
    store: Arc<SecondLevel>,
}

#[derive(Default)]
struct State {
    memory: Memory,
    invalidations: Invalidations,
}

/// What a request knows of a key before it looks anything up.
struct Lookup<'a> {
    key: &'a Key,
    policy: &'a Policy,
    wanted: Wanted,
    generations: Option<Vec<Generation>>,
    now: Timestamp,
}

/// The circumstances of a load, fixed before it begins.
struct Circumstances {
    key: Key,
    policy: Policy,
    generations: Option<Vec<Generation>>,
    invalidations: u64,
    loaded_at: Timestamp,
}

enum InMemory<T> {
    Usable(Option<Arc<T>>, Lifetime),
    Useless,
    Absent,
}

impl Engine {
    pub(super) fn new(platform: Arc<dyn Platform>) -> Self {
        Self {
            store: Arc::new(SecondLevel::new(Arc::clone(&platform))),
            platform,
            state: Mutex::default(),
            flights: Arc::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value of a key, from memory, the store or `load`, in this order.
    pub(super) async fn fetch<T, E, L, F>(
        self: &Arc<Self>,
        key: &Key,
        policy: &Policy,
        wanted: Wanted,
        load: L,
    ) -> Result<Found<T>, E>
    where
        T: Cacheable,
        E: Display + Send + 'static,
        L: FnOnce() -> F + Send + 'static,
        F: Future<Output = Result<Option<T>, E>> + Send + 'static,
    {
        // First of all: whatever is found or loaded from here on is judged by what was known before.
        let generations = self.store.generations(key.slots(), policy.unchecked).await;
        let lookup = Lookup {
            key,
            policy,
            wanted,
            generations,
            now: self.platform.now(),
        };
        let reason = match self.in_memory::<T>(&lookup) {
            InMemory::Usable(value, lifetime) => {
                if !lifetime.is_fresh(lookup.now) {
                    self.refresh(&lookup, load);
                }
                return Ok((value, hit(Level::Memory, &lifetime, lookup.now)));
            }
            InMemory::Useless => Reason::Stale,
            InMemory::Absent => Reason::Miss,
        };
        if let Some(flight) = self.flight(&lookup) {
            if let Some(value) = flight.wait(&*self.platform).await
                && let Some(value) = typed(&value)
                && lookup.takes(&value)
            {
                return Ok((value, Status::Collapsed { reason }));
            }
            // Alone, so that nobody waits twice.
            return self.load(&lookup, reason, load).await;
        }
        let lead = self.take_lead(&lookup);
        if let Some((value, lifetime)) = self.in_store::<T>(&lookup).await {
            if let Some(lead) = lead {
                lead.finish(value.clone().map(|value| value as _));
            }
            if !lifetime.is_fresh(lookup.now) {
                self.refresh(&lookup, load);
            }
            return Ok((value, hit(Level::Store, &lifetime, lookup.now)));
        }
        let found = self.load(&lookup, reason, load).await?;
        if let Some(lead) = lead {
            lead.finish(found.0.clone().map(|value| value as _));
        }
        Ok(found)
    }

    /// Makes everything with one of these tags invalid: in this instance from now on, elsewhere
    /// when this returns.
    pub(super) async fn invalidate(&self, slots: &[Slot]) {
        let now = self.platform.now();
        self.state().invalidations.add(slots, now);
        self.store.invalidate(slots).await;
    }

    fn in_memory<T: Cacheable>(&self, lookup: &Lookup<'_>) -> InMemory<T> {
        let mut guard = self.state();
        let State {
            memory,
            invalidations,
        } = &mut *guard;
        let Some(entry) = memory.get(lookup.key.text()) else {
            return InMemory::Absent;
        };
        if lookup.accepts(entry, invalidations)
            && let Some(value) = typed(&entry.value)
            && lookup.takes(&value)
        {
            return InMemory::Usable(value, entry.lifetime);
        }
        // While the store cannot say, the entry may still be good.
        if lookup.generations.is_some() {
            memory.remove(lookup.key.text());
        }
        InMemory::Useless
    }

    async fn in_store<T: Cacheable>(
        &self,
        lookup: &Lookup<'_>,
    ) -> Option<(Option<Arc<T>>, Lifetime)> {
        if !lookup.key.is_public() || lookup.generations.is_none() {
            return None;
        }
        let bytes = self.store.read(lookup.key.place()).await?;
        let entry = entry::decode::<T>(lookup.key.text(), &bytes)?;
        let mut state = self.state();
        if !lookup.accepts(&entry, &state.invalidations) {
            return None;
        }
        let found = (typed(&entry.value)?, entry.lifetime);
        if !lookup.takes(&found.0) {
            return None;
        }
        state.memory.insert(lookup.key.text(), entry, bytes.len());
        Some(found)
    }

    /// A flight that loads what this lookup may be answered with.
    fn flight(&self, lookup: &Lookup<'_>) -> Option<Arc<Flight>> {
        let generations = lookup.generations.as_ref()?;
        let flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        let flight = flights.get(lookup.key.text())?;
        // One that began before a write may load what was there before it.
        let joinable = flight.generations == *generations
            && !flight.is_late(lookup.now)
            && !self
                .state()
                .invalidations
                .any_since(flight.invalidations, lookup.key.slots());
        joinable.then(|| Arc::clone(flight))
    }

    /// Lets others wait for this one, if there is a way to tell who may.
    fn take_lead(&self, lookup: &Lookup<'_>) -> Option<Lead> {
        let generations = lookup.generations.clone()?;
        let invalidations = self.state().invalidations.count();
        let flight = Flight::new(invalidations, generations, lookup.now);
        Some(Lead::take(&self.flights, lookup.key.text(), flight))
    }

    fn circumstances(&self, lookup: &Lookup<'_>) -> Circumstances {
        Circumstances {
            key: lookup.key.clone(),
            policy: *lookup.policy,
            generations: lookup.generations.clone(),
            invalidations: self.state().invalidations.count(),
            loaded_at: self.platform.now(),
        }
    }

    async fn load<T, E, L, F>(
        &self,
        lookup: &Lookup<'_>,
        reason: Reason,
        load: L,
    ) -> Result<Found<T>, E>
    where
        T: Cacheable,
        L: FnOnce() -> F,
        F: Future<Output = Result<Option<T>, E>>,
    {
        let circumstances = self.circumstances(lookup);
        let value = load().await?.map(Arc::new);
        let stored = self.keep(&circumstances, value.clone());
        Ok((value, Status::Loaded { reason, stored }))
    }

    /// Loads anew what is stale, after the answer, unless somebody does so already.
    fn refresh<T, E, L, F>(self: &Arc<Self>, lookup: &Lookup<'_>, load: L)
    where
        T: Cacheable,
        E: Display + Send + 'static,
        L: FnOnce() -> F + Send + 'static,
        F: Future<Output = Result<Option<T>, E>> + Send + 'static,
    {
        if self.flight(lookup).is_some() {
            return;
        }
        let lead = self.take_lead(lookup);
        let circumstances = self.circumstances(lookup);
        let engine = Arc::clone(self);
        let work = async move {
            match load().await {
                Ok(value) => {
                    let value = value.map(Arc::new);
                    engine.keep(&circumstances, value.clone());
                    if let Some(lead) = lead {
                        lead.finish(value.map(|value| value as _));
                    }
                }
                Err(error) => tracing::warn!(%error, "a stale cache entry could not be refreshed"),
            }
        };
        self.platform
            .spawn(Box::pin(work.instrument(tracing::Span::current())));
    }

    /// Keeps what was loaded, unless something it depends on was written meanwhile. Returns for how
    /// many seconds it is fresh, if it is kept.
    fn keep<T: Cacheable>(
        &self,
        circumstances: &Circumstances,
        value: Option<Arc<T>>,
    ) -> Option<i64> {
        let Circumstances {
            key,
            policy,
            generations,
            invalidations,
            loaded_at,
        } = circumstances;
        let lifetime = policy.lifetime(*loaded_at, value.is_none(), self.platform.random());
        let now = self.platform.now();
        if lifetime.is_over(now) {
            return None;
        }
        // Null is what serde makes of None.
        let json = serde_json::to_vec(&value.as_deref()).ok()?;
        if json.len() > MAX_VALUE_BYTES {
            return None;
        }
        let entry = Entry {
            value: value.clone().map(|value| value as _),
            lifetime,
            generations: generations.clone(),
        };
        {
            let mut state = self.state();
            if state.invalidations.any_since(*invalidations, key.slots()) {
                return None;
            }
            state.memory.insert(key.text(), entry, json.len());
        }
        // What is not there stays out of the store: its names are made up by callers.
        if let (Some(generations), true, Some(_)) = (generations, key.is_public(), &value) {
            let bytes = entry::encode(key.text(), &lifetime, generations, &json);
            let (store, place) = (Arc::clone(&self.store), key.place());
            let work = async move { store.write(place, bytes).await };
            self.platform
                .spawn(Box::pin(work.instrument(tracing::Span::current())));
        }
        Some(lifetime.ttl_seconds(now))
    }
}

impl Lookup<'_> {
    /// Whether it answers what was asked for.
    fn takes<T>(&self, value: &Option<T>) -> bool {
        value.is_some() || self.wanted == Wanted::Whatever
    }

    /// Whether an entry holds now, as far as can be known.
    fn accepts(&self, entry: &Entry, invalidations: &Invalidations) -> bool {
        let is_current = match (&self.generations, &entry.generations) {
            (Some(now), Some(then)) => now == then,
            // Without the store nobody learns of others' writes.
            _ => self.now < after(entry.lifetime.loaded_at, self.policy.unchecked),
        };
        is_current
            && !entry.lifetime.is_over(self.now)
            && !invalidations.any_after(entry.lifetime.loaded_at, self.key.slots())
    }
}

fn hit(level: Level, lifetime: &Lifetime, now: Timestamp) -> Status {
    let ttl = lifetime.ttl_seconds(now);
    Status::Hit { level, ttl }
}
