//! `jenny completions`: what a shell needs to complete the commands.
//!
//! clap's generator knows a program, and `cargo jenny` is none: cargo runs it, and cargo is what the
//! shell completes. So what it generates for `jenny` is followed, in the shells where that is possible,
//! by a few lines that use it behind `cargo` too, and leave the rest of cargo as it was.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::{Cli, output};

/// What the completion is for, as a program.
const PROGRAM: &str = "jenny";

/// The arguments of `jenny completions`.
#[derive(Args, Debug)]
#[command(after_help = "\
In bash, zsh and fish `cargo jenny` is completed as `jenny` is; elvish and PowerShell complete `jenny` \
alone. docs/commands.md says where each shell looks.

Examples:
  cargo jenny completions bash > ~/.jenny.bash   # in ~/.bashrc: source ~/.jenny.bash
  cargo jenny completions zsh > ~/.jenny.zsh     # in ~/.zshrc, below compinit: source ~/.jenny.zsh
  cargo jenny completions fish > ~/.config/fish/conf.d/jenny.fish")]
pub(crate) struct Arguments {
    /// The shell to write them for.
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the completions of a shell.
///
/// # Errors
///
/// When standard output takes nothing.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    output::text(&script(arguments.shell))?;
    Ok(ExitCode::SUCCESS)
}

fn script(shell: Shell) -> String {
    let mut generated = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), PROGRAM, &mut generated);
    let mut script = String::from_utf8_lossy(&generated).into_owned();
    script.push_str(match shell {
        Shell::Bash => include_str!("cargo.bash"),
        Shell::Fish => include_str!("cargo.fish"),
        Shell::Zsh => include_str!("cargo.zsh"),
        _ => "",
    });
    script
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    #[test]
    fn every_shell_gets_every_command() {
        for shell in Shell::value_variants() {
            let script = script(*shell);
            for command in Cli::command().get_subcommands() {
                let name = command.get_name();
                assert!(script.contains(name), "{shell} does not know {name}");
            }
        }
    }
}
