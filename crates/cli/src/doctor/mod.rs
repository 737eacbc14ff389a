//! `jenny doctor`: whether this machine has what the other commands need, and what brings the rest.

mod ask;
mod check;
mod holder;
mod machine;
mod programs;
mod report;
mod resources;
#[cfg(all(test, unix))]
mod tests;
mod toolchain;
mod versions;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

use anyhow::Result;
use clap::Args;
use jenny_manifest::Manifest;

use crate::output::{self, Format};
use crate::{manifest_path, up};
use check::{Check, Group, Status};
use machine::{Machine, Remedy};
use report::Report;

/// The arguments of `jenny doctor`.
#[derive(Args, Debug)]
#[command(after_help = "\
The exit code is 1 when something required is missing or unfit, and 0 otherwise. Nothing is \
installed, downloaded or changed.

Examples:
  cargo jenny doctor
  cargo jenny doctor --from ../shop
  cargo jenny doctor --listen 0.0.0.0:8080
  cargo jenny doctor --format json | jq -r '.checks[].command // empty'")]
pub(crate) struct Arguments {
    #[command(flatten)]
    manifest: manifest_path::Argument,

    /// Address and port on which `up` is to listen.
    #[arg(
        long,
        env = "SPIN_HTTP_LISTEN_ADDR",
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:3000",
        value_parser = up::address
    )]
    listen: SocketAddr,

    /// How to print what was found.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Looks at the machine, and prints what it found.
///
/// # Errors
///
/// When `--from` names no manifest, or standard output takes nothing.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let manifest = match (&arguments.manifest.from, arguments.manifest.find()) {
        (Some(_), found) => Some(found?),
        // Anywhere else, all but the application can be looked at.
        (None, found) => found.ok(),
    };
    let folder = manifest.as_deref().and_then(Path::parent);
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
    let machine = Machine::here(folder.unwrap_or(Path::new(".")));
    let report = Report {
        versions: versions::of(&machine.folder),
        checks: look(&machine, manifest.as_deref(), arguments.listen),
    };
    match arguments.format {
        Format::Text => output::text(&report.to_text())?,
        Format::Json => output::json(&report.to_json())?,
    }
    Ok(if report.is_well() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Everything that is looked at, in the order of the report.
fn look(machine: &Machine, manifest: Option<&Path>, listen: SocketAddr) -> Vec<Check> {
    let tools = [
        toolchain::cargo,
        toolchain::rustc,
        toolchain::target,
        toolchain::c_compiler,
    ];
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| within(&machine.folder, "target"));
    let state = within(&machine.folder, ".spin");
    // All at once: each waits for its program, and one that never answers keeps no other waiting.
    thread::scope(|scope| {
        let required: Vec<_> = tools
            .into_iter()
            .map(|look| scope.spawn(move || Some(look(machine))))
            .collect();
        let optional: Vec<_> = programs::looks()
            .map(|look| scope.spawn(move || look(machine)))
            .collect();
        // Without an application nobody knows where its folders would be.
        let folders = manifest.map(|_| {
            [
                resources::folder("state-folder", &state, "data and logs"),
                resources::folder("target-folder", &target, "builds"),
            ]
        });
        let here = [
            Some(application(manifest)),
            manifest.and_then(|_| resources::disk(&target)),
            resources::open_files(),
            Some(resources::port(listen)),
            Some(resources::compile_cache()),
        ];
        let joined = |look: thread::ScopedJoinHandle<'_, Option<Check>>| {
            look.join().expect("no look panics")
        };
        let required = required.into_iter().filter_map(joined);
        let optional = optional.into_iter().filter_map(joined);
        let here = folders
            .into_iter()
            .flatten()
            .chain(here.into_iter().flatten());
        required.chain(here).chain(optional).collect()
    })
}

/// A path as people write it: without `./`.
fn within(folder: &Path, name: &str) -> PathBuf {
    if folder == Path::new(".") {
        PathBuf::from(name)
    } else {
        folder.join(name)
    }
}

/// The application's manifest.
fn application(manifest: Option<&Path>) -> Check {
    const NAME: &str = "manifest";
    let Some(path) = manifest else {
        let detail = "there is no spin.toml here or above";
        let advice = "go to the application's folder, or name it with --from".to_owned();
        return Check::ill(
            Group::Machine,
            NAME,
            Status::Note,
            detail,
            Remedy::Advice(advice),
        );
    };
    match Manifest::load(path) {
        Ok(manifest) => {
            let (components, triggers) = (manifest.components.len(), manifest.triggers.len());
            let path = path.display();
            let detail = format!("{path}: {components} components, {triggers} routes");
            Check::ok(Group::Required, NAME, detail)
        }
        Err(error) => Check::ill(
            Group::Required,
            NAME,
            Status::Unfit,
            error.to_string(),
            Remedy::Advice(format!("correct {}", path.display())),
        ),
    }
}
