//! `jenny bench`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::Result;
use clap::Args;
use jenny_host::manifest::Manifest;

use crate::{build, cargo, manifest_path};

/// The arguments of `jenny bench`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  cargo jenny bench\n  cargo jenny bench feed\n  cargo jenny bench -- --save-baseline before"
)]
pub(crate) struct Arguments {
    /// The manifest, or a directory with a `spin.toml` [default: the nearest `spin.toml`, from here
    /// upwards].
    #[arg(short = 'f', long, value_name = "PATH")]
    from: Option<PathBuf>,
    /// Run only what has this in its name.
    filter: Option<String>,
    /// Handed to criterion.
    #[arg(last = true, value_name = "CRITERION ARGUMENTS")]
    criterion_arguments: Vec<OsString>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let path = manifest_path::find(arguments.from.as_deref())?;
    let manifest = Manifest::load(&path)?;
    build::components(&manifest)?;
    cargo::run(&mut cargo_bench(arguments, manifest.directory()))
}

/// On the profile that everything else is built on: cargo's own for benches would have wasmtime
/// compiled again, and what is measured is mostly components, whose profile is another one.
fn cargo_bench(arguments: &Arguments, directory: &Path) -> Command {
    let mut command = cargo::command("bench", directory);
    command.args([
        "--workspace",
        "--profile",
        "dev",
        "--bench",
        "conduit",
        "--",
    ]);
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
        let command = cargo_bench(&line.arguments, Path::new(""));
        let words: Vec<&str> = command
            .get_args()
            .filter_map(|word| word.to_str())
            .collect();
        let (cargos, criterions) = words.split_at(7);
        assert!(
            cargos.contains(&"dev") && cargos.last() == Some(&"--"),
            "{words:?}"
        );
        assert_eq!(criterions, ["feed", "--save-baseline", "a"]);
    }
}
