//! Where the host's own log goes: standard error, as text for a person and as JSON for a machine.

use std::io::IsTerminal as _;

use clap::ValueEnum;
use jenny_host::QueuedStderr;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// The form of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    #[default]
    Auto,
    /// One line of text for each event.
    Text,
    /// One JSON object for each event.
    Json,
}

/// Starts the log. `RUST_LOG` says what is in it: a level, or levels by target
/// (`warn,jenny_host=debug`).
pub(crate) fn start(format: LogFormat) {
    // The host speaks from `info` on. The libraries under it only when something is wrong: their
    // `info` is about themselves, not about the application.
    let chosen = std::env::var("RUST_LOG")
        .ok()
        .and_then(|text| text.parse().ok());
    let filter = chosen.unwrap_or_else(|| {
        Targets::new()
            .with_default(LevelFilter::WARN)
            .with_target("jenny", LevelFilter::INFO)
            .with_target("jenny_host", LevelFilter::INFO)
    });
    let json = match format {
        LogFormat::Auto => !std::io::stderr().is_terminal(),
        LogFormat::Text => false,
        LogFormat::Json => true,
    };
    // As clap decides for its help: not into a file, and not where NO_COLOR is set.
    let colours = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(colours)
        .with_writer(|| QueuedStderr);
    let lines = if json {
        lines.json().flatten_event(true).boxed()
    } else {
        lines.boxed()
    };
    // The only way to fail is that a log was started already, and one is enough.
    _ = tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .try_init();
}
