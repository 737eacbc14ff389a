//! Asking the user on a terminal.

use std::io::{self, BufRead, IsTerminal as _, Write};

use anyhow::{Result, bail};
use clap::ValueEnum;

use super::value_of;

/// Whether there is somebody to ask.
pub(super) fn is_possible() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for a text until one passes the check. Nothing is the default, if there is one.
///
/// # Errors
///
/// When the input ends.
pub(super) fn text(
    question: &str,
    default: Option<&str>,
    check: impl Fn(&str) -> Result<()>,
) -> Result<String> {
    text_from(
        &mut io::stdin().lock(),
        &mut io::stderr(),
        question,
        default,
        check,
    )
}

/// Asks for one of the values.
///
/// # Errors
///
/// When the input ends.
pub(super) fn choice<V: ValueEnum>(question: &str, default: V) -> Result<V> {
    choice_from(
        &mut io::stdin().lock(),
        &mut io::stderr(),
        question,
        default,
    )
}

fn text_from(
    input: &mut impl BufRead,
    output: &mut impl Write,
    question: &str,
    default: Option<&str>,
    check: impl Fn(&str) -> Result<()>,
) -> Result<String> {
    loop {
        match default {
            Some(default) => write!(output, "{question} [{default}]: ")?,
            None => write!(output, "{question}: ")?,
        }
        output.flush()?;
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            bail!("the input ended before everything was answered: nothing was written");
        }
        let answer = match (line.trim(), default) {
            ("", Some(default)) => default,
            (answer, _) => answer,
        };
        match check(answer) {
            Ok(()) => return Ok(answer.to_owned()),
            Err(error) => writeln!(output, "{error}")?,
        }
    }
}

fn choice_from<V: ValueEnum>(
    input: &mut impl BufRead,
    output: &mut impl Write,
    question: &str,
    default: V,
) -> Result<V> {
    let mut names = Vec::new();
    for value in V::value_variants() {
        let possible = value.to_possible_value();
        let help = possible.and_then(|possible| possible.get_help().map(ToString::to_string));
        let name = value_of(value.clone());
        writeln!(output, "  {name:9} {}", help.unwrap_or_default())?;
        names.push(name);
    }
    let is_one = |answer: &str| match V::from_str(answer, true) {
        Ok(_) => Ok(()),
        Err(_) => bail!("`{answer}` is not one of {}", names.join(", ")),
    };
    let answer = text_from(input, output, question, Some(&value_of(default)), is_one)?;
    V::from_str(&answer, true).map_err(anyhow::Error::msg)
}

#[cfg(test)]
mod tests {
    use super::super::{Store, route};
    use super::*;

    fn ask(input: &str, default: Option<&str>) -> (Result<String>, String) {
        let mut output = Vec::new();
        let answer = text_from(
            &mut input.as_bytes(),
            &mut output,
            "Address",
            default,
            route::check,
        );
        (answer, String::from_utf8(output).unwrap())
    }

    #[test]
    fn nothing_is_the_default() {
        let (answer, asked) = ask("\n", Some("/api/a"));
        assert_eq!(answer.unwrap(), "/api/a");
        assert_eq!(asked, "Address [/api/a]: ");
    }

    #[test]
    fn a_wrong_answer_is_explained_and_asked_for_again() {
        let (answer, asked) = ask("api\n /b \n", Some("/api/a"));
        assert_eq!(answer.unwrap(), "/b");
        assert!(asked.contains("does not begin with a slash"), "{asked}");
        assert_eq!(asked.matches("Address [").count(), 2, "{asked}");
    }

    #[test]
    fn the_end_of_the_input_is_the_end() {
        let (answer, _) = ask("", None);
        assert!(answer.unwrap_err().to_string().contains("input ended"));
        assert!(ask("\n\n", None).0.is_err(), "nothing is no answer");
    }

    #[test]
    fn a_choice_is_one_of_those_shown() {
        let mut output = Vec::new();
        let chosen = choice_from(
            &mut "mysql\nSQL\n".as_bytes(),
            &mut output,
            "Store",
            Store::None,
        );
        let output = String::from_utf8(output).unwrap();
        assert_eq!(chosen.unwrap(), Store::Sql);
        assert!(
            output.contains("  kv        The key-value store"),
            "{output}"
        );
        assert!(
            output.contains("`mysql` is not one of none, sql, kv"),
            "{output}"
        );
    }
}
