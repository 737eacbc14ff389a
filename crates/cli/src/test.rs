//! `jenny test`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::Result;
use clap::Args;
use jenny_manifest::Manifest;

use crate::{build, cargo, manifest_path};

/// What `jenny_test::Budgets` looks for.
const UPDATE_BUDGETS_VARIABLE: &str = "JENNY_UPDATE_BUDGETS";

/// What it lists the files in that it has written.
const BUDGETS_WRITTEN_VARIABLE: &str = "JENNY_BUDGETS_WRITTEN";

/// The flag as it stands behind arguments for cargo, where clap takes it for one of those.
const UPDATE_BUDGETS: &str = "--update-budgets";

/// The arguments of `jenny test`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  cargo jenny test\n  cargo jenny test sign_in\n  cargo jenny test --test it -- --nocapture\n  cargo jenny test --update-budgets budgets"
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    manifest: manifest_path::Argument,
    /// Lets tests write the budgets of requests and components anew rather than hold what they cost
    /// against them. Review what it changes.
    #[arg(long)]
    update_budgets: bool,
    /// Handed to `cargo test` as they are. Without `-p` the whole workspace is tested.
    #[arg(allow_hyphen_values = true, value_name = "CARGO TEST ARGUMENTS")]
    arguments: Vec<OsString>,
    /// Handed to the test programs.
    #[arg(last = true, value_name = "TEST ARGUMENTS")]
    test_arguments: Vec<OsString>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let path = arguments.manifest.find()?;
    let manifest = Manifest::load(&path)?;
    build::components(&manifest)?;

    let mut command = cargo_test(arguments, &manifest.path);
    if !updates_budgets(arguments) {
        return cargo::run(&mut command);
    }
    let written = Written::new();
    let code = cargo::run(command.env(BUDGETS_WRITTEN_VARIABLE, &written.0))?;
    if code == ExitCode::SUCCESS && written.is_nothing() {
        eprintln!(
            "no budgets were written anew: none of the tests that ran keeps any; leave the filter out, \
             or name those that do"
        );
        return Ok(ExitCode::FAILURE);
    }
    Ok(code)
}

/// The file in which tests list the files of budgets that they have written.
struct Written(PathBuf);

impl Written {
    fn new() -> Self {
        let name = format!("jenny-budgets-written-{}", std::process::id());
        let list = Self(std::env::temp_dir().join(name));
        list.remove();
        list
    }

    fn is_nothing(&self) -> bool {
        std::fs::metadata(&self.0).map_or(true, |metadata| metadata.len() == 0)
    }

    fn remove(&self) {
        // It is there only if something was written.
        _ = std::fs::remove_file(&self.0);
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        self.remove();
    }
}

/// Whether the flag is there, be it behind arguments for cargo.
fn updates_budgets(arguments: &Arguments) -> bool {
    let mut others = arguments.arguments.iter();
    arguments.update_budgets || others.any(|argument| argument == UPDATE_BUDGETS)
}

fn cargo_test(arguments: &Arguments, manifest: &Path) -> Command {
    let mut command = cargo::command("test", manifest);
    if !names_packages(&arguments.arguments) {
        command.arg("--workspace");
    }
    let others = arguments.arguments.iter();
    command.args(others.filter(|argument| *argument != UPDATE_BUDGETS));
    if updates_budgets(arguments) {
        command.env(UPDATE_BUDGETS_VARIABLE, "1");
    }
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
    use jenny_builder::COMPONENTS_BUILT_VARIABLE;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn cargo(line: &[&str]) -> Vec<String> {
        let line = Line::try_parse_from(["test"].iter().chain(line)).unwrap();
        cargo_test(&line.arguments, Path::new("spin.toml"))
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
    fn budgets_are_written_anew_when_asked_wherever_the_flag_stands() {
        let updates = |line: &[&str]| {
            let line = Line::try_parse_from(["test"].iter().chain(line)).unwrap();
            let command = cargo_test(&line.arguments, Path::new("spin.toml"));
            assert!(!command.get_args().any(|word| word == "--update-budgets"));
            let mut set = command.get_envs();
            set.any(|(name, value)| {
                name == "JENNY_UPDATE_BUDGETS" && value.is_some_and(|value| value == "1")
            })
        };
        assert!(updates(&["--update-budgets"]));
        assert!(updates(&["--update-budgets", "budgets"]));
        assert!(updates(&[
            "budgets",
            "--update-budgets",
            "--",
            "--nocapture"
        ]));
        assert!(!updates(&["budgets"]));
    }

    #[test]
    fn the_harness_is_told_which_components_are_built() {
        let line = Line::try_parse_from(["test"]).unwrap();
        let command = cargo_test(&line.arguments, Path::new("app/spin.toml"));

        assert_eq!(command.get_current_dir(), Some(Path::new("app")));
        let expected = std::env::current_dir().unwrap().join("app/spin.toml");
        let told = command.get_envs().any(|(name, value)| {
            name == COMPONENTS_BUILT_VARIABLE && value.is_some_and(|value| value == expected)
        });
        assert!(told);
    }
}
