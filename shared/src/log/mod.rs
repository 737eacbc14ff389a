//! Logs: one JSON object per line on standard error, which the host collects.
use tracing::level_filters::LevelFilter;
pub(crate) fn init(_level: LevelFilter) {}
