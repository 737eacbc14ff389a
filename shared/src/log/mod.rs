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

use std::io::Write;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{Registry, layer::SubscriberExt};

use self::lines::JsonLines;
pub use self::redaction::is_sensitive;

/// Sends the process's events from a level up to standard error. Only the first call counts.
pub(crate) fn init(level: LevelFilter) {
    let subscriber = Registry::default()
        .with(level)
        .with(JsonLines::new(|line: &[u8]| {
            // One write, so that lines of requests that share the instance do not mix. A log that
            // cannot be written must not fail the request.
            let _ = std::io::stderr().write_all(line);
        }));
    let _ = tracing::subscriber::set_global_default(subscriber);
}

#[cfg(test)]
pub(crate) mod capture {
    use std::sync::{Arc, Mutex};

    use tracing::Subscriber;

    use super::*;

    /// What was logged, for tests.
    #[derive(Clone, Default)]
    pub(crate) struct Captured(Arc<Mutex<Vec<u8>>>);

    impl Captured {
        /// A subscriber that keeps its lines here.
        pub(crate) fn subscriber(&self, level: LevelFilter) -> impl Subscriber + Send + Sync {
            let kept = self.0.clone();
            Registry::default()
                .with(level)
                .with(JsonLines::new(move |line: &[u8]| {
                    kept.lock().unwrap().extend_from_slice(line);
                }))
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
