//! What components print.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jenny_host::{LogSink, LogStream};

use crate::ledger::Ledger;

/// Keeps what components print, also among what happened otherwise: shown when the test fails.
pub(crate) struct CapturedOutput {
    lines: Mutex<Vec<String>>,
    ledger: Arc<Ledger>,
}

impl CapturedOutput {
    pub(crate) fn new(ledger: Arc<Ledger>) -> Self {
        let lines = Mutex::default();
        Self { lines, ledger }
    }

    pub(crate) fn lines(&self) -> MutexGuard<'_, Vec<String>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LogSink for CapturedOutput {
    fn line(&self, component: &str, _stream: LogStream, line: &str) {
        self.ledger.printed(component, line);
        self.lines().push(line.to_owned());
    }
}
