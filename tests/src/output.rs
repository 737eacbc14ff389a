//! What components print.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jenny_host::{LogSink, LogStream};

/// Keeps what components print, and prints it as if the test had: shown when it fails, and only
/// then.
#[derive(Default)]
pub(crate) struct CapturedOutput(Mutex<Vec<String>>);

impl CapturedOutput {
    pub(crate) fn lines(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LogSink for CapturedOutput {
    fn line(&self, component: &str, _stream: LogStream, line: &str) {
        println!("[{component}] {line}");
        self.lines().push(line.to_owned());
    }
}
