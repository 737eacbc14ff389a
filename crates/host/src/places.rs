//! Places for instances: how many there are, which component may have which, and who waits.
//!
//! Each component has one place of its own. The rest is common, and one component may take at
//! most half of it. So a component that lets every request hang leaves the others room to grow
//! in, and however many others do the same, a component can always run one instance. That is
//! what lets requests between components come to an end: the last component of a chain answers
//! from a place that the ones before it cannot take.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::futures::OwnedNotified;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use jenny_stores::MAX_PERMITS;

/// A number of places that can be taken and given back.
struct Bundle {
    permits: Arc<Semaphore>,
    size: usize,
}

impl Bundle {
    fn new(size: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(size)),
            size,
        }
    }

    fn try_take(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.permits).try_acquire_owned().ok()
    }

    async fn take(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .expect("the semaphore is never closed")
    }

    fn taken(&self) -> usize {
        self.size.saturating_sub(self.permits.available_permits())
    }

    async fn close(&self) {
        if let Ok(permits) = self.permits.acquire_many(self.size as u32).await {
            permits.forget();
        }
    }
}

/// The places that all components of an application have in common.
pub(crate) struct CommonPlaces {
    places: Bundle,
    own: usize,
    share: usize,
    wanted: Arc<Wanted>,
}

impl CommonPlaces {
    /// Divides `max` places among that many `components`.
    pub(crate) fn new(max: usize, components: usize) -> Arc<Self> {
        let max = max.min(MAX_PERMITS);
        // A component that is alone has nobody to leave anything to.
        let alone = components <= 1;
        let own = usize::from(!alone && max >= components);
        let common = max - own * components;
        Arc::new(Self {
            places: Bundle::new(common),
            own,
            share: if alone { common } else { common.div_ceil(2) },
            wanted: Arc::default(),
        })
    }

    /// The places of one component.
    pub(crate) fn of_component(self: &Arc<Self>) -> Places {
        Places {
            own: Bundle::new(self.own),
            share: Bundle::new(self.share),
            common: Arc::clone(self),
            wanted: Arc::default(),
        }
    }

    /// How many are taken, those that are some component's own left out.
    pub(crate) fn taken(&self) -> usize {
        self.places.taken()
    }

    /// Waits until all are given back, and hands out no more.
    pub(crate) async fn close(&self) {
        self.places.close().await;
    }
}

/// The places that one component may take.
pub(crate) struct Places {
    own: Bundle,
    /// How many of the common places this component may have.
    share: Bundle,
    common: Arc<CommonPlaces>,
    wanted: Arc<Wanted>,
}

impl Places {
    /// Waits for a place, and makes idle instances give theirs up, but not for long.
    pub(crate) async fn take(&self, patience: Duration) -> Option<Place> {
        if let Some(own) = self.own.try_take() {
            return Some(self.place(own, None));
        }
        if let Some(share) = self.share.try_take()
            && let Some(common) = self.common.places.try_take()
        {
            return Some(self.place(share, Some(common)));
        }
        let _waiting = self.wanted.raise();
        let own = self.own.take();
        let common = async {
            let share = self.share.take().await;
            let _waiting = self.common.wanted.raise();
            (share, self.common.places.take().await)
        };
        let either = async {
            tokio::select! {
                own = own => self.place(own, None),
                (share, common) = common => self.place(share, Some(common)),
            }
        };
        tokio::time::timeout(patience, either).await.ok()
    }

    fn place(&self, own: OwnedSemaphorePermit, common: Option<OwnedSemaphorePermit>) -> Place {
        Place {
            wanted: Arc::clone(&self.wanted),
            common_wanted: common.is_some().then(|| Arc::clone(&self.common.wanted)),
            _permits: (own, common),
        }
    }

    /// The most that the component can have.
    pub(crate) fn max(&self) -> usize {
        self.own.size + self.share.size
    }

    /// How many of the component's own places are taken.
    pub(crate) fn own_taken(&self) -> usize {
        self.own.taken()
    }

    /// Waits until the component's own places are given back, and hands out no more of them.
    pub(crate) async fn close_own(&self) {
        self.own.close().await;
    }
}

/// One instance's place; dropping it gives it back.
pub(crate) struct Place {
    wanted: Arc<Wanted>,
    common_wanted: Option<Arc<Wanted>>,
    _permits: (OwnedSemaphorePermit, Option<OwnedSemaphorePermit>),
}

impl Place {
    /// Tells when somebody waits who could use this place.
    pub(crate) fn surrender(&self) -> Surrender {
        let common = self.common_wanted.iter();
        let wanted = std::iter::once(&self.wanted).chain(common);
        Surrender(wanted.map(|wanted| (Arc::clone(wanted), None)).collect())
    }
}

/// Whether anybody waits for places.
#[derive(Default)]
struct Wanted {
    waiting: AtomicUsize,
    idle: Arc<Notify>,
}

impl Wanted {
    fn raise(&self) -> Waiting<'_> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        // One idle instance for one who waits. If there is none, the next one to become idle
        // sees the count.
        self.idle.notify_one();
        Waiting(self)
    }
}

/// Somebody who waits, and may give up at any time.
struct Waiting<'a>(&'a Wanted);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

type Watched = (Arc<Wanted>, Option<Pin<Box<OwnedNotified>>>);

/// An idle instance's ear for those who wait for its place.
pub(crate) struct Surrender(Vec<Watched>);

impl Surrender {
    /// Ready when an idle instance should end.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        for (wanted, notified) in &mut self.0 {
            let notification =
                notified.get_or_insert_with(|| Box::pin(Arc::clone(&wanted.idle).notified_owned()));
            // This registers the instance, so it comes before the look at the count: whoever
            // begins to wait between the two wakes it.
            let told = notification.as_mut().poll(cx).is_ready();
            if wanted.waiting.load(Ordering::SeqCst) > 0 {
                return Poll::Ready(());
            }
            if told {
                // Whoever it was found a place meanwhile.
                *notified = None;
                cx.waker().wake_by_ref();
            }
        }
        Poll::Pending
    }

    /// To be called when the instance has work: what it was told goes to another that is idle.
    pub(crate) fn pass_on(&mut self) {
        for (_, notified) in &mut self.0 {
            *notified = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn take(places: &Places, wanted: usize) -> Vec<Place> {
        let mut taken = Vec::new();
        for _ in 0..wanted {
            taken.extend(places.take(Duration::ZERO).await);
        }
        taken
    }

    #[tokio::test]
    async fn one_component_leaves_half_and_many_leave_one_place_each() {
        let common = CommonPlaces::new(11, 3);
        let places = [(); 3].map(|()| common.of_component());

        let first = take(&places[0], 20).await;
        assert_eq!(first.len(), 1 + 4);
        let second = take(&places[1], 20).await;
        assert_eq!(second.len(), 1 + 4);
        let third = take(&places[2], 20).await;
        assert_eq!(third.len(), 1, "its own is left");

        drop(first);
        assert_eq!(take(&places[2], 20).await.len(), 4, "and then its share");
        assert_eq!(common.taken(), 4);
    }

    #[tokio::test]
    async fn no_more_are_handed_out_than_there_are() {
        for (max, components) in [(0, 1), (1, 1), (5, 1), (1, 3), (2, 3), (3, 3), (4, 3)] {
            let common = CommonPlaces::new(max, components);
            let mut all = Vec::new();
            for _ in 0..components {
                all.extend(take(&common.of_component(), 10).await);
            }
            assert_eq!(all.len(), max, "{max} places, {components} components");
        }
    }

    #[tokio::test]
    async fn an_idle_instance_hears_of_those_who_can_use_its_place() {
        let common = CommonPlaces::new(3, 2);
        let (one, other) = (common.of_component(), common.of_component());
        let held = take(&one, 2).await;
        let mut ears: Vec<Surrender> = held.iter().map(Place::surrender).collect();
        let mut poll = |ear: usize| {
            let mut cx = Context::from_waker(std::task::Waker::noop());
            ears[ear].poll(&mut cx).is_ready()
        };
        assert!(!poll(0) && !poll(1));

        let _own = take(&other, 1).await;
        let mut waits = std::pin::pin!(other.take(Duration::from_secs(60)));
        assert!(futures::poll!(waits.as_mut()).is_pending());

        assert!(!poll(0), "this one is the first component's own");
        assert!(poll(1), "this one is common");
    }
}
