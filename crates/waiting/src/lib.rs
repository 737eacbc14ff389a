//! Says what a test waits for, when that takes longer than a minute.
//!
//! A test that waits has no short limit, because machines are slow and busy at times. One that hangs must
//! say where it does. So whatever waits holds a [`Waiting`]:
//!
//! ```
//! # use std::sync::mpsc::channel;
//! # let (tell, told) = channel();
//! # tell.send(()).unwrap();
//! let waiting = waiting::Waiting::on("the server's first line");
//! told.recv().unwrap();
//! drop(waiting);
//! ```
//!
//! After each minute it writes a line to standard error, past what captures the output of tests.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::Write as _;
use std::sync::{Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long a wait may take before it is told, and how often it is told from then on.
const EVERY: Duration = Duration::from_secs(60);

static WAITS: Mutex<Waits> = Mutex::new(Waits::none());
static BEGUN: Condvar = Condvar::new();

/// Something that is waited for, as long as this lives.
#[derive(Debug)]
#[must_use = "what is waited for is told while this lives"]
pub struct Waiting(u64);

impl Waiting {
    /// Begins to wait for `what`: a noun, with what it depends on.
    pub fn on(what: impl Display) -> Self {
        static TELLING: Once = Once::new();
        TELLING.call_once(|| drop(thread::spawn(tell)));
        // libtest runs each test in a thread of its name.
        let test = thread::current().name().unwrap_or("a test").to_owned();
        let number = waits().add(format!("{test} waits for {what}"), Instant::now());
        BEGUN.notify_one();
        Self(number)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        waits().all.remove(&self.0);
    }
}

fn waits() -> MutexGuard<'static, Waits> {
    WAITS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells of every wait whose time has come, as long as the process runs.
fn tell() {
    let mut waits = waits();
    loop {
        let now = Instant::now();
        for line in waits.due(now) {
            // Not with `eprintln!`, whose output libtest shows when the test has ended.
            _ = writeln!(std::io::stderr(), "{line}");
        }
        waits = match waits.next() {
            Some(time) => {
                let time = time.saturating_duration_since(now);
                let woken = BEGUN.wait_timeout(waits, time);
                woken.unwrap_or_else(PoisonError::into_inner).0
            }
            None => BEGUN.wait(waits).unwrap_or_else(PoisonError::into_inner),
        };
    }
}

struct Waits {
    all: BTreeMap<u64, Wait>,
    begun: u64,
}

struct Wait {
    line: String,
    since: Instant,
    next: Instant,
}

impl Waits {
    const fn none() -> Self {
        Self {
            all: BTreeMap::new(),
            begun: 0,
        }
    }

    fn add(&mut self, line: String, since: Instant) -> u64 {
        self.begun += 1;
        let next = since + EVERY;
        self.all.insert(self.begun, Wait { line, since, next });
        self.begun
    }

    /// The lines of those that are to be told of by now.
    fn due(&mut self, now: Instant) -> Vec<String> {
        let due = self.all.values_mut().filter(|wait| wait.next <= now);
        due.map(|wait| {
            wait.next = now + EVERY;
            let seconds = now.duration_since(wait.since).as_secs();
            format!("after {seconds} s, {}", wait.line)
        })
        .collect()
    }

    /// When the next one is to be told of.
    fn next(&self) -> Option<Instant> {
        self.all.values().map(|wait| wait.next).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_told_after_each_minute_until_it_ends() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut waits = Waits::none();
        let first = waits.add("a waits for b".to_owned(), start);
        waits.add("c waits for d".to_owned(), after(30));

        assert!(waits.due(after(59)).is_empty());
        assert_eq!(waits.next(), Some(after(60)));
        assert_eq!(waits.due(after(61)), ["after 61 s, a waits for b"]);
        assert_eq!(waits.next(), Some(after(90)));
        let both = ["after 121 s, a waits for b", "after 91 s, c waits for d"];
        assert_eq!(waits.due(after(121)), both);

        waits.all.remove(&first);
        assert_eq!(waits.due(after(600)), ["after 570 s, c waits for d"]);
    }

    #[test]
    fn a_wait_has_the_name_of_its_test_and_ends_with_its_value() {
        let waiting = Waiting::on("nothing");
        let line = |number| waits().all.get(&number).map(|wait| wait.line.clone());
        let number = waiting.0;
        let expected = "a_wait_has_the_name_of_its_test_and_ends_with_its_value waits for nothing";
        assert!(line(number).is_some_and(|line| line.ends_with(expected)));
        drop(waiting);
        assert_eq!(line(number), None);
    }
}
