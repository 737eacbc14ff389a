//! `jenny test`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::Result;
use clap::Args;
use jenny_host::manifest::Manifest;

use crate::{build, cargo, manifest_path};

/// The arguments of `jenny test`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  cargo jenny test\n  cargo jenny test sign_in\n  cargo jenny test --test it -- --nocapture"
)]
pub(crate) struct Arguments {
    /// The manifest, or a directory with a `spin.toml` [default: the nearest `spin.toml`, from here
    /// upwards].
    #[arg(short = 'f', long, value_name = "PATH")]
    from: Option<PathBuf>,
    /// Handed to `cargo test` as they are. Without `-p` the whole workspace is tested.
    #[arg(allow_hyphen_values = true, value_name = "CARGO TEST ARGUMENTS")]
    arguments: Vec<OsString>,
    /// Handed to the test programs.
    #[arg(last = true, value_name = "TEST ARGUMENTS")]
    test_arguments: Vec<OsString>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let path = manifest_path::find(arguments.from.as_deref())?;
    let manifest = Manifest::load(&path)?;
    build::components(&manifest)?;

    cargo::run(&mut cargo_test(arguments, manifest.directory()))
}

fn cargo_test(arguments: &Arguments, directory: &Path) -> Command {
    let mut command = cargo::command("test", directory);
    if !names_packages(&arguments.arguments) {
        command.arg("--workspace");
    }
    command.args(&arguments.arguments);
    if !arguments.test_arguments.is_empty() {
        command.arg("--").args(&arguments.test_arguments);
    }
    command
}

/// Whether cargo's arguments pick packages themselves: `--workspace` would override that.
fn names_packages(arguments: &[OsString]) -> bool {
    arguments
        .iter()
        .take_while(|argument| *argument != "--")
        .filter_map(|argument| argument.to_str())
        .any(|argument| {
            (argument.starts_with("-p") && !argument.starts_with("--"))
                || argument.starts_with("--package")
                || argument == "--workspace"
        })
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use jenny_host::build::COMPONENTS_BUILT_VARIABLE;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn cargo(line: &[&str]) -> Vec<String> {
        let line = Line::try_parse_from(["test"].iter().chain(line)).unwrap();
        cargo_test(&line.arguments, Path::new(""))
            .get_args()
            .map(|argument| argument.to_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn everything_is_tested_unless_packages_are_named() {
        assert_eq!(cargo(&[]), ["test", "--workspace"]);
        assert_eq!(cargo(&["sign_in"]), ["test", "--workspace", "sign_in"]);
        assert_eq!(cargo(&["-p", "account"]), ["test", "-p", "account"]);
        assert_eq!(cargo(&["--package=account"]), ["test", "--package=account"]);
    }

    #[test]
    fn what_follows_the_dashes_reaches_the_test_programs() {
        assert_eq!(
            cargo(&["--", "--nocapture"]),
            ["test", "--workspace", "--", "--nocapture"]
        );
        assert_eq!(
            cargo(&["-p", "account", "--", "--nocapture", "-p"]),
            ["test", "-p", "account", "--", "--nocapture", "-p"]
        );
        assert_eq!(
            cargo(&["name", "--", "--nocapture"]),
            ["test", "--workspace", "name", "--", "--nocapture"]
        );
    }

    #[test]
    fn the_harness_is_told_that_components_are_built() {
        let line = Line::try_parse_from(["test"]).unwrap();
        let command = cargo_test(&line.arguments, Path::new(""));
        let told = command.get_envs().any(|(name, value)| {
            name == COMPONENTS_BUILT_VARIABLE && value.is_some_and(|value| value == "1")
        });
        assert!(told);
    }
}
