//! What an application's own commands are made of: the flags, the host and the exit codes of `cargo jenny`.
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use clap::Parser;
//! use jenny_cli::command::{self, Application, Running, say};
//!
//! /// Warms the caches.
//! #[derive(Parser)]
//! struct Warm {
//!     #[command(flatten)]
//!     manifest: command::Manifest,
//!     #[command(flatten)]
//!     application: command::Arguments,
//! }
//!
//! fn main() -> ExitCode {
//!     command::run(|| {
//!         let warm = Warm::parse();
//!         warm.application.start_log();
//!         let application = Application::new(warm.application, warm.manifest.path(), Ok)?;
//!         application.build()?;
//!         let runtime = tokio::runtime::Runtime::new()?;
//!         runtime.block_on(async {
//!             let app = application.load(Running::default()).await?;
//!             say(&format!("{} components", application.manifest().components.len()));
//!             drop(app);
//!             Ok(ExitCode::SUCCESS)
//!         })
//!     })
//! }
//! ```

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use jenny_host::QueuedStderr;

pub use crate::application::{Application, Arguments, Running};
use crate::changes::Interrupted;
pub use crate::logging::LogFormat;
pub use crate::manifest_path::Argument as Manifest;
pub use crate::signals::{Signals, exit_code};

/// How long the end of the process waits for the terminal to take what was said.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How long it waits for the disk to take what components printed.
const LAST_LINES: Duration = Duration::from_secs(30);

/// How long a line for the user may take to appear before the work goes on.
const IN_ORDER: Duration = Duration::from_millis(100);

/// Runs a command. An error is printed to standard error, with its causes in one sentence, and becomes the
/// exit code 1, or 128 and the signal's number where a signal ended the command. Logs are written before it
/// returns.
#[must_use]
pub fn run(command: impl FnOnce() -> Result<ExitCode>) -> ExitCode {
    let code = command().unwrap_or_else(|error| {
        say(&format!("error: {}", sentence(&error)));
        match error.downcast_ref::<Interrupted>() {
            Some(signal) => ExitCode::from(signal.exit_code()),
            None => ExitCode::FAILURE,
        }
    });
    jenny_host::flush_log_files(LAST_LINES);
    jenny_host::flush_output(LAST_WORDS);
    code
}

/// An error with its causes. Some errors name their cause themselves: it is not repeated.
pub(crate) fn sentence(error: &anyhow::Error) -> String {
    let mut sentence = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if sentence.is_empty() {
            sentence = cause;
        } else if !sentence.contains(&cause) {
            sentence = format!("{sentence}: {cause}");
        }
    }
    sentence
}

/// Writes a line for the user to standard error, after what was logged before. It does not wait long for a
/// terminal that takes nothing.
pub fn say(line: &str) {
    _ = writeln!(QueuedStderr, "{line}");
    // What a command that is started next prints comes after it.
    jenny_host::flush_output(IN_ORDER);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_told_once() {
        let io = std::io::Error::other("disk full");
        let error = anyhow::Error::new(io)
            .context("cannot write a: disk full")
            .context("cannot start");
        assert_eq!(sentence(&error), "cannot start: cannot write a: disk full");
        let error = anyhow::anyhow!("disk full").context("cannot write a");
        assert_eq!(sentence(&error), "cannot write a: disk full");
    }
}
