//! What a test must not leave behind: requests that nobody sends, awaits or reads to their end.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::io::Write as _;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::runtime::{Handle, RuntimeFlavor};

use crate::failure;
use crate::outbound::Outbound;
use crate::watch::Watch;

/// Where somebody's line of a test is.
pub(crate) type Line = &'static Location<'static>;

/// The requests of one application that have begun and not ended.
#[derive(Default)]
pub(crate) struct OpenRequests(Mutex<State>);

#[derive(Default)]
struct State {
    next: u64,
    running: BTreeMap<u64, String>,
    /// What went wrong where nobody may see a panic: tokio keeps those of a task that is dropped.
    unseen: Vec<String>,
}

impl OpenRequests {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fail(&self, sentence: String) {
        if !thread::panicking() && tokio::task::try_id().is_some() {
            self.state().unseen.push(sentence.clone());
        }
        fail(&sentence);
    }
}

/// How far a request has got.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Unsent,
    Unawaited,
    Running,
    Unread,
    Done,
}

/// One request from its first line in the test to the end of its answer. Dropped before that, it
/// fails the test with a sentence.
pub(crate) struct OpenRequest {
    all: Arc<OpenRequests>,
    number: Option<u64>,
    request: Summary,
    stage: Stage,
    may_be_abandoned: bool,
}

/// A request's method and path, and the line where it was made.
#[derive(Clone)]
pub(crate) struct Summary {
    pub(crate) text: String,
    pub(crate) line: Line,
}

impl Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.text, self.line)
    }
}

impl OpenRequest {
    #[track_caller]
    pub(crate) fn new(all: &Arc<OpenRequests>, text: String) -> Self {
        let request = Summary {
            text,
            line: Location::caller(),
        };
        Self {
            all: Arc::clone(all),
            number: None,
            request,
            stage: Stage::Unsent,
            may_be_abandoned: false,
        }
    }

    pub(crate) fn request(&self) -> &Summary {
        &self.request
    }

    pub(crate) fn rename(&mut self, text: String) {
        self.request.text = text;
    }

    pub(crate) fn allow_abandoning(&mut self) {
        self.may_be_abandoned = true;
    }

    /// `send()` was called.
    pub(crate) fn sent(&mut self) {
        self.stage = Stage::Unawaited;
    }

    /// Somebody waits for the answer.
    pub(crate) fn running(&mut self) {
        self.stage = Stage::Running;
        if self.may_be_abandoned {
            return;
        }
        let mut all = self.all.state();
        all.next += 1;
        let number = all.next;
        all.running.insert(number, self.request.to_string());
        self.number = Some(number);
    }

    /// The head of the answer is there.
    pub(crate) fn answered(&mut self) {
        self.stage = Stage::Unread;
    }

    /// The answer was read to its end, or given up on purpose.
    pub(crate) fn done(&mut self) {
        self.stage = Stage::Done;
    }

    /// The same request as its own task sees it. What becomes of the task is told by `self`.
    pub(crate) fn of_task(&self) -> Self {
        Self {
            all: Arc::clone(&self.all),
            number: None,
            request: self.request.clone(),
            stage: self.stage,
            may_be_abandoned: true,
        }
    }
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.all.state().running.remove(&number);
        }
        if self.may_be_abandoned {
            return;
        }
        let request = &self.request;
        let sentence = match self.stage {
            Stage::Done => return,
            Stage::Unsent => format!(
                "{request} was built and never sent: add `.send().await`, or \
                 `.may_be_abandoned()` if that is the point"
            ),
            Stage::Unawaited => format!(
                "{request} was sent and never awaited, so it never left: add `.await`, or \
                 `.may_be_abandoned()` if that is the point"
            ),
            Stage::Running => format!(
                "{request} was dropped before it was answered: await it, or say \
                 `.may_be_abandoned()` if its caller is to leave"
            ),
            Stage::Unread => format!(
                "the answer to {request} was not read to its end: add `.read_to_end().await`, or \
                 `.abandon()` if its caller is to leave"
            ),
        };
        self.all.fail(sentence);
    }
}

/// Fails the test when its application goes and something is left: requests that still run,
/// expectations that were not met, calls that nobody expected, components that failed unseen.
pub(crate) struct Leftovers {
    pub(crate) requests: Arc<OpenRequests>,
    pub(crate) outbound: Outbound,
    pub(crate) watch: Arc<Watch>,
}

impl Leftovers {
    pub(crate) fn new(outbound: Outbound, watch: Arc<Watch>) -> Self {
        Self {
            requests: Arc::default(),
            outbound,
            watch,
        }
    }

    fn complaints(&self) -> Vec<String> {
        let requests = self.requests.state();
        let running = requests.running.values().map(|request| {
            format!("the application was dropped while a request was still running: {request}")
        });
        let mut complaints: Vec<String> = running.chain(requests.unseen.clone()).collect();
        complaints.extend(self.outbound.complaints());
        complaints.extend(self.watch.untold().iter().map(failure::report));
        complaints
    }
}

impl Drop for Leftovers {
    fn drop(&mut self) {
        let complaints = self.complaints();
        if complaints.is_empty() {
            return;
        }
        fail(&complaints.join("\n\n"));
    }
}

/// Fails the test that is running, unless it fails already.
fn fail(text: &str) {
    if thread::panicking() {
        eprintln!("{text}");
    } else if is_past_the_test() {
        // Past what is captured, too, which would never be shown.
        _ = writeln!(std::io::stderr(), "{text}");
        std::process::exit(FAILED);
    } else {
        panic!("{text}");
    }
}

/// What a program of tests ends with when one of them failed.
const FAILED: i32 = 101;

/// Whether this is a task that its runtime drops because the test is over: the test has succeeded,
/// and tokio keeps the task's panic to itself. Only of a runtime with one thread is it known that the
/// test did not fail.
fn is_past_the_test() -> bool {
    let (Some(_), Ok(runtime)) = (tokio::task::try_id(), Handle::try_current()) else {
        return false;
    };
    // A runtime that closes takes no further task.
    let probe = runtime.spawn(std::future::pending::<()>());
    let closes = probe.is_finished();
    probe.abort();
    closes && runtime.runtime_flavor() == RuntimeFlavor::CurrentThread
}
