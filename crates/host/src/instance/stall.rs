//! Whether an instance's guest code keeps its event loop from going round.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::engine::EPOCH_TICK;

/// Guest code that keeps an instance's event loop this long from going round is taken for a busy
/// loop, and new requests for the component go elsewhere. Hashing a password takes a quarter.
pub(super) const STALL: Duration = Duration::from_millis(200);

/// Most of the time between two polls of an instance that is taken for guest code's, and how often
/// an instance with requests is polled at least.
pub(super) const MAX_GAP: Duration = EPOCH_TICK.saturating_mul(5);

/// Measures for how long guest code has kept an event loop from going round.
#[derive(Default)]
pub(super) struct StallWatch {
    last: Option<(u64, Instant)>,
    busy: Duration,
}

impl StallWatch {
    /// Told the loop's turn at every poll, returns the busy time within that turn.
    ///
    /// Guest code that is not done within a tick yields and is polled again at once; an instance
    /// that waits for something is polled seldom, and then its loop goes round. So a long gap
    /// counts no more than a busy machine would stretch a tick.
    pub(super) fn look(&mut self, turn: u64, now: Instant) -> Duration {
        match self.last {
            Some((last_turn, at)) if last_turn == turn => {
                self.busy += now.saturating_duration_since(at).min(MAX_GAP);
            }
            _ => self.busy = Duration::ZERO,
        }
        self.last = Some((turn, now));
        self.busy
    }
}

/// How many instances stall right now.
#[derive(Clone, Default)]
pub(super) struct StalledInstances(Arc<AtomicUsize>);

impl StalledInstances {
    pub(super) fn any(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }

    /// An instance, which does not stall so far.
    pub(super) fn instance(&self) -> Stalled {
        Stalled {
            all: self.clone(),
            is: false,
        }
    }
}

/// Whether one instance stalls. It no longer does when this is dropped.
pub(super) struct Stalled {
    all: StalledInstances,
    is: bool,
}

impl Stalled {
    pub(super) fn set(&mut self, is: bool) {
        if is && !self.is {
            self.all.0.fetch_add(1, Ordering::Relaxed);
        } else if !is && self.is {
            self.all.0.fetch_sub(1, Ordering::Relaxed);
        }
        self.is = is;
    }
}

impl Drop for Stalled {
    fn drop(&mut self) {
        self.set(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_stall_until_they_go_on_or_end() {
        let all = StalledInstances::default();
        let (mut one, mut other) = (all.instance(), all.instance());
        assert!(!all.any());

        one.set(true);
        one.set(true);
        other.set(true);
        one.set(false);
        assert!(all.any(), "the other one");
        drop(other);
        assert!(!all.any());
    }

    #[test]
    fn waiting_is_no_stall_but_a_busy_loop_is() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut watch = StallWatch::default();

        assert!(watch.look(1, at(0)) < STALL);
        assert!(watch.look(1, at(10_000)) < STALL, "one long wait");
        assert!(watch.look(2, at(10_010)) < STALL, "the loop went round");
        for tick in 1..20 {
            assert!(watch.look(2, at(10_010 + tick * 10)) < STALL);
        }
        assert!(watch.look(2, at(10_210)) >= STALL);
    }
}
