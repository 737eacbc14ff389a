//! A scenario, once for each call of the host that it makes, with that call going wrong.

use std::fmt::{self, Display};

use crate::app::TestApp;
use crate::builder::TestAppBuilder;
use crate::fault::Fault;
use crate::ledger::{Call, Calls};

/// Names one run, such as `fails 7`, to have it alone.
const ONE_RUN: &str = "JENNY_EVERY_CALL";

/// Runs a scenario again and again, each time in a fresh application and with another one of its host
/// calls going wrong, and looks each time whether what must hold does.
///
/// First nothing goes wrong. Then each call that can fail [does](Mishap::Fails), and each
/// [kills the instance](Mishap::KillsTheInstance) that makes it; and each call that may change
/// something, which is every one that does not just read, takes place and has its
/// [answer lost](Mishap::LosesTheAnswer), or
/// [kills the instance afterwards](Mishap::KillsTheInstanceAfterwards).
///
/// ```no_run
/// use jenny_test::{EveryCall, Hit, TestApp, TestResponse};
/// use serde_json::json;
///
/// # async fn example() {
/// let write = async |app: &TestApp, (): &()| {
///     app.post("/api/notes").json(&json!({ "text": "Remember" })).send().await
/// };
/// let whole_or_absent = async |app: &TestApp, (): &(), answer: TestResponse, hit: &Hit| {
///     let notes = app.sql("SELECT count(*) FROM notes").await;
///     if answer.status == 201 {
///         assert_eq!(notes, [[1]], "{hit}: it was answered");
///     }
/// };
/// EveryCall::of(TestApp::builder)
///     .check(async |_| (), write, whole_or_absent)
///     .await;
/// # }
/// ```
///
/// # When it fails
///
/// The message names the run, and shows what the application was asked and did, with a `!` before the
/// call that went wrong. With the environment variable `JENNY_EVERY_CALL` set to that name, only this
/// run takes place, beside the one in which nothing goes wrong.
pub struct EveryCall<'a> {
    app: Box<dyn Fn() -> TestAppBuilder + 'a>,
    mishaps: Vec<Mishap>,
}

/// How a call goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// It fails, and has not taken place.
    Fails,
    /// It takes place, and whoever called is told that it failed.
    LosesTheAnswer,
    /// The calling instance ends before it takes place.
    KillsTheInstance,
    /// It takes place, and the calling instance ends before it knows.
    KillsTheInstanceAfterwards,
}

/// What went wrong in one run.
#[derive(Debug, Clone)]
pub struct Hit(Option<(Mishap, usize, Call)>);

/// What an [`EveryCall`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Checked {
    /// How many calls of the host the scenario makes when nothing goes wrong.
    pub calls: usize,
    /// How often it ran.
    pub runs: usize,
}

impl<'a> EveryCall<'a> {
    /// Of a scenario in applications that are made so.
    pub fn of(app: impl Fn() -> TestAppBuilder + 'a) -> Self {
        Self {
            app: Box::new(app),
            mishaps: Mishap::ALL.to_vec(),
        }
    }

    /// Lets calls go wrong only so.
    ///
    /// # Panics
    ///
    /// When there is no mishap among `mishaps`: nothing would go wrong.
    #[must_use]
    #[track_caller]
    pub fn only(mut self, mishaps: &[Mishap]) -> Self {
        assert!(
            !mishaps.is_empty(),
            "no mishap is named, so no call would go wrong"
        );
        self.mishaps = mishaps.to_vec();
        self
    }

    /// Runs `scenario` after `prepare`, in which nothing goes wrong, and then `invariant`, when
    /// nothing goes wrong any longer. The scenario is given what `prepare` returned, the invariant
    /// also what the scenario did and what had gone wrong.
    ///
    /// # Panics
    ///
    /// When the invariant or the scenario does; when a component traps because a call failed; when the
    /// scenario makes no call at all, or other calls when it runs again; when `JENNY_EVERY_CALL` names no
    /// run.
    pub async fn check<P, A>(
        &self,
        prepare: impl AsyncFn(&TestApp) -> P,
        scenario: impl AsyncFn(&TestApp, &P) -> A,
        invariant: impl AsyncFn(&TestApp, &P, A, &Hit),
    ) -> Checked {
        let run = async |hit: &Hit| -> Calls {
            let app = (self.app)().build().await;
            let prepared = prepare(&app).await;
            app.settling.settle().await;
            app.clear_calls();
            if let Some(fault) = hit.fault() {
                app.inject(fault);
            }
            let shown = ShownOnFailure(hit);
            let answer = scenario(&app, &prepared).await;
            app.settling.settle().await;
            app.clear_faults();
            let calls = app.calls();
            hit.assert_met(&calls);
            invariant(&app, &prepared, answer, hit).await;
            // What is found out when the application goes is part of the run.
            drop(prepared);
            drop(app);
            drop(shown);
            calls
        };
        let calls = run(&Hit(None)).await;
        assert!(!calls.is_empty(), "the scenario makes no call of the host");
        let mut checked = Checked {
            calls: calls.len(),
            runs: 1,
        };
        let hits = chosen(self.hits(&calls), std::env::var(ONE_RUN).ok().as_deref());
        for hit in hits {
            run(&hit).await;
            checked.runs += 1;
        }
        checked
    }

    /// What goes wrong in turn in a scenario that makes these calls.
    fn hits(&self, calls: &Calls) -> Vec<Hit> {
        let mut hits = Vec::new();
        for &mishap in &self.mishaps {
            for (number, call) in (1..).zip(calls) {
                if mishap.makes_a_difference_to(call) {
                    hits.push(Hit(Some((mishap, number, call.clone()))));
                }
            }
        }
        hits
    }
}

/// The one of them that is to be had alone, if one is.
fn chosen(mut hits: Vec<Hit>, name: Option<&str>) -> Vec<Hit> {
    if let Some(name) = name {
        let names: Vec<String> = hits.iter().map(Hit::name).collect();
        hits.retain(|hit| hit.name() == name);
        assert!(
            !hits.is_empty(),
            "{ONE_RUN} is {name:?}, and the scenario has no such run; it has {}",
            names.join(", ")
        );
    }
    hits
}

impl Mishap {
    const ALL: [Self; 4] = [
        Self::Fails,
        Self::LosesTheAnswer,
        Self::KillsTheInstance,
        Self::KillsTheInstanceAfterwards,
    ];

    /// Whether the instance ends.
    pub fn kills(self) -> bool {
        matches!(
            self,
            Self::KillsTheInstance | Self::KillsTheInstanceAfterwards
        )
    }

    /// Whether a call can go wrong so, and that is something else than another mishap.
    fn makes_a_difference_to(self, call: &Call) -> bool {
        match self {
            Self::Fails => call.can_fail(),
            Self::KillsTheInstance => true,
            Self::LosesTheAnswer => call.can_fail() && !call.only_reads(),
            Self::KillsTheInstanceAfterwards => !call.only_reads(),
        }
    }
}

impl Display for Mishap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fails => "fails",
            Self::LosesTheAnswer => "loses-its-answer",
            Self::KillsTheInstance => "kills",
            Self::KillsTheInstanceAfterwards => "kills-afterwards",
        })
    }
}

impl Hit {
    /// How the call went wrong; `None` in the run in which none does.
    pub fn mishap(&self) -> Option<Mishap> {
        self.0.as_ref().map(|(mishap, ..)| *mishap)
    }

    /// The call as it was when nothing went wrong.
    pub fn call(&self) -> Option<&Call> {
        self.0.as_ref().map(|(.., call)| call)
    }

    fn name(&self) -> String {
        match &self.0 {
            Some((mishap, number, _)) => format!("{mishap} {number}"),
            None => "nothing".to_owned(),
        }
    }

    fn fault(&self) -> Option<Fault> {
        let (mishap, number, _) = self.0.as_ref()?;
        let fault = Fault::on_everything().nth(*number as u64);
        Some(match mishap {
            Mishap::Fails => fault,
            Mishap::LosesTheAnswer => fault.loses_the_answer(),
            Mishap::KillsTheInstance => fault.kills_the_instance(),
            Mishap::KillsTheInstanceAfterwards => fault.kills_the_instance_afterwards(),
        })
    }

    /// Asserts that the call was made that was to go wrong.
    #[track_caller]
    fn assert_met(&self, calls: &Calls) {
        let Some((_, number, expected)) = &self.0 else {
            return;
        };
        let met = calls.iter().nth(number - 1);
        assert!(
            met.is_some_and(|call| is_like(call, expected) && call.injected.is_some()),
            "the scenario makes other calls when it runs again: as number {number} {expected} was \
             expected, and the calls were\n{calls}"
        );
    }
}

impl Display for Hit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => f.write_str("nothing went wrong"),
            Some((_, _, call)) => write!(f, "{}: {}", self.name(), call.what),
        }
    }
}

/// Whether two calls are the same but for what differs from one application to the next: the name of
/// its database, what it draws by chance.
fn is_like(call: &Call, other: &Call) -> bool {
    let features = |call: &Call| {
        let kinds = [
            call.is_opening(),
            call.is_sql(),
            call.is_key_value(),
            call.is_variable(),
            call.is_http(),
            call.is_redis(),
            call.is_mqtt(),
        ];
        (call.component.clone(), kinds)
    };
    features(call) == features(other) && call.statement() == other.statement()
}

/// Says in which run the test failed, if it does.
struct ShownOnFailure<'a>(&'a Hit);

impl Drop for ShownOnFailure<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        println!(
            "every call of the host goes wrong in turn, and now: {}",
            self.0
        );
        if self.0.mishap().is_some() {
            let thread = std::thread::current();
            let test = thread.name().unwrap_or("the test");
            println!("this run alone: {ONE_RUN}='{}', {test}", self.0.name());
        }
    }
}
