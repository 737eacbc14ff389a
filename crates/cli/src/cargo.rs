//! cargo, run for what it builds natively.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};
use jenny_builder::COMPONENTS_BUILT_VARIABLE;

/// A command of cargo's, in the folder of `manifest`, that finds its components built.
pub(crate) fn command(name: &str, manifest: &Path) -> Command {
    // The cargo that runs this program, if one does, so that both use the same toolchain.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    jenny_builder::outside_cargo(&mut command);
    command
        .arg(name)
        .current_dir(match manifest.parent() {
            Some(directory) if !directory.as_os_str().is_empty() => directory,
            _ => Path::new("."),
        })
        // Absolute, because the tests of a package run in its own folder.
        .env(
            COMPONENTS_BUILT_VARIABLE,
            std::path::absolute(manifest).unwrap_or_else(|_| manifest.to_owned()),
        );
    command
}

/// Runs it, and ends as it does.
pub(crate) fn run(command: &mut Command) -> Result<ExitCode> {
    let status = command.status().context("cannot start cargo")?;
    // A signal has no code; 1 is as good as any.
    let code = status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(1);
    Ok(ExitCode::from(code))
}
