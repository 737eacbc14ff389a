//! How far the seeding is: a line that moves on a terminal, one for each tenth elsewhere.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::time::{Duration, Instant};

use jenny_cli::command::say;

/// How often the moving line moves.
const REDRAW: Duration = Duration::from_millis(200);

/// Tells standard error how far it is.
pub(super) struct Progress {
    started: Instant,
    first: u64,
    reached: u64,
    wanted: u64,
    terminal: bool,
    drawn: Option<Instant>,
}

impl Progress {
    pub(super) fn start(first: u64, wanted: u64) -> Self {
        let missing = number(wanted - first);
        say(&match first {
            0 => format!("Writing {missing} articles"),
            _ => format!(
                "Writing {missing} articles beside {} that are there",
                number(first)
            ),
        });
        Self {
            started: Instant::now(),
            first,
            reached: first,
            wanted,
            terminal: stderr().is_terminal(),
            drawn: None,
        }
    }

    /// `reached` articles are there now.
    pub(super) fn reached(&mut self, reached: u64) {
        let before = std::mem::replace(&mut self.reached, reached);
        let elapsed = self.started.elapsed();
        if self.terminal {
            if reached == self.wanted || self.drawn.is_none_or(|drawn| drawn.elapsed() >= REDRAW) {
                self.drawn = Some(Instant::now());
                // Back to the line's start, and delete what was there (ECMA-48, EL).
                _ = write!(stderr().lock(), "\r\x1b[K{}", self.line(elapsed));
            }
        } else if self.tenth(before) != self.tenth(reached) {
            say(&self.line(elapsed));
        }
    }

    /// Lets what is said next have a line of its own.
    pub(super) fn interrupt(&mut self) {
        if self.drawn.take().is_some() {
            say("");
        }
    }

    /// Everything is there.
    pub(super) fn finish(mut self) {
        self.interrupt();
        let elapsed = self.started.elapsed();
        say(&format!(
            "Wrote {} articles in {} ({} a second)",
            number(self.reached - self.first),
            duration(elapsed),
            number(rate(self.reached - self.first, elapsed)),
        ));
    }

    fn tenth(&self, count: u64) -> u64 {
        (count - self.first) * 10 / (self.wanted - self.first)
    }

    fn line(&self, elapsed: Duration) -> String {
        let done = self.reached - self.first;
        let rate = rate(done, elapsed);
        let left = Duration::from_secs((self.wanted - self.reached) / rate.max(1));
        format!(
            "{} of {} articles, {} a second, {} left",
            number(self.reached),
            number(self.wanted),
            number(rate),
            duration(left),
        )
    }
}

fn rate(count: u64, elapsed: Duration) -> u64 {
    let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    count.saturating_mul(1000) / milliseconds.max(1)
}

/// `1,234,567`.
fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `47 s`, `3 min 20 s`.
fn duration(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_are_readable() {
        for (value, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(number(value), text);
        }
        assert_eq!(duration(Duration::from_millis(59_900)), "59 s");
        assert_eq!(duration(Duration::from_secs(200)), "3 min 20 s");
    }

    #[test]
    fn what_is_left_follows_from_the_rate_of_this_run() {
        let progress = Progress {
            started: Instant::now(),
            first: 1_000,
            reached: 3_000,
            wanted: 11_000,
            terminal: false,
            drawn: None,
        };
        assert_eq!(
            progress.line(Duration::from_secs(2)),
            "3,000 of 11,000 articles, 1,000 a second, 8 s left"
        );
        assert_eq!((progress.tenth(1_000), progress.tenth(2_999)), (0, 1));
        assert_eq!(progress.tenth(11_000), 10);
    }

    #[test]
    fn no_time_at_all_is_no_division_by_zero() {
        assert_eq!(rate(5, Duration::ZERO), 5_000);
    }
}
