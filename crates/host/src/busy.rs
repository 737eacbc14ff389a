//! Which instances have something to do, after their answers as well.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::Notify;

/// How busy an application is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activity {
    /// Requests in progress, those between components and response bodies being sent included.
    pub requests: usize,
    /// Instances that exist.
    pub instances: usize,
    /// Those among them that have something to do: a request, or what is left of one after its
    /// answer.
    pub busy: usize,
}

/// The instances of an application that have something to do.
#[derive(Default)]
pub(crate) struct BusyInstances {
    number: AtomicUsize,
    fewer: Notify,
    /// How many wait for there to be fewer. In production nobody does.
    waiting: AtomicUsize,
}

impl BusyInstances {
    pub(crate) fn number(&self) -> usize {
        self.number.load(Ordering::SeqCst)
    }

    /// Waits until there are no more than so many.
    pub(crate) async fn at_most(&self, number: usize) {
        // Before the first look at the number: whoever changes it after that sees that somebody waits.
        let _waiting = Waiting::new(&self.waiting);
        loop {
            let mut fewer = std::pin::pin!(self.fewer.notified());
            fewer.as_mut().enable();
            if self.number() <= number {
                return;
            }
            fewer.await;
        }
    }

    /// An instance that is about to be made.
    pub(crate) fn begin(self: &Arc<Self>) -> Arc<Busy> {
        self.number.fetch_add(1, Ordering::SeqCst);
        Arc::new(Busy {
            all: Arc::clone(self),
            is: AtomicBool::new(true),
        })
    }
}

/// Counts one who waits for as long as this lives.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::SeqCst);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Whether one instance has something to do. It has not once this is dropped.
pub(crate) struct Busy {
    all: Arc<BusyInstances>,
    is: AtomicBool,
}

impl Busy {
    pub(crate) fn set(&self, is: bool) {
        // Mostly nothing has changed.
        if self.is.load(Ordering::Relaxed) == is || self.is.swap(is, Ordering::SeqCst) == is {
            return;
        }
        if is {
            self.all.number.fetch_add(1, Ordering::SeqCst);
        } else {
            self.all.number.fetch_sub(1, Ordering::SeqCst);
            if self.all.waiting.load(Ordering::SeqCst) > 0 {
                self.all.fewer.notify_waiters();
            }
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.set(false);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn whoever_waits_is_told_when_the_last_one_has_nothing_to_do() {
        let all = Arc::new(BusyInstances::default());
        let (one, other) = (all.begin(), all.begin());
        let mut settled = Box::pin(all.at_most(0));
        assert_eq!((&mut settled).now_or_never(), None);

        one.set(false);
        one.set(false);
        drop(other);
        assert_eq!(all.number(), 0);
        assert_eq!((&mut settled).now_or_never(), Some(()));
        drop(settled);
        assert_eq!(all.waiting.load(Ordering::SeqCst), 0);

        one.set(true);
        one.set(true);
        assert_eq!(all.number(), 1);
        assert_eq!(all.at_most(1).now_or_never(), Some(()));
        drop(one);
        assert_eq!(all.number(), 0);
    }
}
