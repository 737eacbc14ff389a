use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use jenny_host::Clock;
use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::Sleep;
use waiting::Waiting;

#[cfg(test)]
mod tests;

/// When time begins unless a test says otherwise: no figure of it is nought or the same as another.
const USUAL_START: Timestamp = Timestamp::constant(1_801_627_506, 789_000_000);

/// By how much time moves before each request: enough that what instances make one after the other
/// (identifiers of UUID version 7, times in whole milliseconds) is in that order.
const TICK: Duration = Duration::from_millis(1);

/// How many times as long as it should a wait lasts at most that nobody moves the clock for.
const MOST_TIMES: u32 = 100;

/// Of the monotonic clock, so that components can subtract from it as on a machine that runs.
const MONOTONIC_START: u64 = 1_000_000_000_000;

/// The clock of one application, which its components read and wait by.
///
/// Time stands still while a request runs, and moves by a millisecond before each. Everything else is
/// up to the test: the clock begins at 2027-02-03T04:05:06.789Z or where
/// [`starting_at`](crate::TestAppBuilder::starting_at) says, and moves when it is told to.
///
/// ```no_run
/// use std::time::Duration;
///
/// # async fn example(app: jenny_test::TestApp, token: &str) {
/// app.clock().advance(Duration::from_hours(1));
/// app.get("/api/notes").bearer(token).send().await.assert_status(401);
/// # }
/// ```
///
/// # When components wait
///
/// A wait ends when the clock has come to its end, wherever it waits (`wasi:clocks` of WASIp2 and
/// WASIp3, `wasi:io/poll`). [`advance`](Self::advance) wakes all whose time has come, in the order of
/// their deadlines; they all find the new time. A wait that nobody moves the clock for ends after as
/// long in real time, and the clock is then where it should be: a component that looks for something
/// every 20 ms goes on, and one that gives up after a minute need not be waited for. While a store works on
/// a call, no such wait ends, unless it lasts a hundred times as long: that the machine is slow must not
/// look as if the store were.
///
/// ```no_run
/// use std::time::Duration;
///
/// # async fn example(app: jenny_test::TestApp) {
/// let minute = Duration::from_mins(1);
/// let patience = async {
///     app.clock().until_waiting_for(minute).await;
///     app.clock().advance(minute);
/// };
/// let (answer, ()) = tokio::join!(app.get("/slow").send(), patience);
/// # }
/// ```
#[derive(Clone)]
pub struct TestClock(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    /// Told when a wait begins.
    waits: Notify,
    /// How many calls stores are working on.
    calls: AtomicUsize,
}

struct State {
    /// Nanoseconds since the Unix epoch.
    wall: u128,
    monotonic: u64,
    /// Up to when real time has been added, if it is.
    flowed_until: Option<Instant>,
    waiters: BTreeMap<Place, Option<Waker>>,
    waits_begun: u64,
}

/// A deadline on the monotonic clock, and which of the waits for it this is.
type Place = (u64, u64);

impl TestClock {
    /// A clock that stands at `start`. It panics when that is before 1970.
    #[track_caller]
    pub(crate) fn new(start: Option<Timestamp>) -> Self {
        Self::at(start.unwrap_or(USUAL_START), None)
    }

    /// A clock that goes as the machine's does, from `start` or from the machine's time.
    #[track_caller]
    pub(crate) fn flowing(start: Option<Timestamp>) -> Self {
        Self::at(start.unwrap_or_else(Timestamp::now), Some(Instant::now()))
    }

    #[track_caller]
    fn at(start: Timestamp, flowed_until: Option<Instant>) -> Self {
        Self(Arc::new(Inner {
            state: Mutex::new(State {
                wall: nanoseconds(start),
                monotonic: MONOTONIC_START,
                flowed_until,
                waiters: BTreeMap::new(),
                waits_begun: 0,
            }),
            waits: Notify::new(),
            calls: AtomicUsize::new(0),
        }))
    }

    /// The time that components see.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let wall = self.0.state().wall;
        i128::try_from(wall)
            .ok()
            .and_then(|wall| Timestamp::from_nanosecond(wall).ok())
            .expect("the clock never moves beyond what can be told")
    }

    /// Moves time on, for both clocks of the components, and wakes whoever has waited long enough.
    ///
    /// # Panics
    ///
    /// When that leads beyond the year 9999, or beyond 584 years after the start.
    #[track_caller]
    pub fn advance(&self, by: Duration) {
        assert!(
            self.0.move_by(|_| by),
            "the clock cannot be moved by {by:?}: no time so late can be told"
        );
    }

    /// Moves time on until it is `time`.
    ///
    /// # Panics
    ///
    /// When it is later already, and as [`advance`](Self::advance) does.
    #[track_caller]
    pub fn advance_to(&self, time: Timestamp) {
        let now = self.now();
        match Duration::try_from(time.duration_since(now)) {
            Ok(by) => self.advance(by),
            Err(_) => panic!("the clock cannot be moved back from {now} to {time}; see `set`"),
        }
    }

    /// Sets the wall clock alone, forwards or backwards, as happens to a machine whose clock was
    /// wrong. The monotonic clock does not notice, and neither does whoever waits.
    ///
    /// # Panics
    ///
    /// When `time` is before 1970, which WASIp2 cannot tell.
    #[track_caller]
    pub fn set(&self, time: Timestamp) {
        let wall = nanoseconds(time);
        self.0.state().wall = wall;
    }

    /// How long each wait that has begun has still to go, the shortest first.
    #[must_use]
    pub fn waits(&self) -> Vec<Duration> {
        let state = self.0.state();
        let deadlines = state.waiters.keys().map(|(deadline, _)| *deadline);
        deadlines
            .map(|deadline| state.until(deadline))
            .filter(|left| !left.is_zero())
            .collect()
    }

    /// How long the shortest of the waits has still to go, as soon as there is one.
    pub async fn next_wait(&self) -> Duration {
        self.wait_like(|_| true).await
    }

    /// Returns as soon as somebody has exactly this long to wait. As time stands still, that is how
    /// long whoever began to wait since the last move wants to.
    pub async fn until_waiting_for(&self, time: Duration) {
        self.wait_like(|left| left == time).await;
    }

    async fn wait_like(&self, wanted: impl Fn(Duration) -> bool) -> Duration {
        let _waiting = Waiting::on("a component that waits for a time");
        loop {
            let mut begun = std::pin::pin!(self.0.waits.notified());
            begun.as_mut().enable();
            if let Some(found) = self.waits().into_iter().find(|left| wanted(*left)) {
                return found;
            }
            begun.await;
        }
    }

    /// A store works on `call`.
    pub(crate) async fn during<T>(&self, call: impl Future<Output = T>) -> T {
        let _under_way = UnderWay::begin(&self.0.calls);
        call.await
    }

    /// Whether stores are working on calls.
    pub(crate) fn is_store_at_work(&self) -> bool {
        self.0.calls.load(Ordering::SeqCst) > 0
    }

    fn begin_wait(&self, deadline: u64) -> Wait {
        let mut state = self.0.state();
        let left = state.until(deadline);
        state.waits_begun += 1;
        let place = (deadline, state.waits_begun);
        state.waiters.insert(place, None);
        drop(state);
        self.0.waits.notify_waiters();
        Wait {
            clock: Arc::clone(&self.0),
            place,
            left,
            times: 1,
            real: Box::pin(tokio::time::sleep(left)),
        }
    }

    /// A request begins.
    pub(crate) fn tick(&self) {
        self.0.move_by(|state| match state.flowed_until {
            None => TICK,
            Some(_) => Duration::ZERO,
        });
    }
}

impl Debug for TestClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestClock")
            .field("now", &self.now())
            .finish_non_exhaustive()
    }
}

#[track_caller]
fn nanoseconds(time: Timestamp) -> u128 {
    u128::try_from(time.as_nanosecond()).unwrap_or_else(|_| {
        panic!("it cannot be {time}: components of WASIp2 know no time before 1970")
    })
}

impl Clock for TestClock {
    fn wall(&self) -> Duration {
        Duration::from_nanos_u128(self.0.state().wall)
    }

    fn monotonic_nanos(&self) -> u64 {
        self.0.state().monotonic
    }

    fn wait_until(&self, deadline: u64) -> BoxFuture<'static, ()> {
        Box::pin(self.begin_wait(deadline))
    }
}

impl Inner {
    /// The state, with the real time that has passed where that counts.
    fn state(&self) -> MutexGuard<'_, State> {
        // What panics under the lock has changed nothing yet.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = state.flowed_until {
            let now = Instant::now();
            // Those who wait have a timer that goes by real time.
            state.move_by(now - until);
            state.flowed_until = Some(now);
        }
        state
    }

    /// Moves time by what `by` says and returns whether that is possible.
    fn move_by(&self, by: impl FnOnce(&State) -> Duration) -> bool {
        let mut state = self.state();
        let by = by(&state);
        let is_possible = state.move_by(by);
        let due = state.due();
        drop(state);
        for waker in due {
            waker.wake();
        }
        is_possible
    }
}

impl State {
    /// Moves time, if it can be told then.
    fn move_by(&mut self, time: Duration) -> bool {
        let wall = self.wall + time.as_nanos();
        let latest = Timestamp::MAX.as_nanosecond().unsigned_abs();
        let passed = u64::try_from(time.as_nanos()).ok();
        let monotonic = passed.and_then(|passed| self.monotonic.checked_add(passed));
        match monotonic {
            Some(monotonic) if wall <= latest => {
                (self.wall, self.monotonic) = (wall, monotonic);
                true
            }
            _ => false,
        }
    }

    fn until(&self, deadline: u64) -> Duration {
        Duration::from_nanos(deadline.saturating_sub(self.monotonic))
    }

    /// Whom to wake because the moment has come, the first deadline first.
    fn due(&mut self) -> Vec<Waker> {
        let due = self.waiters.range_mut(..=(self.monotonic, u64::MAX));
        due.filter_map(|(_, waker)| waker.take()).collect()
    }
}

/// A call that a store works on.
struct UnderWay<'a>(&'a AtomicUsize);

impl<'a> UnderWay<'a> {
    fn begin(calls: &'a AtomicUsize) -> Self {
        calls.fetch_add(1, Ordering::SeqCst);
        Self(calls)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The wait of one component.
struct Wait {
    clock: Arc<Inner>,
    place: Place,
    left: Duration,
    /// How many times as long as that it may last.
    times: u32,
    real: Pin<Box<Sleep>>,
}

impl Future for Wait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let (deadline, _) = self.place;
        if self.clock.state().monotonic >= deadline {
            return Poll::Ready(());
        }
        while self.real.as_mut().poll(cx).is_ready() {
            let is_called = self.clock.calls.load(Ordering::SeqCst) > 0;
            if !is_called || self.times >= MOST_TIMES || self.clock.state().flowed_until.is_some() {
                self.clock.move_by(|state| state.until(deadline));
                return Poll::Ready(());
            }
            self.times += 1;
            let again = tokio::time::Instant::now() + self.left;
            self.real.as_mut().reset(again);
        }
        let clock = Arc::clone(&self.clock);
        let mut state = clock.state();
        if state.monotonic >= deadline {
            return Poll::Ready(());
        }
        state.waiters.insert(self.place, Some(cx.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.clock.state().waiters.remove(&self.place);
    }
}
