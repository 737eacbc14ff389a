//! What goes on after answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jenny_host::App;

use crate::clock::TestClock;
use crate::ledger::Ledger;

/// How long nothing may happen, in real time, that components do after their answers: no call, no line, no
/// store at work. What is silent for longer hangs, and is not waited for a second time.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often that is waited for at most.
const MOST_TIMES: u32 = 60;

/// Waits until an application has nothing more to do.
///
/// A component may go on after its answer: fill a cache, write a log. Were the next request sent
/// meanwhile, it would depend on how fast the machine is what that one finds, and which instance
/// answers it.
#[derive(Clone)]
pub(crate) struct Settling {
    app: App,
    ledger: Arc<Ledger>,
    clock: TestClock,
    /// How many instances were found to hang.
    hanging: Arc<AtomicUsize>,
}

impl Settling {
    pub(crate) fn of(app: &App, ledger: &Arc<Ledger>, clock: &TestClock) -> Self {
        Self {
            app: app.clone(),
            ledger: Arc::clone(ledger),
            clock: clock.clone(),
            hanging: Arc::default(),
        }
    }

    /// Waits, unless other requests are in progress: what they have to do takes as long as it takes.
    pub(crate) async fn settle(&self) {
        if self.app.activity().requests > 0 {
            return;
        }
        let hanging = self.hanging.load(Ordering::Relaxed);
        for _ in 0..MOST_TIMES {
            let before = self.ledger.length();
            let settled = tokio::time::timeout(PATIENCE, self.app.settled(hanging));
            let is_settled = settled.await.is_ok();
            let is_silent = self.ledger.length() == before && !self.clock.is_store_at_work();
            if is_settled || is_silent {
                break;
            }
        }
        let busy = self.app.activity().busy;
        self.hanging.store(busy, Ordering::Relaxed);
    }
}
