//! Who writes to a file next, and who has a thread to work on it.
//!
//! SQLite lets one connection write at a time, and has the others ask again and again. Here they
//! queue: a connection takes the turn before its first statement that writes, and has it until its
//! transaction has ended. It waits without a thread, and the one with the turn gets one at once: the
//! others wait for it. Only the first of the queue asks SQLite, where another process may have the
//! lock.

use std::sync::Arc;

use tokio::sync::futures::Notified;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// The queue of one file.
pub(super) struct Queue {
    /// One permit, which goes to those who wait for it in the order in which they came.
    turn: Arc<Semaphore>,
    threads: Arc<Semaphore>,
    ended: Notify,
}

impl Queue {
    /// With so many threads for connections without the turn.
    pub(super) fn new(threads: usize) -> Arc<Self> {
        Arc::new(Self {
            turn: Arc::new(Semaphore::new(1)),
            threads: Arc::new(Semaphore::new(threads)),
            ended: Notify::new(),
        })
    }

    /// Waits for the turn.
    pub(super) async fn turn(self: &Arc<Self>) -> Turn {
        let permit = Arc::clone(&self.turn).acquire_owned().await;
        self.of(permit.expect("the semaphore is never closed"))
    }

    /// Returns the turn if it is free and no connection waits for it.
    pub(super) fn try_turn(self: &Arc<Self>) -> Option<Turn> {
        let permit = Arc::clone(&self.turn).try_acquire_owned().ok()?;
        Some(self.of(permit))
    }

    fn of(self: &Arc<Self>, permit: OwnedSemaphorePermit) -> Turn {
        Turn {
            queue: Arc::clone(self),
            _permit: permit,
        }
    }

    /// Waits for a thread.
    pub(super) async fn thread(&self) -> OwnedSemaphorePermit {
        let permit = Arc::clone(&self.threads).acquire_owned().await;
        permit.expect("the semaphore is never closed")
    }

    /// Ready once a turn has ended, and so a lock may be free that was held.
    pub(super) fn ended(&self) -> Notified<'_> {
        self.ended.notified()
    }

    #[cfg(test)]
    pub(super) fn free_threads(&self) -> usize {
        self.threads.available_permits()
    }
}

/// The turn to write; dropping it gives it to the next.
pub(super) struct Turn {
    queue: Arc<Queue>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.queue.ended.notify_waiters();
    }
}
