//! `jenny bench`.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Result, bail};
use clap::Args;
use jenny_host::manifest::Manifest;

use crate::{build, cargo, manifest_path};

/// The programs with benchmarks.
const BENCHES: [&str; 2] = ["conduit", "harness"];

/// Where they lie in Jenny's own repository. Other applications have none of them.
const FOLDER: &str = "tests/benches";

/// The arguments of `jenny bench`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  cargo jenny bench\n  cargo jenny bench feed\n  cargo jenny bench --bench harness\n  cargo jenny bench -- --save-baseline before"
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    manifest: manifest_path::Argument,
    /// Run one of them: `conduit`, the sample's requests over small and large databases, or `harness`,
    /// what a test costs [default: both].
    #[arg(long, value_name = "NAME", value_parser = BENCHES)]
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
    if !manifest.directory().join(FOLDER).is_dir() {
        bail!(
            "{} has no benchmarks of ours in {FOLDER}: run your own with `cargo bench --workspace --profile dev`",
            manifest.path.display()
        );
    }
    build::components(&manifest)?;
    cargo::run(&mut cargo_bench(arguments, &manifest.path))
}

/// On the profile that everything else is built on: cargo's own for benches would have wasmtime
/// compiled again, and what is measured is mostly components, whose profile is another one.
fn cargo_bench(arguments: &Arguments, manifest: &Path) -> Command {
    let mut command = cargo::command("bench", manifest);
    command.args(["--workspace", "--profile", "dev"]);
    match &arguments.bench {
        Some(name) => command.args(["--bench", name]),
        None => command.args(BENCHES.iter().flat_map(|name| ["--bench", name])),
    };
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
        let command = cargo_bench(&line.arguments, Path::new("spin.toml"));
        let words: Vec<&str> = command
            .get_args()
            .filter_map(|word| word.to_str())
            .collect();
        let (cargos, criterions) = words.split_at(9);
        assert!(
            cargos.contains(&"dev") && cargos.last() == Some(&"--"),
            "{words:?}"
        );
        assert_eq!(criterions, ["feed", "--save-baseline", "a"]);
        assert!(cargos.contains(&"conduit") && cargos.contains(&"harness"));
    }

    #[test]
    fn one_program_is_run_alone_and_others_are_unknown() {
        let line = Line::try_parse_from(["bench", "--bench", "harness"]).unwrap();
        let command = cargo_bench(&line.arguments, Path::new("spin.toml"));
        let words: Vec<&str> = command
            .get_args()
            .filter_map(|word| word.to_str())
            .collect();
        assert!(words.contains(&"harness") && !words.contains(&"conduit"));
        assert!(Line::try_parse_from(["bench", "--bench", "other"]).is_err());
    }
}
