//! Everything that an application's components ask of their host, in order.

mod call;
mod calls;
mod of_request;
mod secret;
mod timeline;
mod value;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http::StatusCode;
use jenny_host::{Caller, RequestTag};

pub use self::call::{
    Call, HostCall, KeyValueCall, MqttCall, Outcome, RedisCall, SqlCall, SqlKind,
};
pub use self::calls::Calls;
pub(crate) use self::of_request::CallsOfRequest;
pub(crate) use self::secret::{without_password, without_secrets};
pub use self::value::SqlValue;

/// How many of its last requests an application shows when its test fails.
const SHOWN_REQUESTS: u64 = 5;

/// What happened in one application, and in which order.
#[derive(Default)]
pub(crate) struct Ledger {
    requests: AtomicU64,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    kept: Vec<Entry>,
    /// How many there were before those.
    forgotten: usize,
}

enum Entry {
    /// A request began.
    Sent {
        request: RequestTag,
        summary: String,
    },
    /// The head of its answer was there.
    Answered {
        request: RequestTag,
        status: StatusCode,
    },
    /// A component printed a line.
    Line {
        component: String,
        line: String,
    },
    Call(Box<Call>),
}

impl Ledger {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request begins; what it is called from now on.
    pub(crate) fn sent(&self, summary: String) -> RequestTag {
        let request = RequestTag(self.requests.fetch_add(1, Ordering::Relaxed) + 1);
        self.entries().kept.push(Entry::Sent { request, summary });
        request
    }

    pub(crate) fn answered(&self, request: RequestTag, status: StatusCode) {
        self.entries()
            .kept
            .push(Entry::Answered { request, status });
    }

    pub(crate) fn printed(&self, component: &str, line: &str) {
        self.entries().kept.push(Entry::Line {
            component: component.to_owned(),
            line: line.to_owned(),
        });
    }

    /// A call begins. What `decide` says of it is decided in the order in which calls are written
    /// down, also when they come from several threads.
    pub(crate) fn called<T>(
        self: &Arc<Self>,
        mut call: Call,
        decide: impl FnOnce(&mut Call) -> T,
    ) -> (Recording, T) {
        let mut entries = self.entries();
        let decided = decide(&mut call);
        entries.kept.push(Entry::Call(Box::new(call)));
        let recording = Recording {
            place: entries.forgotten + entries.kept.len() - 1,
            ledger: Arc::clone(self),
            start: Instant::now(),
        };
        (recording, decided)
    }

    /// How many entries there have been: more as long as something happens.
    pub(crate) fn length(&self) -> usize {
        let entries = self.entries();
        entries.forgotten + entries.kept.len()
    }

    pub(crate) fn clear(&self) {
        let mut entries = self.entries();
        entries.forgotten += entries.kept.len();
        entries.kept.clear();
    }

    /// The calls that `wanted` wants.
    pub(crate) fn calls(&self, wanted: impl Fn(&Call) -> bool) -> Calls {
        let entries = self.entries();
        let calls = entries.kept.iter().filter_map(|entry| match entry {
            Entry::Call(call) if wanted(call) => Some(Call::clone(call)),
            _ => None,
        });
        calls.collect()
    }

    /// Everything about the last requests, as a text of many lines.
    pub(crate) fn recent(&self) -> String {
        let last = self.requests.load(Ordering::Relaxed);
        timeline::since(
            &self.entries().kept,
            last.saturating_sub(SHOWN_REQUESTS - 1),
        )
    }
}

/// The beginning of a call, as somebody's wrapper sees it.
pub(crate) fn begun(what: HostCall) -> Call {
    let caller = Caller::current();
    let unattributed = caller
        .as_ref()
        .is_some_and(|caller| caller.request.is_none() && !caller.starting);
    let (component, instance, request) = match caller {
        Some(caller) => (caller.component, caller.instance, caller.request),
        None => ("?".into(), 0, None),
    };
    Call {
        what,
        outcome: Outcome::Unanswered,
        injected: None,
        component,
        instance,
        request,
        unattributed,
        took: Duration::ZERO,
    }
}

/// A call that has been written down, for what becomes of it.
#[derive(Clone)]
pub(crate) struct Recording {
    ledger: Arc<Ledger>,
    place: usize,
    start: Instant,
}

impl Recording {
    fn change(&self, change: impl FnOnce(&mut Call)) {
        let mut entries = self.ledger.entries();
        // What has been forgotten meanwhile is told nothing.
        let place = self.place.checked_sub(entries.forgotten);
        if let Some(Entry::Call(call)) = place.and_then(|place| entries.kept.get_mut(place)) {
            change(call);
        }
    }

    pub(crate) fn ended(&self, outcome: Outcome) {
        let took = self.start.elapsed();
        self.change(|call| {
            call.outcome = outcome;
            call.took = took;
        });
    }

    /// What is to be known of an answer shows only later.
    pub(crate) fn continued(&self, outcome: Outcome) {
        self.change(|call| call.outcome = outcome);
    }
}

/// Shows what happened when the test fails while it has the application.
pub(crate) struct ShownOnFailure(pub(crate) Arc<Ledger>);

impl Drop for ShownOnFailure {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{}", self.0.recent());
        }
    }
}
