//! The help of every command: that it says enough, and that docs/commands.md has it as it is.

use std::fs;
use std::path::Path;

use clap::{Arg, Command, CommandFactory as _};
use regex::Regex;

use crate::Cli;

/// Set to write the file anew rather than to compare.
const UPDATE: &str = "UPDATE_COMMANDS";

/// What stands before this line is written by hand.
const GENERATED: &str = "<!-- From here on it is what `--help` prints: UPDATE_COMMANDS=1 cargo test \
    --workspace --lib commands -->\n";

/// Characters in a line of help.
const WIDTH: usize = 100;

/// The command, and all below it.
fn commands() -> Vec<Command> {
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    let mut all = vec![root.clone()];
    all.extend(root.get_subcommands().cloned());
    all
}

/// What `--help` prints of a command, or of the one that has them all.
fn help(name: Option<&str>) -> String {
    // Whoever has set one of the variables is told its value, and the page is not.
    let plain = |command: Command| {
        command
            .term_width(WIDTH)
            .mut_args(|argument| argument.hide_env_values(true))
    };
    let names: Vec<String> = commands()
        .iter()
        .skip(1)
        .map(|command| command.get_name().to_owned())
        .collect();
    let root = names.iter().fold(plain(Cli::command()), |root, name| {
        root.mut_subcommand(name, plain)
    });
    let line = ["jenny"].into_iter().chain(name).chain(["--help"]);
    let shown = root
        .try_get_matches_from(line)
        .expect_err("help is what clap calls an error");
    let shown = shown.render().to_string();
    let lines: Vec<&str> = shown.lines().map(str::trim_end).collect();
    lines.join("\n").trim_end().to_owned()
}

/// What the page has of the commands.
fn rendered() -> String {
    let mut page = GENERATED.to_owned();
    for (index, command) in commands().iter().enumerate() {
        let name = command.get_bin_name().unwrap_or("cargo jenny");
        let help = help((index > 0).then(|| command.get_name()));
        page += &format!("\n## {name}\n\n```\n{help}\n```\n");
    }
    page
}

#[test]
fn the_page_has_the_help_as_it_is() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/commands.md");
    let page = fs::read_to_string(&file).expect("docs/commands.md is there");
    let at = page
        .find(GENERATED)
        .expect("the line that begins the generated part");
    let (by_hand, generated) = page.split_at(at);
    let expected = rendered();
    if std::env::var_os(UPDATE).is_some() {
        fs::write(&file, format!("{by_hand}{expected}")).expect("docs/commands.md is written");
        return;
    }
    let mut lines = generated.lines().zip(expected.lines());
    let different = lines.find(|(written, help)| written != help);
    assert!(
        generated == expected,
        "docs/commands.md is not what `--help` prints, from {different:?} on: run `{UPDATE}=1 cargo test \
         --workspace --lib commands` and look at what changed"
    );
}

#[test]
fn every_command_says_what_it_does_and_how() {
    for command in commands() {
        let name = command.get_bin_name().unwrap_or("cargo jenny").to_owned();
        let about = command.get_about().map(ToString::to_string);
        assert!(is_sentence(about), "{name} does not say what it does");
        let after = command.get_after_help().map(ToString::to_string);
        let after = after.unwrap_or_default();
        let (text, examples) = after
            .split_once("Examples:\n")
            .unwrap_or_else(|| panic!("{name} has no `Examples:` in after_help"));
        assert!(
            !text.replace("\n\n", "").contains('\n'),
            "{name}: help is broken into lines where it is shown, as the terminal is wide: {text}"
        );
        let mut lines = examples.lines().take_while(|line| !line.is_empty());
        assert!(
            lines.all(|line| line.starts_with("  cargo jenny")),
            "{name}: an example is a line that begins with `cargo jenny`: {examples}"
        );
    }
}

#[test]
fn every_argument_has_a_sentence() {
    for command in commands() {
        let visible = |argument: &&Arg| !argument.is_hide_set();
        for argument in command.get_arguments().filter(visible) {
            let help = argument.get_help().map(ToString::to_string);
            let name = command.get_bin_name().unwrap_or("cargo jenny");
            let id = argument.get_id();
            assert!(is_sentence(help), "{name}: {id} says nothing of itself");
        }
    }
}

/// Words, of which the first is written large. clap takes the full stop away.
fn is_sentence(text: Option<String>) -> bool {
    text.is_some_and(|text| {
        text.split_whitespace().count() > 1 && text.starts_with(char::is_uppercase)
    })
}

/// As Spin has it, whatever the command.
#[test]
fn the_manifest_is_named_by_the_same_flags_everywhere() {
    let with_one = commands().into_iter().filter_map(|command| {
        let mut arguments = command.get_arguments();
        let from = arguments.find(|argument| argument.get_long() == Some("from"))?;
        assert_eq!(from.get_short(), Some('f'), "{}", command.get_name());
        let aliases = from.get_visible_aliases().unwrap_or_default();
        assert_eq!(aliases, ["file"], "{}", command.get_name());
        Some(command.get_name().to_owned())
    });
    assert_eq!(with_one.count(), 9);
}

/// Examples are command lines that the command takes.
#[test]
fn every_example_is_understood() {
    // In quotes of either kind, or up to a space.
    let word = Regex::new(r#"'([^']*)'|"([^"]*)"|(\S+)"#).expect("it is good");
    for command in commands() {
        let after = command.get_after_help().map(ToString::to_string);
        let after = after.unwrap_or_default();
        let examples = after
            .lines()
            .filter_map(|line| line.strip_prefix("  cargo "));
        for example in examples {
            // Up to what the shell does with it.
            let words: Vec<&str> = word
                .captures_iter(example)
                .filter_map(|found| found.iter().skip(1).flatten().next())
                .map(|found| found.as_str())
                .take_while(|word| !matches!(*word, "|" | ">" | "#" | "&&"))
                .collect();
            let parsed = Cli::command().try_get_matches_from(&words);
            assert!(parsed.is_ok(), "{example}: {}", parsed.unwrap_err());
        }
    }
}
