//! `jenny bench`.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use jenny_manifest::Manifest;
use serde::Deserialize;

use crate::{build, cargo, manifest_path};

/// The arguments of `jenny bench`.
#[derive(Args, Debug)]
#[command(
    after_help = "Benchmarks are the [[bench]] targets of the workspace's packages. They run on the profile that \
tests run on.\n\nExamples:\n  cargo jenny bench\n  cargo jenny bench feed\n  cargo jenny bench --bench harness\n  \
cargo jenny bench -- --save-baseline before"
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    manifest: manifest_path::Argument,
    /// Run this target alone [default: all of them].
    #[arg(long, value_name = "NAME")]
    bench: Option<String>,
    /// Run only what has this in its name.
    filter: Option<String>,
    /// Handed to criterion.
    #[arg(last = true, value_name = "CRITERION ARGUMENTS")]
    criterion_arguments: Vec<OsString>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let path = arguments.manifest.find()?;
    let manifest = Manifest::load(&path)?;
    let benches = match &arguments.bench {
        Some(name) => vec![name.clone()],
        None => benches(&manifest.path)?,
    };
    if benches.is_empty() {
        bail!(
            "no package of the workspace of {} has benchmarks; add a [[bench]] target to one",
            manifest.path.display()
        );
    }
    build::components(&manifest)?;
    cargo::run(&mut cargo_bench(arguments, &benches, &manifest.path))
}

/// What `cargo metadata` prints, as far as it is needed here.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

/// The names of the workspace's benchmarks. cargo is not asked to run "all": it would run libraries and
/// programs too, whose test harness does not take criterion's arguments.
fn benches(manifest: &Path) -> Result<Vec<String>> {
    let output = cargo::command("metadata", manifest)
        .args(["--no-deps", "--format-version", "1"])
        .output()
        .context("cannot start cargo")?;
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        bail!("cargo cannot list the benchmarks: {}", error.trim());
    }
    names(&output.stdout)
}

fn names(metadata: &[u8]) -> Result<Vec<String>> {
    let metadata: Metadata =
        serde_json::from_slice(metadata).context("cargo's list of packages cannot be read")?;
    let targets = metadata
        .packages
        .into_iter()
        .flat_map(|package| package.targets);
    let benches = targets.filter(|target| target.kind.iter().any(|kind| kind == "bench"));
    Ok(benches.map(|target| target.name).collect())
}

/// On the profile that everything else is built on: cargo's own for benches would have wasmtime
/// compiled again, and what is measured is mostly components, whose profile is another one.
fn cargo_bench(arguments: &Arguments, benches: &[String], manifest: &Path) -> Command {
    let mut command = cargo::command("bench", manifest);
    command.args(["--workspace", "--profile", "dev"]);
    command.args(benches.iter().flat_map(|name| ["--bench", name]));
    command.arg("--");
    command.args(&arguments.filter);
    command.args(&arguments.criterion_arguments);
    command
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    #[test]
    fn a_filter_and_more_reach_criterion() {
        let line = Line::try_parse_from(["bench", "feed", "--", "--save-baseline", "a"]).unwrap();
        let benches = ["one", "other"].map(str::to_owned);
        let command = cargo_bench(&line.arguments, &benches, Path::new("spin.toml"));
        let words: Vec<&str> = command
            .get_args()
            .filter_map(|word| word.to_str())
            .collect();
        assert_eq!(
            words,
            [
                "bench",
                "--workspace",
                "--profile",
                "dev",
                "--bench",
                "one",
                "--bench",
                "other",
                "--",
                "feed",
                "--save-baseline",
                "a",
            ]
        );
    }

    #[test]
    fn benchmarks_are_found_by_their_kind() {
        let metadata = br#"{ "packages": [
            { "targets": [{ "name": "a", "kind": ["lib"] }, { "name": "b", "kind": ["bench"] }] },
            { "targets": [{ "name": "c", "kind": ["test"] }, { "name": "d", "kind": ["bench"] }] }
        ] }"#;
        assert_eq!(names(metadata).unwrap(), ["b", "d"]);
        assert!(names(b"{}").is_err());
    }
}
