//! `jenny routes`: which function answers what, to whom, and what it may touch.
//!
//! Routes and grants are the manifest's; methods and authentication are those of the functions' own
//! API documents, which tests hold against the code. What neither says is unknown here.

mod listing;
mod operation;
mod table;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use jenny_manifest::Manifest;

use crate::output::{self, Format};
use crate::{manifest_path, say};
use listing::Listing;

/// The arguments of `jenny routes`.
#[derive(Args, Debug)]
#[command(after_help = "\
Of two routes that match the same path the upper one answers. Methods and authentication come from \
functions/<name>/openapi.json; `?` is what a component without one does not tell. HEAD is left out \
where GET needs the same authentication, and OPTIONS where it needs none; JSON has them all.

Examples:
  cargo jenny routes
  cargo jenny routes --format json | jq '.routes[] | select(.function == \"articles\")'")]
pub(crate) struct Arguments {
    #[command(flatten)]
    manifest: manifest_path::Argument,

    /// How to print the routes.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Prints the routes of an application.
///
/// # Errors
///
/// When the manifest or a function's document cannot be read.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let path = arguments.manifest.find()?;
    let listing = Listing::new(&Manifest::inspect(&path)?)?;
    match arguments.format {
        Format::Json => output::json(&listing)?,
        Format::Text => {
            output::text(&table::draw(&listing, output::width()))?;
            for warning in &listing.warnings {
                say(&format!("warning: {warning}"));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
