//! What goes on after answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jenny_host::App;

/// How long components may take, in real time, for what they do after their answers. What takes longer
/// hangs, and is not waited for a second time.
const PATIENCE: Duration = Duration::from_secs(10);

/// Waits until an application has nothing more to do.
///
/// A component may go on after its answer: fill a cache, write a log. Were the next request sent
/// meanwhile, it would depend on how fast the machine is what that one finds, and which instance
/// answers it.
#[derive(Clone)]
pub(crate) struct Settling {
    app: App,
    /// How many instances were found to hang.
    hanging: Arc<AtomicUsize>,
}

impl Settling {
    pub(crate) fn of(app: &App) -> Self {
        Self {
            app: app.clone(),
            hanging: Arc::default(),
        }
    }

    /// Waits, unless other requests are in progress: what they have to do takes as long as it takes.
    pub(crate) async fn settle(&self) {
        if self.app.activity().requests > 0 {
            return;
        }
        let settled = self.app.settled(self.hanging.load(Ordering::Relaxed));
        _ = tokio::time::timeout(PATIENCE, settled).await;
        let busy = self.app.activity().busy;
        self.hanging.store(busy, Ordering::Relaxed);
    }
}
