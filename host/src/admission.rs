//! How many requests may be in progress.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// More permits than any machine can use, and few enough for a semaphore on every platform.
pub(crate) const MAX_PERMITS: usize = 1 << 20;

/// Bounds how many requests are in progress.
///
/// Requests that components send each other have an admission of their own: if they waited for the
/// requests that sent them to finish, both would wait for ever.
pub(crate) struct Admission {
    permits: Arc<Semaphore>,
    max: usize,
    waiting: AtomicUsize,
}

impl Admission {
    pub(crate) fn new(max: usize) -> Self {
        let max = max.min(MAX_PERMITS);
        Self {
            permits: Arc::new(Semaphore::new(max)),
            max,
            waiting: AtomicUsize::new(0),
        }
    }

    pub(crate) fn entered(&self) -> usize {
        self.max.saturating_sub(self.permits.available_permits())
    }

    /// Waits for a place, but not for long, and with no more requests than there are places.
    pub(crate) async fn enter(&self, patience: Duration) -> Option<OwnedSemaphorePermit> {
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            return Some(permit);
        }
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= self.max {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let _queued = Queued(&self.waiting);
        let permit = Arc::clone(&self.permits).acquire_owned();
        tokio::time::timeout(patience, permit).await.ok()?.ok()
    }

    /// Lets nobody in any more and waits until everybody has left.
    pub(crate) async fn close(&self) {
        if let Ok(permits) = self.permits.acquire_many(self.max as u32).await {
            permits.forget();
        }
    }
}

/// One waiting request; its client may leave at any time.
struct Queued<'a>(&'a AtomicUsize);

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
