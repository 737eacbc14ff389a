//! `jenny build`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use jenny_host::build::{self, Progress};
use jenny_host::manifest::Manifest;

use crate::{manifest_path, say};

/// The arguments of `jenny build`.
#[derive(Args, Debug)]
#[command(after_help = "\
Each component is built by the command of its [component.<id>.build], in the order of the manifest; \
neighbouring cargo commands that agree become one.

Examples:
  cargo jenny build
  cargo jenny build --from ../shop")]
pub(crate) struct Arguments {
    /// The manifest, or a directory with a `spin.toml` [default: the nearest `spin.toml`, from here
    /// upwards].
    #[arg(short = 'f', long, visible_alias = "file", value_name = "PATH")]
    from: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let path = manifest_path::find(arguments.from.as_deref())?;
    components(&Manifest::load(&path)?)?;
    Ok(ExitCode::SUCCESS)
}

/// Builds the components of `manifest` and says what it does.
pub(crate) fn components(manifest: &Manifest) -> Result<()> {
    build::components(manifest, |progress| match progress {
        Progress::AddingTarget { target } => {
            say(&format!(
                "Adding the Rust target {target} with rustup, once"
            ));
        }
        Progress::Running(step) => {
            say(&format!(
                "Building {} with `{}`",
                step.components.join(", "),
                step.command
            ));
        }
    })?;
    Ok(())
}
