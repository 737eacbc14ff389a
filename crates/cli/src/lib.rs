//! `jenny`: runs, builds, tests and checks a backend of WebAssembly functions.
//!
//! Running an application is `jenny-host`'s work, and merging documents `jenny-openapi`'s. What is done to a
//! workspace is done here: checking it, watching it, adding functions to it. Each command ends with one
//! sentence if it fails. It is a library so that a workspace which depends on it has its own `cargo jenny`, in
//! three lines, and [commands](command) of its own.

mod application;
mod bench;
mod build;
mod cargo;
mod changes;
mod check;
pub mod command;
#[cfg(test)]
mod commands;
mod completions;
mod dep_info;
mod doctor;
mod logging;
mod manifest_path;
mod new;
mod new_app;
mod openapi;
mod output;
mod rehearsal;
mod routes;
mod signals;
mod template;
mod test;
mod up;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use command::{say, sentence};

/// What holds for all commands.
const HELP: &str = "\
`cargo jenny <COMMAND> --help` says more of each. The exit code is 2 for a mistake in the arguments, and 1 \
when it did not work or found something to mend. Where a signal ends a command before its work is done, it \
is 128 and the signal's number, and of files that were being written all are as before. Colours go to a terminal \
only, and not where NO_COLOR is set. RUST_LOG chooses what `up` logs: a level, or levels by target \
(warn,jenny_host=debug).

Examples:
  cargo jenny up
  cargo jenny test
  cargo jenny check";

/// Runs, builds, tests and checks a backend of WebAssembly functions.
#[derive(Debug, Parser)]
#[command(
    name = "jenny",
    bin_name = "cargo jenny",
    version,
    propagate_version = true,
    after_help = HELP
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a new function: its folder, manifest entry, world, tests and migration.
    New(new::Arguments),
    /// Make a fresh application, in a workspace of its own.
    NewApp(new_app::Arguments),
    /// Build the application and serve it.
    Up(Box<up::Arguments>),
    /// Build every component by the command that its manifest names.
    Build(build::Arguments),
    /// Build every component once, then run all tests.
    Test(test::Arguments),
    /// Build every component once, then run all benchmarks.
    Bench(bench::Arguments),
    /// Hold folders, manifest, worlds and compiled components against each other.
    Check(check::Arguments),
    /// Merge the functions' API documents into openapi.json.
    Openapi(openapi::Arguments),
    /// List the routes: methods, function, authentication, rate limit, grants.
    Routes(routes::Arguments),
    /// Tell whether this machine has what the other commands need, and what brings the rest.
    Doctor(doctor::Arguments),
    /// Print what a shell needs to complete these commands.
    Completions(completions::Arguments),
}

/// Does what the command line says, and tells how it went.
///
/// The exit code is 2 for a mistake in the arguments, 1 when it did not work or found something to
/// mend, and 128 and a signal's number where that ended the command before its work was done.
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     jenny_cli::main()
/// }
/// ```
#[must_use]
pub fn main() -> ExitCode {
    command::run(|| match Cli::parse().command {
        Command::New(arguments) => new::run(&arguments),
        Command::NewApp(arguments) => new_app::run(&arguments),
        Command::Up(arguments) => up::run(*arguments),
        Command::Build(arguments) => build::run(&arguments),
        Command::Test(arguments) => test::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Openapi(arguments) => openapi::run(&arguments),
        Command::Routes(arguments) => routes::run(&arguments),
        Command::Doctor(arguments) => doctor::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_mistake_in_the_arguments_is_exit_code_2() {
        for line in [
            &["jenny"][..],
            &["jenny", "fly"],
            &["jenny", "up", "--listen", "nowhere"],
        ] {
            let error = Cli::try_parse_from(line).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{line:?}: {error}");
        }
    }
}
