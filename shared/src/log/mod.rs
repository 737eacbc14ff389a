//! Logs: one JSON object per line on standard error, which the host collects.
//!
//! Write with `tracing`'s macros. Each line carries what the request's span knows (`request_id`,
//! `trace_id`, `span_id`) beside the event's own fields, flat:
//!
//! ```text
//! {"timestamp":"2026-01-02T03:04:05.678901Z","level":"INFO","target":"account::routes",
//!  "message":"password changed","request_id":"…","trace_id":"…","span_id":"…"}
//! ```
//!
//! Fields whose names say that they hold a secret are redacted, here and nowhere else: see
//! [`is_sensitive`].

mod lines;
mod redaction;

use std::{io::Write, sync::OnceLock};

use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{Registry, layer::SubscriberExt, reload};

use self::lines::JsonLines;
pub use self::redaction::is_sensitive;

/// The level of a subscriber that is already at work.
type Level = reload::Handle<LevelFilter, Registry>;

/// Where the process's events go, once there is such a place.
static LEVEL: OnceLock<Level> = OnceLock::new();

/// Sends the process's events from a level up to standard error. A later call changes the level:
/// an instance whose settings could not be read at first gets to its own once they can.
pub(crate) fn init(level: LevelFilter) {
    let current = LEVEL.get_or_init(|| {
        let (subscriber, current) = subscriber(level, |line| {
            // One write, so that lines of requests that share the instance do not mix. A log that
            // cannot be written must not fail the request.
            let _ = std::io::stderr().write_all(line);
        });
        let _ = tracing::subscriber::set_global_default(subscriber);
        current
    });
    // Fails only for a subscriber that is gone, and then nothing is logged at all.
    let _ = current.reload(level);
}

fn subscriber(
    level: LevelFilter,
    write: impl Fn(&[u8]) + Send + Sync + 'static,
) -> (impl Subscriber + Send + Sync, Level) {
    let (filter, current) = reload::Layer::new(level);
    let lines = JsonLines::new(write);
    (Registry::default().with(filter).with(lines), current)
}

#[cfg(test)]
pub(crate) mod capture {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// What was logged, for tests.
    #[derive(Clone, Default)]
    pub(crate) struct Captured(Arc<Mutex<Vec<u8>>>);

    impl Captured {
        /// A subscriber that keeps its lines here.
        pub(crate) fn subscriber(&self, level: LevelFilter) -> impl Subscriber + Send + Sync {
            self.subscriber_and_level(level).0
        }

        /// The same, and a handle on its level.
        pub(super) fn subscriber_and_level(
            &self,
            level: LevelFilter,
        ) -> (impl Subscriber + Send + Sync + use<>, Level) {
            let kept = self.0.clone();
            super::subscriber(level, move |line| {
                kept.lock().unwrap().extend_from_slice(line);
            })
        }

        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }

        pub(crate) fn lines(&self) -> Vec<serde_json::Value> {
            self.text()
                .lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{capture::Captured, *};

    #[test]
    fn the_level_can_change() {
        let captured = Captured::default();
        let (subscriber, level) = captured.subscriber_and_level(LevelFilter::INFO);
        tracing::subscriber::with_default(subscriber, || {
            for (step, next) in [LevelFilter::ERROR, LevelFilter::DEBUG]
                .into_iter()
                .enumerate()
            {
                tracing::info!(step, "before");
                level.reload(next).expect("the subscriber is there");
                tracing::info!(step, "after");
            }
        });
        let steps: Vec<_> = captured
            .lines()
            .iter()
            .map(|line| format!("{} {}", line["step"], line["message"]))
            .collect();
        assert_eq!(steps, ["0 \"before\"", "1 \"after\""]);
    }

    #[test]
    fn the_last_level_given_counts() {
        for level in [LevelFilter::INFO, LevelFilter::ERROR] {
            init(level);
            let current = LEVEL.get().and_then(Level::clone_current);
            assert_eq!(current, Some(level));
        }
    }
}
