//! What commands print to standard output: text for a person, JSON for a program.
//!
//! Colours go to a terminal only, never where `NO_COLOR` is set, and elsewhere too where
//! `CLICOLOR_FORCE` is: `anstream`, which clap writes its help with, decides.

use std::io::{self, Write as _};

use anyhow::Context as _;
use clap::ValueEnum;
use serde::Serialize;

/// How a command prints what it found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Text for a person.
    #[default]
    Text,
    /// One JSON object, whose members docs/commands.md explains.
    Json,
}

/// Writes text. Styles in it become colours, or nothing.
///
/// # Errors
///
/// When standard output takes nothing more. That its reader has gone (`| head`) is none.
pub(crate) fn text(text: &str) -> anyhow::Result<()> {
    let mut out = anstream::stdout().lock();
    written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Writes a document, indented.
///
/// # Errors
///
/// As [`text`].
pub(crate) fn json(document: &impl Serialize) -> anyhow::Result<()> {
    let mut text = serde_json::to_string_pretty(document)?;
    text.push('\n');
    let mut out = io::stdout().lock();
    written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

fn written(outcome: io::Result<()>) -> anyhow::Result<()> {
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome.context("standard output cannot be written"),
    }
}

/// How many characters fit beside each other where standard output is a terminal.
pub(crate) fn width() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
    Some(usize::from(width.0))
}
