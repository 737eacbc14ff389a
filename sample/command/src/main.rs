//! `conduit`: the commands of the sample, beside those of `cargo jenny`.

mod seed;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use jenny_cli::command;

/// The sample's own commands.
#[derive(Debug, Parser)]
#[command(name = "conduit", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Fill the database with articles, to try or to measure the application with.
    Seed(Box<seed::Arguments>),
}

fn main() -> ExitCode {
    command::run(|| match Cli::parse().command {
        Command::Seed(arguments) => seed::run(*arguments),
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
}
