//! The connections that are open, and which of them gives way when there are as many as may be.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use slab::Slab;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::activity::{Activity, Doing};

/// How often the log says that the limit is reached, at most.
const WARNING_INTERVAL: Duration = Duration::from_secs(10);

/// How long a connection has for its first request before it counts as idle. Newcomers would close each
/// other otherwise while all the rest are busy.
const FIRST_REQUEST: Duration = Duration::from_secs(1);

/// All connections of a server.
pub(super) struct OpenConnections {
    places: Arc<Semaphore>,
    all: Mutex<Slab<Open>>,
    wanted: Arc<Wanted>,
}

/// What is known of one of them.
struct Open {
    activity: Arc<Activity>,
    since: Instant,
    give_way: Arc<Notify>,
}

impl Open {
    /// For how long it has carried no request, if it might have.
    fn idle(&self) -> Option<Duration> {
        match self.activity.doing() {
            Doing::Nothing => Some(self.since.elapsed()).filter(|idle| *idle >= FIRST_REQUEST),
            Doing::Idle(quiet) => Some(quiet),
            Doing::Working | Doing::Stuck(_) => None,
        }
    }
}

/// Whether a newcomer waits for a place, and what it waits for.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    waiting: AtomicBool,
    /// One connection may have become idle.
    changed: Notify,
}

impl Wanted {
    /// To be called when a connection has become idle, or has not given way.
    pub(super) fn look_again(&self) {
        if self.waiting.load(Ordering::Acquire) {
            self.changed.notify_one();
        }
    }
}

/// What the log has said of the limit.
#[derive(Default)]
pub(super) struct Warned {
    last: Option<Instant>,
    since: u64,
}

impl Warned {
    fn warn(&mut self) {
        self.since += 1;
        let recently = |last: Instant| last.elapsed() < WARNING_INTERVAL;
        if self.last.is_some_and(recently) {
            return;
        }
        tracing::warn!(
            "the connection limit is reached: idle connections are closed for new ones, {} so far since \
             the last warning",
            self.since
        );
        *self = Self {
            last: Some(Instant::now()),
            since: 0,
        };
    }
}

impl OpenConnections {
    pub(super) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self {
            places: Arc::new(Semaphore::new(max.min(Semaphore::MAX_PERMITS))),
            all: Mutex::default(),
            wanted: Arc::default(),
        })
    }

    /// Waits for a place. If there is none, the connection that has been idle for longest is closed; if
    /// none is idle, the first that becomes so.
    pub(super) async fn place(self: &Arc<Self>, warned: &mut Warned) -> Connection {
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            return self.add(place);
        }
        warned.warn();
        // Before the look at the connections: one that becomes idle after it tells.
        self.wanted.waiting.store(true, Ordering::Release);
        let place = loop {
            self.close_longest_idle();
            tokio::select! {
                biased;
                place = Arc::clone(&self.places).acquire_owned() => break place,
                () = self.wanted.changed.notified() => {}
                () = tokio::time::sleep(FIRST_REQUEST) => {}
            }
        };
        self.wanted.waiting.store(false, Ordering::Release);
        self.add(place.expect("the semaphore is never closed"))
    }

    fn close_longest_idle(&self) {
        let all = self.all();
        let idle = all
            .iter()
            .filter_map(|(_, open)| Some((open.idle()?, open)));
        if let Some((_, open)) = idle.max_by_key(|(idle, _)| *idle) {
            open.give_way.notify_one();
        }
    }

    fn add(self: &Arc<Self>, place: OwnedSemaphorePermit) -> Connection {
        let activity = Arc::new(Activity::new(Arc::clone(&self.wanted)));
        let give_way = Arc::new(Notify::new());
        let key = self.all().insert(Open {
            activity: Arc::clone(&activity),
            since: Instant::now(),
            give_way: Arc::clone(&give_way),
        });
        Connection {
            activity,
            give_way,
            key,
            all: Arc::clone(self),
            _place: place,
        }
    }

    fn all(&self) -> MutexGuard<'_, Slab<Open>> {
        // Nothing under the lock can panic half way.
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection's place. Dropping it gives the place to another.
pub(super) struct Connection {
    pub(super) activity: Arc<Activity>,
    give_way: Arc<Notify>,
    key: usize,
    all: Arc<OpenConnections>,
    _place: OwnedSemaphorePermit,
}

impl Connection {
    /// Ends when a newcomer wants the place and this connection was idle.
    pub(super) async fn gives_way(&self) {
        self.give_way.notified().await;
    }

    /// To be called when it is not idle any more.
    pub(super) fn goes_on(&self) {
        self.all.wanted.look_again();
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.all.all().remove(self.key);
    }
}
