//! What becomes of an application's instances: what they used, what they printed, how they ended.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jenny_host::{
    Failure, FailureKind, InstanceEnd, InstanceId, LogStream, Observer, RequestTag, Usage,
};
use tokio::sync::Notify;
use waiting::Waiting;

/// How long an instance that has failed may take until it is gone, or one that is no longer needed
/// until it has done what it still had to do.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// The instances of one application.
#[derive(Default)]
pub(crate) struct Watch {
    state: Mutex<State>,
    ended: Notify,
}

#[derive(Default)]
struct State {
    living: HashMap<u64, Living>,
    /// The requests whose answers were not read to their end.
    open: HashSet<RequestTag>,
    /// Those of which the test has seen that they failed.
    forgiven: HashSet<RequestTag>,
    used: HashMap<RequestTag, Used>,
    ends: Vec<BadEnd>,
}

/// An instance that exists.
#[derive(Default)]
struct Living {
    lines: Vec<String>,
    /// The requests that it took, and how many lines it had printed by then.
    taken: Vec<(RequestTag, usize)>,
    fuel_charged: u64,
}

/// What a request has used, in all the instances that answered it or a part of it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Used {
    pub(crate) fuel: Option<u64>,
    pub(crate) memory_bytes: usize,
}

/// A failure of an instance or a request that nobody has been told of yet, or that somebody has.
#[derive(Clone)]
pub(crate) struct BadEnd {
    pub(crate) component: String,
    /// `None` when there was no instance, or it lives on.
    pub(crate) instance: Option<u64>,
    pub(crate) requests: Vec<RequestTag>,
    pub(crate) failure: Failure,
    /// What the instance printed since the first of the requests.
    pub(crate) log: Vec<String>,
    told: bool,
}

impl BadEnd {
    /// Whether the test did it: capabilities that it put in place ended the instance.
    pub(crate) fn is_the_tests(&self) -> bool {
        self.failure.kind == FailureKind::Killed
    }
}

impl Watch {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What went wrong while `request` was answered, the cause of all first; nothing if it was the
    /// test that did it.
    async fn failure_of(&self, request: RequestTag) -> Option<BadEnd> {
        let cause = self
            .wait_until("the end of an instance that failed", |state| {
                state.cause(request)
            })
            .await;
        match cause {
            Some(cause) => cause,
            // The instance does not end. What is known has to do.
            None => self.state().first(request),
        }
    }

    /// Failures that no request was told of: of what instances did after their answers, or of
    /// requests that nobody waited for.
    pub(crate) fn untold(&self) -> Vec<BadEnd> {
        let mut state = self.state();
        let untold = state.ends.iter_mut().filter(|end| !end.told);
        untold
            .filter_map(|end| {
                end.told = true;
                (!end.is_the_tests()).then(|| end.clone())
            })
            .collect()
    }

    /// From now on until the result is dropped, `request` is under way.
    pub(crate) fn open(self: &Arc<Self>, request: RequestTag) -> Watched {
        self.state().open.insert(request);
        Watched {
            watch: Arc::clone(self),
            request,
        }
    }

    /// Waits until no instance is left, and says whether that came to be.
    pub(crate) async fn all_ended(&self) -> bool {
        let ended = self.wait_until("the end of all instances", |state| {
            state.living.is_empty().then_some(())
        });
        ended.await.is_some()
    }

    /// What `request` has used, as far as instances that have ended or taken another request tell.
    pub(crate) fn used(&self, request: RequestTag) -> Option<Used> {
        self.state().used.get(&request).copied()
    }

    async fn wait_until<T>(
        &self,
        what: &str,
        mut look: impl FnMut(&mut State) -> Option<T>,
    ) -> Option<T> {
        let waiting = async {
            // Almost always there is nothing to wait for.
            let mut telling = None;
            loop {
                let ended = self.ended.notified();
                if let Some(found) = look(&mut self.state()) {
                    return found;
                }
                telling.get_or_insert_with(|| Waiting::on(what));
                ended.await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.ok()
    }
}

/// A request that is under way.
pub(crate) struct Watched {
    watch: Arc<Watch>,
    request: RequestTag,
}

impl Watched {
    /// The test has seen that the answer broke off, and wants to know no more.
    pub(crate) fn forgive(&self) {
        let mut state = self.watch.state();
        state.forgiven.insert(self.request);
        for end in state.of(self.request) {
            end.told = true;
        }
    }

    /// What went wrong with it, once its answer was read as far as there is one.
    pub(crate) async fn failure(&self) -> Option<BadEnd> {
        self.watch.failure_of(self.request).await
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.watch.state().open.remove(&self.request);
    }
}

impl State {
    fn of(&mut self, request: RequestTag) -> impl Iterator<Item = &mut BadEnd> {
        let ends = self.ends.iter_mut();
        ends.filter(move |end| end.requests.contains(&request))
    }

    /// The cause of what went wrong with `request`; inside, `None` if nothing did. Outside, `None`
    /// as long as it is not known.
    fn cause(&mut self, request: RequestTag) -> Option<Option<BadEnd>> {
        let announced = |end: &BadEnd| end.failure.kind == FailureKind::InstanceFailed;
        let (mut awaited, mut known) = (false, false);
        for end in self.of(request) {
            match announced(end) {
                true => awaited = true,
                false => known = true,
            }
        }
        if awaited && !known && self.is_taken(request) {
            return None;
        }
        Some(self.first(request))
    }

    /// Whether an instance lives that took `request`, and so may still say how it ends. One that a panic
    /// of the host ends while it starts never took any.
    fn is_taken(&self, request: RequestTag) -> bool {
        let mut taken = self.living.values().flat_map(|living| &living.taken);
        taken.any(|(tag, _)| *tag == request)
    }

    /// The first failure that has to do with `request`, unless the test caused one of them.
    fn first(&mut self, request: RequestTag) -> Option<BadEnd> {
        let mut ends: Vec<BadEnd> = Vec::new();
        for end in self.of(request) {
            end.told = true;
            ends.push(end.clone());
        }
        if ends.iter().any(BadEnd::is_the_tests) {
            return None;
        }
        // What an instance says of its own end says more than what is said of the request.
        ends.sort_by_key(|end| end.instance.is_none());
        ends.into_iter().next()
    }

    fn note_end(&mut self, instance: &InstanceId<'_>, mut living: Living, failure: &Failure) {
        living.taken.retain(|(tag, _)| self.open.contains(tag));
        let before = living.taken.iter().map(|(_, printed)| *printed).min();
        let requests: Vec<RequestTag> = living.taken.iter().map(|(tag, _)| *tag).collect();
        // Requests that were given up are told of that at once, and their instance ends later; and
        // who leaves wants to know nothing.
        let told = match requests.is_empty() {
            true => failure.kind == FailureKind::TimedOut,
            false => requests.iter().all(|tag| self.forgiven.contains(tag)),
        };
        self.ends.push(BadEnd {
            component: instance.component.to_owned(),
            instance: Some(instance.number),
            requests,
            failure: failure.clone(),
            log: living.lines.split_off(before.unwrap_or_default()),
            told,
        });
    }

    /// Charges what an instance used since it was last looked at to the request that it took last.
    fn charge(&mut self, number: u64, usage: Usage) {
        let Some(living) = self.living.get_mut(&number) else {
            return;
        };
        let fuel = usage.fuel.unwrap_or_default();
        let since = fuel.saturating_sub(living.fuel_charged);
        if let Some((request, _)) = living.taken.last() {
            living.fuel_charged = fuel;
            let request = *request;
            let used = self.used.entry(request).or_default();
            used.fuel = usage.fuel.map(|_| used.fuel.unwrap_or_default() + since);
            used.memory_bytes = used.memory_bytes.max(usage.memory_bytes);
        }
    }
}

impl Observer for Watch {
    fn instance_started(&self, instance: InstanceId<'_>) {
        let living = Living::default();
        self.state().living.insert(instance.number, living);
    }

    fn request_taken(&self, instance: InstanceId<'_>, request: Option<RequestTag>, usage: Usage) {
        let mut state = self.state();
        state.charge(instance.number, usage);
        if let Some(living) = state.living.get_mut(&instance.number) {
            let printed = living.lines.len();
            living.taken.extend(request.map(|tag| (tag, printed)));
        }
    }

    fn line_printed(&self, instance: InstanceId<'_>, _stream: LogStream, line: &str) {
        let mut state = self.state();
        // What an instance prints while it starts is kept until it has.
        let living = state.living.entry(instance.number).or_default();
        living.lines.push(line.to_owned());
    }

    fn request_failed(&self, component: &str, request: Option<RequestTag>, failure: &Failure) {
        let end = BadEnd {
            component: component.to_owned(),
            instance: None,
            requests: request.into_iter().collect(),
            failure: failure.clone(),
            log: Vec::new(),
            told: false,
        };
        self.state().ends.push(end);
        self.ended.notify_waiters();
    }

    fn instance_ended(&self, end: &InstanceEnd<'_>) {
        let mut state = self.state();
        state.charge(end.instance.number, end.usage);
        let living = state.living.remove(&end.instance.number);
        if let Some(failure) = &end.failure {
            state.note_end(&end.instance, living.unwrap_or_default(), failure);
        }
        drop(state);
        self.ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    const TAG: RequestTag = RequestTag(1);
    const INSTANCE: InstanceId<'_> = InstanceId {
        component: "guest",
        number: 1,
    };

    fn failed() -> Failure {
        Failure::new(FailureKind::InstanceFailed, "its instance failed")
    }

    #[tokio::test]
    async fn an_instance_that_never_took_the_request_is_not_waited_for() {
        let watch = Watch::default();

        watch.request_failed("guest", Some(TAG), &failed());

        let end = watch.failure_of(TAG).now_or_never();
        let end = end.expect("there is nothing to wait for");
        assert_eq!(end.expect("it failed").failure, failed());
    }

    #[tokio::test]
    async fn an_instance_that_took_it_says_first_how_it_ended() {
        let watch = Watch::default();
        watch.instance_started(INSTANCE);
        watch.request_taken(INSTANCE, Some(TAG), Usage::default());

        watch.request_failed("guest", Some(TAG), &failed());

        assert!(watch.failure_of(TAG).now_or_never().is_none());
    }
}
