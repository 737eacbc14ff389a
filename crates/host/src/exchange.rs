//! One request on its way through the host, and how long its response may take to be sent.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Waker;
use std::time::Duration;

use futures::task::AtomicWaker;
use slab::Slab;

use crate::chain::Chain;
use crate::entry::Permit;
use crate::observer::RequestTag;
use crate::state::InstanceStatus;

/// One request on its way, and its place among the requests in progress.
///
/// Whoever still has to do with the request holds it: the caller, wasmtime's queue, the response's
/// body. A client that leaves while its request is queued therefore gets nothing back by that, or
/// it could fill the queue with requests that nobody counts.
pub(crate) struct Exchange {
    instance: OnceLock<Arc<InstanceStatus>>,
    permit: Mutex<Option<Permit>>,
    /// What it came through, if a component sent it.
    pub(crate) chain: Option<Arc<Chain>>,
    /// What it is called by whoever asks.
    pub(crate) tag: Option<RequestTag>,
    /// Sending the response took too long.
    late: AtomicBool,
    /// Who sends the response.
    sender: AtomicWaker,
}

impl Exchange {
    pub(crate) fn new(permit: Permit, chain: Option<Arc<Chain>>, tag: Option<RequestTag>) -> Self {
        Self {
            instance: OnceLock::new(),
            permit: Mutex::new(Some(permit)),
            chain,
            tag,
            late: AtomicBool::new(false),
            sender: AtomicWaker::new(),
        }
    }

    /// Notes the instance that took the request.
    pub(crate) fn taken_by(&self, instance: &Arc<InstanceStatus>) {
        // A request is accepted once, so the cell is empty.
        _ = self.instance.set(Arc::clone(instance));
    }

    /// Whether the instance that took the request came to a bad end.
    pub(crate) fn instance_failed(&self) -> bool {
        self.instance
            .get()
            .is_some_and(|status| status.has_failed())
    }

    /// Gives the request's place back.
    pub(crate) fn leave(&self) {
        let mut permit = self.permit.lock().unwrap_or_else(PoisonError::into_inner);
        drop(permit.take());
    }

    /// Whether sending the response took too long. If not, `waker` is told when it does.
    pub(crate) fn is_late(&self, waker: &Waker) -> bool {
        self.sender.register(waker);
        self.late.load(Ordering::Acquire)
    }

    fn set_late(&self) {
        self.leave();
        self.late.store(true, Ordering::Release);
        self.sender.wake();
    }
}

/// How many parts the time for sending is divided into. A response may take that much longer than
/// it should, and no timer is needed for each.
const PARTS: usize = 8;

/// The responses that are being sent, each for a limited time.
///
/// One task watches over all of them: a timer for each would cost more than all else that the host
/// does about a small response. They lie in as many boxes as the time has parts, and one more;
/// with each part that is over the oldest box is emptied and becomes the newest.
pub(crate) struct Sending {
    limit: Duration,
    boxes: Mutex<Boxes>,
}

#[derive(Default)]
struct Boxes {
    boxes: [Slab<Arc<Exchange>>; PARTS + 1],
    newest: usize,
    /// The task lives.
    watched: bool,
}

impl Sending {
    pub(crate) fn new(limit: Duration) -> Arc<Self> {
        Arc::new(Self {
            limit,
            boxes: Mutex::default(),
        })
    }

    /// From now on until the result is dropped the response of `exchange` is being sent.
    pub(crate) fn begin(self: &Arc<Self>, exchange: &Arc<Exchange>) -> Sent {
        let mut boxes = self.boxes();
        let newest = boxes.newest;
        let key = boxes.boxes[newest].insert(Arc::clone(exchange));
        if !boxes.watched {
            boxes.watched = true;
            drop(boxes);
            let watch = Watch {
                sending: Arc::clone(self),
                done: false,
            };
            tokio::spawn(watch.run());
        }
        Sent {
            exchange: Arc::clone(exchange),
            sending: Arc::clone(self),
            place: (newest, key),
        }
    }

    fn boxes(&self) -> MutexGuard<'_, Boxes> {
        // Nothing under the lock can panic half way.
        self.boxes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One part of the time is over. Returns whether there is anything left to watch.
    fn turn(&self) -> bool {
        let mut boxes = self.boxes();
        boxes.newest = (boxes.newest + 1) % boxes.boxes.len();
        let newest = boxes.newest;
        let late = std::mem::take(&mut boxes.boxes[newest]);
        let goes_on = boxes.boxes.iter().any(|others| !others.is_empty());
        boxes.watched = goes_on;
        drop(boxes);
        for (_, exchange) in late {
            exchange.set_late();
        }
        goes_on
    }
}

/// The task. It can end early with its runtime, and then the next response begins another.
struct Watch {
    sending: Arc<Sending>,
    done: bool,
}

impl Watch {
    async fn run(mut self) {
        let part = self.sending.limit / PARTS as u32;
        while !self.done {
            tokio::time::sleep(part.max(Duration::from_millis(1))).await;
            self.done = !self.sending.turn();
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if !self.done {
            self.sending.boxes().watched = false;
        }
    }
}

/// A response that is being sent. Dropping it gives the request's place back.
pub(crate) struct Sent {
    pub(crate) exchange: Arc<Exchange>,
    sending: Arc<Sending>,
    place: (usize, usize),
}

impl Drop for Sent {
    fn drop(&mut self) {
        self.exchange.leave();
        let (number, key) = self.place;
        let mut boxes = self.sending.boxes();
        // It may have been late, and its place another's since.
        let own = |held: &Arc<Exchange>| Arc::ptr_eq(held, &self.exchange);
        if boxes.boxes[number].get(key).is_some_and(own) {
            boxes.boxes[number].remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::Semaphore;

    fn exchange(permits: &Arc<Semaphore>) -> Arc<Exchange> {
        let permit = Arc::clone(permits).try_acquire_owned().unwrap();
        Arc::new(Exchange::new(permit.into(), None, None))
    }

    /// So long that only the tests say when a part of it is over.
    fn sending() -> Arc<Sending> {
        Sending::new(Duration::from_secs(1 << 20))
    }

    #[tokio::test]
    async fn a_response_that_takes_too_long_loses_its_place_and_others_do_not() {
        let permits = Arc::new(Semaphore::new(3));
        let sending = sending();
        let first = sending.begin(&exchange(&permits));
        drop(sending.begin(&exchange(&permits)));
        assert_eq!(permits.available_permits(), 2, "one was sent");
        for _ in 0..PARTS - 2 {
            assert!(sending.turn());
        }
        let later = sending.begin(&exchange(&permits));
        assert_eq!(permits.available_permits(), 1);

        assert!(sending.turn() && sending.turn());
        assert!(!first.exchange.is_late(Waker::noop()), "it had its time");
        assert!(sending.turn());
        assert!(first.exchange.is_late(Waker::noop()));
        assert!(!later.exchange.is_late(Waker::noop()));
        assert_eq!(permits.available_permits(), 2);

        // The place of the one that was late may be another's now.
        let next = sending.begin(&exchange(&permits));
        drop(first);
        assert_eq!(permits.available_permits(), 1);
        drop((later, next));
        assert_eq!(permits.available_permits(), 3);
        assert!(!sending.turn(), "nothing is left");
    }

    #[test]
    fn a_runtime_that_ends_takes_the_task_with_it_and_the_next_has_its_own() {
        let permits = Arc::new(Semaphore::new(1));
        let sending = Sending::new(Duration::from_millis(80));
        let runtime = || {
            tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .build()
                .unwrap()
        };
        runtime().block_on(async { drop(sending.begin(&exchange(&permits))) });
        assert!(!sending.boxes().watched);
        runtime().block_on(async {
            let late = sending.begin(&exchange(&permits));
            std::future::poll_fn(|cx| match late.exchange.is_late(cx.waker()) {
                true => std::task::Poll::Ready(()),
                false => std::task::Poll::Pending,
            })
            .await;
        });
    }
}
