//! `jenny build`.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use jenny_builder::Progress;
use jenny_manifest::Manifest;

use crate::{manifest_path, rehearsal, say};

/// The arguments of `jenny build`.
#[derive(Args, Debug)]
#[command(after_help = "\
Each component is built by the command of its [component.<id>.build], in the order of the manifest; \
neighbouring cargo commands that agree become one.

Examples:
  cargo jenny build
  cargo jenny build --from ../shop")]
pub(crate) struct Arguments {
    #[command(flatten)]
    manifest: manifest_path::Argument,

    /// The build profile that components are built in [default: none]. What has it under
    /// `[component.<id>.profile.<NAME>]` is built by that.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let path = arguments.manifest.find()?;
    let manifest = Manifest::load(&path)?;
    components(&in_profile(manifest, arguments.profile.as_deref())?)?;
    Ok(ExitCode::SUCCESS)
}

/// The manifest with the build profile of that name; without a name, or with an empty one, as it is.
pub(crate) fn in_profile(manifest: Manifest, name: Option<&str>) -> Result<Manifest> {
    match name {
        None | Some("") => Ok(manifest),
        Some(name) if manifest.has_profile(name) => Ok(manifest.with_profile(name)),
        Some(name) => bail!(
            "no component in {} has a build profile `{name}`; add [component.<id>.profile.{name}] or \
             leave --profile out",
            manifest.path.display()
        ),
    }
}

/// Builds the components of `manifest`, if its migrations can be applied, and says what it does.
pub(crate) fn components(manifest: &Manifest) -> Result<()> {
    rehearsal::succeeds(manifest.directory())?;
    jenny_builder::components(manifest, |progress| tell(&progress))?;
    Ok(())
}

/// Says what a build does.
pub(crate) fn tell(progress: &Progress<'_>) {
    match progress {
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
    }
}
