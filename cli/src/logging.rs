//! Where the host's own log goes: standard error, as text for a person and as JSON for a machine.

use std::io::IsTerminal as _;

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

/// The form of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    #[default]
    Auto,
    /// One line of text for each event.
    Text,
    /// One JSON object for each event.
    Json,
}

/// Starts the log. `RUST_LOG` says what is in it, in `tracing-subscriber`'s syntax.
pub(crate) fn start(format: LogFormat) {
    // The host speaks from `info` on. The libraries under it only when something is wrong: their
    // `info` is about themselves, not about the application.
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("warn,jenny=info,jenny_host=info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let json = match format {
        LogFormat::Auto => !std::io::stderr().is_terminal(),
        LogFormat::Text => false,
        LogFormat::Json => true,
    };
    // The only way to fail is that a log was started already, and one is enough.
    _ = if json {
        log.json().flatten_event(true).try_init()
    } else {
        log.try_init()
    };
}
