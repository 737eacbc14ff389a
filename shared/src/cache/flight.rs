//! Single flight: requests of one instance that miss the same entry load it once.
//!
//! No request may depend on another one's progress: the other may be dropped at any await, and
//! under wit-bindgen a task that sleeps cannot be woken by another one (it traps, unless the feature
//! `inter-task-wakeup` is on, and then every sleep of every request pays for it). So whoever waits
//! looks again after ever longer pauses of his own clock, and loads for himself when that takes too
//! long.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::entry::{Generation, Value};
use super::platform::Platform;
use super::policy::after;

/// For how long a request waits for another one's load before it loads for itself.
pub(super) const MAX_WAIT: Duration = Duration::from_secs(1);

const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// A load on its way.
pub(super) struct Flight {
    /// The invalidations that had happened before it began.
    pub(super) invalidations: u64,
    pub(super) generations: Vec<Generation>,
    pub(super) began_at: Timestamp,
    outcome: Mutex<Outcome>,
}

enum Outcome {
    Awaited,
    Loaded(Value),
    /// It failed, or its request was dropped.
    Lost,
}

impl Flight {
    pub(super) fn new(
        invalidations: u64,
        generations: Vec<Generation>,
        began_at: Timestamp,
    ) -> Self {
        Self {
            invalidations,
            generations,
            began_at,
            outcome: Mutex::new(Outcome::Awaited),
        }
    }

    /// Whether it has taken so long that nobody should begin to wait for it.
    pub(super) fn is_late(&self, now: Timestamp) -> bool {
        now >= after(self.began_at, MAX_WAIT)
    }

    /// What it loads; `None` when that is lost or takes too long.
    pub(super) async fn wait(&self, platform: &dyn Platform) -> Option<Value> {
        let mut waited = Duration::ZERO;
        let mut pause = FIRST_PAUSE;
        loop {
            match &*self.outcome() {
                Outcome::Loaded(value) => return Some(value.clone()),
                Outcome::Lost => return None,
                Outcome::Awaited => {}
            }
            if waited >= MAX_WAIT {
                return None;
            }
            platform.pause(pause).await;
            waited += pause;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn outcome(&self) -> MutexGuard<'_, Outcome> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The flights of an instance: at most as many as it has requests.
pub(super) type Flights = Mutex<BTreeMap<String, Arc<Flight>>>;

/// The duty to end a flight, which dropping it fulfils too.
pub(super) struct Lead {
    flights: Arc<Flights>,
    key: String,
    flight: Arc<Flight>,
}

impl Lead {
    /// Takes the lead, also from a flight that may no longer be waited for.
    pub(super) fn take(flights: &Arc<Flights>, key: &str, flight: Flight) -> Self {
        let flight = Arc::new(flight);
        let mut all = flights.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(key.to_owned(), Arc::clone(&flight));
        Self {
            flights: Arc::clone(flights),
            key: key.to_owned(),
            flight,
        }
    }

    /// Hands the value to those who wait.
    pub(super) fn finish(self, value: Value) {
        *self.flight.outcome() = Outcome::Loaded(value);
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        {
            let mut outcome = self.flight.outcome();
            if matches!(*outcome, Outcome::Awaited) {
                *outcome = Outcome::Lost;
            }
        }
        let mut all = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        // Another one may have taken the lead meanwhile.
        if all
            .get(&self.key)
            .is_some_and(|flight| Arc::ptr_eq(flight, &self.flight))
        {
            all.remove(&self.key);
        }
    }
}
