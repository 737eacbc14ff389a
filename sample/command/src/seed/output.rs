//! What the component prints: kept, because the cause of a failure is there.

use std::sync::{Mutex, PoisonError};

use jenny_host::{LogSink, LogStream};
use serde_json::Value;

/// The last error that the component logged.
#[derive(Default)]
pub(super) struct Output {
    error: Mutex<Option<String>>,
}

impl Output {
    /// Takes the last error.
    pub(super) fn take_error(&self) -> Option<String> {
        self.error
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

impl LogSink for Output {
    fn line(&self, _component: &str, _stream: LogStream, line: &str) {
        if let Some(error) = error(line) {
            *self.error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        }
    }
}

/// The cause in a line of the log, where it is one of an error.
fn error(line: &str) -> Option<String> {
    let line: Value = serde_json::from_str(line).ok()?;
    if !line["level"].as_str()?.eq_ignore_ascii_case("error") {
        return None;
    }
    let text = |name: &str| line[name].as_str().map(str::to_owned);
    text("cause")
        .or_else(|| text("detail"))
        .or_else(|| text("message"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_of_an_error_is_found_and_nothing_else() {
        let line = r#"{"level":"error","message":"request failed","cause":"no such variable"}"#;
        assert_eq!(error(line).as_deref(), Some("no such variable"));
        let line = r#"{"level":"info","message":"request","status":200}"#;
        assert_eq!(error(line), None);
        assert_eq!(error("thread panicked"), None);
    }
}
