//! How many requests may be in progress.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jenny_stores::MAX_PERMITS;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

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
        if let Some(permit) = self.try_enter() {
            return Some(permit);
        }
        let _queued = self.queue()?;
        tokio::time::timeout(patience, self.wait()).await.ok()?
    }

    /// Lets nobody in any more and waits until everybody has left.
    pub(crate) async fn close(&self) {
        if let Ok(permits) = self.permits.acquire_many(self.max as u32).await {
            permits.forget();
        }
    }

    /// A place, if there is one now.
    pub(crate) fn try_enter(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.permits).try_acquire_owned().ok()
    }

    async fn wait(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.permits).acquire_owned().await.ok()
    }

    /// A position in the queue, unless that is as long as there are places.
    fn queue(&self) -> Option<Queued<'_>> {
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= self.max {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        Some(Queued(&self.waiting))
    }
}

/// One waiting request; its client may leave at any time.
struct Queued<'a>(&'a AtomicUsize);

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// As many places as an instance takes requests on Spin: one instance of a component always has work.
const MOST_RESERVED: usize = 16;

/// The admission of requests from outside.
///
/// Each component has a few places that no other can take, so that requests of one component, however
/// many, leave the others answering: the one that answers the liveness probe among them. All reserved
/// places together are at most a quarter. The rest is for whoever comes first.
pub(crate) struct ReservedAdmission {
    common: Admission,
    reserved: HashMap<String, Admission>,
}

impl ReservedAdmission {
    /// Divides `max` places among `components`.
    pub(crate) fn new(max: usize, components: impl ExactSizeIterator<Item = String>) -> Self {
        let number = components.len();
        let each = match number {
            // A component that is alone has nobody to leave anything to.
            0 | 1 => 0,
            _ => (max.min(MAX_PERMITS) / 4 / number).min(MOST_RESERVED),
        };
        Self {
            common: Admission::new(max.min(MAX_PERMITS) - each * number),
            reserved: components.map(|id| (id, Admission::new(each))).collect(),
        }
    }

    pub(crate) fn entered(&self) -> usize {
        let reserved = self.reserved.values().map(Admission::entered);
        self.common.entered() + reserved.sum::<usize>()
    }

    /// Waits for a place of `component`, but not for long, and with no more requests than there are
    /// places.
    pub(crate) async fn enter(
        &self,
        component: &str,
        patience: Duration,
    ) -> Option<OwnedSemaphorePermit> {
        let reserved = self.reserved.get(component)?;
        if let Some(permit) = self.common.try_enter().or_else(|| reserved.try_enter()) {
            return Some(permit);
        }
        let _queued = self.common.queue()?;
        let either = async {
            tokio::select! {
                permit = self.common.wait() => permit,
                permit = reserved.wait() => permit,
            }
        };
        tokio::time::timeout(patience, either).await.ok()?
    }

    /// Lets nobody in any more and waits until everybody has left.
    pub(crate) async fn close(&self) {
        self.common.close().await;
        for reserved in self.reserved.values() {
            reserved.close().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(max: usize, components: &[&str]) -> ReservedAdmission {
        ReservedAdmission::new(max, components.iter().map(|&id| id.to_owned()))
    }

    async fn enter(
        admission: &ReservedAdmission,
        component: &str,
        wanted: usize,
    ) -> Vec<OwnedSemaphorePermit> {
        let mut entered = Vec::new();
        for _ in 0..wanted {
            entered.extend(admission.enter(component, Duration::ZERO).await);
        }
        entered
    }

    #[tokio::test]
    async fn a_flood_of_one_component_leaves_the_others_their_places() {
        let admission = admission(40, &["articles", "health"]);

        let flood = enter(&admission, "articles", 100).await;
        let health = enter(&admission, "health", 100).await;

        assert_eq!((flood.len(), health.len()), (35, 5));
        assert_eq!(admission.entered(), 40);
    }

    #[tokio::test]
    async fn reserved_places_are_at_most_a_quarter_and_sixteen_each() {
        for (max, components, common) in [
            (1, &["one"][..], 1),
            (1024, &["one"], 1024),
            (1024, &["one", "other"], 1024 - 32),
            (4, &["one", "other", "third"], 4),
            (24, &["one", "other", "third"], 24 - 6),
        ] {
            let admission = admission(max, components);
            assert_eq!(admission.common.max, common, "{max} for {components:?}");
            let entered: usize = {
                let mut all = Vec::new();
                for component in components {
                    all.extend(enter(&admission, component, max).await);
                }
                all.len()
            };
            assert_eq!(entered, max);
        }
    }

    #[tokio::test]
    async fn who_waits_takes_the_first_place_that_is_free_of_either_kind() {
        let admission = admission(8, &["one", "other"]);
        let mut one = enter(&admission, "one", 8).await;
        assert_eq!(one.len(), 7);
        let mut waits = std::pin::pin!(admission.enter("one", Duration::from_secs(3600)));
        assert!(futures::poll!(waits.as_mut()).is_pending());

        drop(one.pop());

        assert!(futures::poll!(waits.as_mut()).is_ready());
    }
}
