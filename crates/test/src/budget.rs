//! What requests may cost, kept in a file that is reviewed like any other.

mod file;
mod measure;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Deserialize;

use self::file::{File, Headroom, grouped};
pub use self::measure::Turn;
use crate::app::TestApp;
use crate::package;
use crate::response::TestResponse;

/// Set to `1` by `cargo jenny test --update-budgets`.
const UPDATE_VARIABLE: &str = "JENNY_UPDATE_BUDGETS";

/// Set to `1`, as CI sets it, where budgets that nobody has recorded are a failure.
const REQUIRE_VARIABLE: &str = "JENNY_REQUIRE_BUDGETS";

/// Names the file in which `cargo jenny test --update-budgets` wants to read which files were written.
const WRITTEN_VARIABLE: &str = "JENNY_BUDGETS_WRITTEN";

/// What one request cost, in numbers that noise does not move: the same request of the same component
/// costs the same on any machine, however busy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// How much the components computed, in wasmtime's fuel: about one for each instruction. An
    /// instance that was started for the request is included, and so is what it did after the answer.
    pub fuel: u64,
    /// The linear memory, in bytes, of the largest instance that had to do with the request.
    pub memory_bytes: u64,
    /// How many [`calls`](crate::TestApp::calls) of the host there were.
    pub calls: u64,
}

impl TestApp {
    /// Lets all instances end, so that each component meets its next request in a new one: what it
    /// kept in memory is gone, what it keeps in its stores is there.
    ///
    /// # Panics
    ///
    /// When an instance does not come to an end.
    pub async fn restart_instances(&self) {
        self.app.retire_instances();
        assert!(
            self.leftovers.watch.all_ended().await,
            "an instance is still at work"
        );
    }

    /// What the request of `response` cost. Instances are asked to end for that, so that the next
    /// request meets a new one.
    ///
    /// To be exact, requests are sent one at a time, on stores in memory, to an application that is
    /// [metered](crate::TestAppBuilder::metered).
    ///
    /// ```no_run
    /// # async fn example() {
    /// let app = jenny_test::TestApp::builder().metered().build().await;
    /// let first = app.get("/health/ready").send().await;
    /// let second = app.get("/health/ready").send().await;
    /// // The first one had to start an instance.
    /// assert!(app.cost_of(&first).await.fuel > app.cost_of(&second).await.fuel);
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// When the application is not metered, when no component of it answered, or when an instance
    /// does not come to an end.
    pub async fn cost_of(&self, response: &TestResponse) -> Cost {
        self.restart_instances().await;
        let used = self
            .leftovers
            .watch
            .used(response.tag())
            .unwrap_or_else(|| {
                panic!("no component answered {}", response.request);
            });
        let Some(fuel) = used.fuel else {
            panic!("what a request costs is known where `TestAppBuilder::metered` was asked for");
        };
        Cost {
            fuel,
            memory_bytes: used.memory_bytes as u64,
            calls: response.calls().len() as u64,
        }
    }
}

/// Budgets of a component and its requests.
///
/// One test measures everything that a file has a budget for and then [`finish`](Self::finish)es, which
/// fails with the old and the new numbers of whatever costs more than its budget and the headroom that
/// the file grants, or much less. `cargo jenny test --update-budgets` writes the file anew instead; the
/// change is then there to be reviewed.
///
/// Where there is no such file yet, nothing was decided that could be broken: `finish` says on the
/// terminal how to write it, and fails only if the environment variable `JENNY_REQUIRE_BUDGETS` is `1`.
///
/// ```no_run
/// use jenny_test::{Budgets, TestApp};
///
/// # async fn example() {
/// let app = TestApp::builder().only("health").metered().await;
/// let mut budgets = Budgets::open("../functions/health/budgets.toml");
/// budgets.component(&app, "health");
/// for name in ["GET /health/live", "GET /health/ready"] {
///     let path = &name["GET ".len()..];
///     budgets.measure(&app, name, 200, |app, _| app.get(path)).await;
/// }
/// budgets.finish();
/// # }
/// ```
#[must_use = "budgets are compared when they are finished"]
pub struct Budgets {
    path: PathBuf,
    text: String,
    file: File,
    /// Whether somebody has written budgets into the file.
    recorded: bool,
    mode: Mode,
    requests: BTreeMap<String, Cost>,
    components: BTreeMap<String, u64>,
    /// Those that a request is to be measured of, and has not been yet.
    unmeasured_routes: BTreeSet<String>,
    finished: bool,
}

/// What becomes of what was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// It is compared, where there is something to compare it with.
    Compare,
    /// It is compared, and a file that is not there is a failure.
    Require,
    /// It is written.
    Update,
}

impl Mode {
    fn of_environment() -> Self {
        let is_set = |name| std::env::var_os(name).is_some_and(|value| value == "1");
        match (is_set(UPDATE_VARIABLE), is_set(REQUIRE_VARIABLE)) {
            (true, _) => Self::Update,
            (false, true) => Self::Require,
            (false, false) => Self::Compare,
        }
    }
}

/// Several files may be written by tests of one process.
fn writing() -> MutexGuard<'static, ()> {
    static WRITING: Mutex<()> = Mutex::new(());
    WRITING.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Budgets {
    /// Reads the budgets in a file, by its path from the tested package's folder. There need be none
    /// yet.
    ///
    /// # Panics
    ///
    /// When the file cannot be read, or is not one of budgets; the message says where.
    #[track_caller]
    pub fn open(path: impl AsRef<Path>) -> Self {
        Self::open_to(path.as_ref(), Mode::of_environment())
    }

    #[track_caller]
    fn open_to(path: &Path, mode: Mode) -> Self {
        let path = package::resolve(path);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => panic!("{} cannot be read: {error}", path.display()),
        };
        let file = File::parse(&text).unwrap_or_else(|error| {
            panic!("{} is not a file of budgets: {error}", path.display());
        });
        Self {
            path,
            recorded: !file.requests.is_empty() || !file.components.is_empty(),
            text,
            file,
            mode,
            requests: BTreeMap::new(),
            components: BTreeMap::new(),
            unmeasured_routes: BTreeSet::new(),
            finished: false,
        }
    }

    /// Holds what a request costs against the budget of this name.
    ///
    /// # Panics
    ///
    /// When something else was measured under the name before.
    #[track_caller]
    pub fn request(&mut self, name: &str, cost: Cost) {
        let before = self.requests.insert(name.to_owned(), cost);
        assert!(before.is_none(), "`{name}` is measured twice");
    }

    /// Compares everything that was measured with the file, or writes the file anew.
    ///
    /// # Panics
    ///
    /// With every difference that matters, what has no budget and what has one and was not measured;
    /// with the routes of a [`component`](Self::component) that nothing was measured of.
    #[track_caller]
    pub fn finish(mut self) {
        self.finished = true;
        let path = self.path.display();
        assert!(
            self.unmeasured_routes.is_empty(),
            "nothing measures a request of {:?}: have the test that keeps {path} do it",
            self.unmeasured_routes
        );
        let differences = self.differences();
        if self.mode == Mode::Update {
            self.write();
            // Past what is captured: a test that succeeds shows nothing of that.
            _ = writeln!(std::io::stderr(), "{path} was written anew:\n{differences}");
            return;
        }
        if !self.recorded {
            let told = format!(
                "{path} is not there, so nothing says what is too much: \
                 `cargo jenny test --update-budgets budget` writes it; review and commit it."
            );
            assert!(self.mode != Mode::Require, "{told}");
            _ = writeln!(std::io::stderr(), "note: {told}");
            return;
        }
        assert!(
            differences.is_empty(),
            "requests or components do not keep to {path}:\n{differences}\nIf the change is meant to \
             cost that, `cargo jenny test --update-budgets budget` writes the file anew; review \
             and commit it."
        );
    }

    fn differences(&self) -> String {
        let mut told = String::new();
        let headroom = &self.file.headroom;
        for (name, size) in &self.components {
            match self.file.components.get(name) {
                Some(old) => told += &size_difference(headroom, name, *old, *size),
                None => {
                    _ = writeln!(told, "  {name}: {} bytes, without a budget", grouped(*size));
                }
            }
        }
        for (name, cost) in &self.requests {
            match self.file.requests.get(name) {
                Some(old) => told += &cost_difference(headroom, name, *old, *cost),
                None => _ = writeln!(told, "  {name}: {}, without a budget", cost_told(*cost)),
            }
        }
        let requests = self.file.requests.keys();
        let components = self.file.components.keys();
        for name in requests.filter(|name| !self.requests.contains_key(*name)) {
            _ = writeln!(told, "  {name}: has a budget, and nothing measures it");
        }
        for name in components.filter(|name| !self.components.contains_key(*name)) {
            _ = writeln!(told, "  {name}: has a budget, and is no component");
        }
        told
    }

    fn write(&self) {
        let _writing = writing();
        let new = File {
            headroom: self.file.headroom.clone(),
            components: self.components.clone(),
            requests: self.requests.clone(),
        };
        let text = new.render(&self.text);
        if let Err(error) = std::fs::write(&self.path, text) {
            panic!("{} cannot be written: {error}", self.path.display());
        }
        if let Some(list) = std::env::var_os(WRITTEN_VARIABLE) {
            let opened = OpenOptions::new().create(true).append(true).open(list);
            let told = opened.and_then(|mut list| writeln!(list, "{}", self.path.display()));
            if let Err(error) = told {
                panic!("{WRITTEN_VARIABLE} names no file that can be written: {error}");
            }
        }
    }
}

impl Drop for Budgets {
    fn drop(&mut self) {
        if !self.finished && !std::thread::panicking() {
            panic!("what was measured was not compared: call `Budgets::finish`");
        }
    }
}

fn cost_told(cost: Cost) -> String {
    format!(
        "fuel {}, memory {} bytes, {} host calls",
        grouped(cost.fuel),
        grouped(cost.memory_bytes),
        cost.calls
    )
}

fn size_difference(headroom: &Headroom, name: &str, old: u64, new: u64) -> String {
    let allowed = percent(old, headroom.size_percent);
    let change = Change::of(old, new, allowed, percent(old, headroom.slack_percent));
    change.told(name, "bytes", &format!("{} %", headroom.size_percent))
}

fn cost_difference(headroom: &Headroom, name: &str, old: Cost, new: Cost) -> String {
    let fuel_of = |limit| percent(old.fuel, limit).min(headroom.fuel_at_most);
    let allowed = fuel_of(headroom.fuel_percent);
    let fuel = Change::of(old.fuel, new.fuel, allowed, fuel_of(headroom.slack_percent));
    let fuel_limit = match allowed < percent(old.fuel, headroom.fuel_percent) {
        true => grouped(headroom.fuel_at_most),
        false => format!("{} %", headroom.fuel_percent),
    };
    let slack = percent(old.memory_bytes, headroom.slack_percent).max(headroom.memory_bytes);
    let memory = Change::of(
        old.memory_bytes,
        new.memory_bytes,
        headroom.memory_bytes,
        slack,
    );
    // A count is no measure that could waver: one less is a new budget as much as one more.
    let calls = Change::of(old.calls, new.calls, headroom.calls, 0);
    [
        fuel.told(name, "fuel", &fuel_limit),
        memory.told(
            name,
            "bytes of memory",
            &format!("{} bytes", grouped(headroom.memory_bytes)),
        ),
        calls.told(name, "host calls", &headroom.calls.to_string()),
    ]
    .concat()
}

fn percent(of: u64, percent: u64) -> u64 {
    (u128::from(of) * u128::from(percent) / 100)
        .try_into()
        .unwrap_or(u64::MAX)
}

/// How a number stands to its budget.
enum Change {
    Within,
    Over(u64, u64),
    FarBelow(u64, u64),
}

impl Change {
    fn of(old: u64, new: u64, allowed: u64, slack: u64) -> Self {
        if new > old.saturating_add(allowed) {
            Self::Over(old, new)
        } else if new < old.saturating_sub(slack) {
            Self::FarBelow(old, new)
        } else {
            Self::Within
        }
    }

    /// One line, or nothing if there is nothing to tell.
    fn told(&self, name: &str, of: &str, allowed: &str) -> String {
        let (old, new, remark) = match self {
            Self::Within => return String::new(),
            Self::Over(old, new) => (*old, *new, format!("headroom: {allowed}")),
            Self::FarBelow(old, new) => (*old, *new, "lower the budget".to_owned()),
        };
        let change = match old {
            0 => String::new(),
            _ => {
                let change = (new as f64 - old as f64) / old as f64 * 100.0;
                format!("{change:+.1} %; ")
            }
        };
        let (old, new) = (grouped(old), grouped(new));
        format!("  {name}: {of} {old} → {new} ({change}{remark})\n")
    }
}

#[cfg(test)]
mod tests;
