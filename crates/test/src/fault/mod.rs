//! What goes wrong with the calls of the host, when a test wants it to.

mod answer;
mod rules;

use std::sync::Arc;
use std::time::Duration;

use crate::ledger::Call;

pub use self::answer::Odd;
pub(crate) use self::rules::Faults;

/// The message of every failure that a test injects, unless it has its own. It is internal, so no
/// answer may repeat it.
pub const FAULT: &str = "disk I/O error (injected by the test)";

/// Something that goes wrong with calls of the host: which ones, which of those, and what.
///
/// Without anything else said, every call that it is about fails, with [`FAULT`]; but for those whose
/// interface has no error to tell of ([`Call::can_fail`]).
///
/// ```no_run
/// use jenny_test::{Fault, TestApp};
///
/// # async fn example() {
/// // The second statement that reads notes never comes to an end.
/// let silent = Fault::on_statements_with("FROM notes").nth(2).hangs();
/// let app = TestApp::builder().fault(silent).build().await;
///
/// // From now on every other call of a key-value store fails, the same ones in every run.
/// app.inject(Fault::on_key_value().with_probability(0.5, 7));
/// // An instance that wants to commit is killed before it can.
/// app.inject(Fault::on(|call| call.statement() == Some("COMMIT")).kills_the_instance());
/// app.clear_faults();
/// # }
/// ```
#[derive(Clone)]
pub struct Fault {
    concerns: Arc<dyn Fn(&Call) -> bool + Send + Sync>,
    when: When,
    effect: Effect,
}

/// Which of the calls that a fault is about.
#[derive(Clone, Copy)]
enum When {
    Every,
    Nth(u64),
    First(u64),
    Probably { probability: f64, seed: u64 },
}

/// What becomes of a call.
#[derive(Clone)]
pub(crate) enum Effect {
    /// It fails; afterwards: it takes place, and its answer is lost on the way.
    Fails { message: String, afterwards: bool },
    /// It never comes to an end.
    Hangs,
    /// It takes this much of the application's time before it takes place.
    Slow(Duration),
    /// Others get so many turns before it takes place.
    Hesitates(usize),
    /// It does not take place, and is answered with this.
    Answers(Odd),
    /// It takes place, and of its rows or keys so many come before it fails.
    BreaksOff { after: usize, message: String },
    /// The instance ends before it takes place, or afterwards: before it is answered.
    Kills { afterwards: bool },
}

impl Fault {
    /// Concerns the calls that `concerns` says yes to. It sees them before they have an outcome.
    pub fn on(concerns: impl Fn(&Call) -> bool + Send + Sync + 'static) -> Self {
        Self {
            concerns: Arc::new(concerns),
            when: When::Every,
            effect: Effect::Fails {
                message: FAULT.to_owned(),
                afterwards: false,
            },
        }
    }

    /// Concerns every call.
    pub fn on_everything() -> Self {
        Self::on(|_| true)
    }

    /// Concerns every call of a database.
    pub fn on_sql() -> Self {
        Self::on(Call::is_sql)
    }

    /// Concerns every attempt to open a database.
    pub fn on_opening_a_database() -> Self {
        Self::on(|call| call.is_sql() && call.is_opening())
    }

    /// Concerns statements that have to read or write what a database keeps. What it answers without
    /// that still succeeds, as on a real connection whose disk is gone.
    pub fn on_storage() -> Self {
        Self::on(|call| call.statement().is_some_and(|text| !needs_no_storage(text)))
    }

    /// Concerns statements that contain this text.
    pub fn on_statements_with(text: impl Into<String>) -> Self {
        let text = text.into();
        Self::on(move |call| call.statement().is_some_and(|all| all.contains(&text)))
    }

    /// Concerns every call of an open key-value store.
    pub fn on_key_value() -> Self {
        Self::on(|call| call.is_key_value() && !call.is_opening())
    }

    /// Concerns calls of key-value stores that are about this key, alone or among others.
    pub fn on_key(key: impl Into<String>) -> Self {
        let key = key.into();
        Self::on(move |call| call.keys().contains(&key.as_str()))
    }

    /// Concerns requests to other hosts.
    pub fn on_http() -> Self {
        Self::on(Call::is_http)
    }

    /// Concerns questions for variables.
    pub fn on_variables() -> Self {
        Self::on(Call::is_variable)
    }

    /// Hits the nth of these calls alone, counted from 1.
    #[must_use]
    pub fn nth(mut self, n: u64) -> Self {
        self.when = When::Nth(n);
        self
    }

    /// Hits the first so many of these calls.
    #[must_use]
    pub fn first(mut self, calls: u64) -> Self {
        self.when = When::First(calls);
        self
    }

    /// Hits each of these calls with this probability, from 0 to 1. The seed decides which, so that
    /// the same calls meet the same fate in every run.
    #[must_use]
    pub fn with_probability(mut self, probability: f64, seed: u64) -> Self {
        self.when = When::Probably { probability, seed };
        self
    }

    /// Lets them fail with this message.
    #[must_use]
    pub fn fails_with(mut self, message: impl Into<String>) -> Self {
        self.effect = Effect::Fails {
            message: message.into(),
            afterwards: false,
        };
        self
    }

    /// Lets them take place and then fail, with [`FAULT`]: whoever called cannot know that they did.
    #[must_use]
    pub fn loses_the_answer(mut self) -> Self {
        self.effect = Effect::Fails {
            message: FAULT.to_owned(),
            afterwards: true,
        };
        self
    }

    /// Lets them never come to an end. They do not take place.
    #[must_use]
    pub fn hangs(mut self) -> Self {
        self.effect = Effect::Hangs;
        self
    }

    /// Lets them take this much longer, by the application's clock
    /// ([`TestApp::clock`](crate::TestApp::clock)), which the test has to move.
    #[must_use]
    pub fn slow(mut self, delay: Duration) -> Self {
        self.effect = Effect::Slow(delay);
        self
    }

    /// Lets other requests go on, for a while, before the call takes place. Without it a store in
    /// memory answers before any other request of the instance gets a turn.
    #[must_use]
    pub fn hesitates(mut self) -> Self {
        /// Enough for whatever else is going on in an instance.
        const TURNS: usize = 20;
        self.effect = Effect::Hesitates(TURNS);
        self
    }

    /// Has them answered so, without that they take place.
    #[must_use]
    pub fn answers(mut self, answer: Odd) -> Self {
        self.effect = Effect::Answers(answer);
        self
    }

    /// Lets so many rows of a result, or keys of a store, through, and then fails with [`FAULT`]. A call
    /// that is answered in one piece fails with a message that says so.
    #[must_use]
    pub fn breaks_off_after(mut self, items: usize) -> Self {
        self.effect = Effect::BreaksOff {
            after: items,
            message: FAULT.to_owned(),
        };
        self
    }

    /// Kills the calling instance before they take place, as a trap of its own would.
    #[must_use]
    pub fn kills_the_instance(mut self) -> Self {
        self.effect = Effect::Kills { afterwards: false };
        self
    }

    /// Kills the calling instance when they have taken place and it does not know it yet.
    #[must_use]
    pub fn kills_the_instance_afterwards(mut self) -> Self {
        self.effect = Effect::Kills { afterwards: true };
        self
    }
}

/// Whether a database answers from memory: a setting of the connection, or a query of no table.
fn needs_no_storage(statement: &str) -> bool {
    let reads_no_table = statement.starts_with("SELECT") && !statement.contains("FROM");
    reads_no_table
        || ["BEGIN", "ROLLBACK"].contains(&statement)
        || statement.starts_with("PRAGMA foreign_keys")
}

impl Effect {
    /// Whether a call can suffer it.
    fn is_possible_for(&self, call: &Call) -> bool {
        match self {
            Self::Fails { .. } => call.can_fail(),
            _ => true,
        }
    }

    /// What it does, for whoever reads a timeline.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Fails {
                afterwards: false, ..
            } => "fails".to_owned(),
            Self::Fails {
                afterwards: true, ..
            } => "loses the answer".to_owned(),
            Self::Hangs => "hangs".to_owned(),
            Self::Slow(delay) => format!("slow by {delay:?}"),
            Self::Hesitates(_) => "hesitates".to_owned(),
            Self::Answers(_) => "answers in its place".to_owned(),
            Self::BreaksOff { after, .. } => format!("breaks off after {after}"),
            Self::Kills { afterwards: false } => "kills the instance".to_owned(),
            Self::Kills { afterwards: true } => "kills the instance afterwards".to_owned(),
        }
    }
}
