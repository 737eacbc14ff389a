//! `--sqlite`: which statements run in which database.

use anyhow::{Context as _, Result, bail};

/// The label of the database that statements without one are for.
const DEFAULT_DATABASE: &str = "default";

/// The statements of one `--sqlite`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Script {
    pub(super) database: String,
    pub(super) statements: Vec<String>,
    /// Where they come from, for messages.
    pub(super) origin: String,
}

impl Script {
    /// Understands Spin's forms: SQL for the default database, `@file`, and `@file:label`.
    pub(super) fn read(argument: &str) -> Result<Self> {
        let Some(source) = argument.strip_prefix('@') else {
            return Ok(Self {
                database: DEFAULT_DATABASE.to_owned(),
                statements: statements(argument),
                origin: "--sqlite".to_owned(),
            });
        };
        let (file, label) = match source.split_once(':') {
            Some((file, label)) => (file.trim(), label.trim()),
            None => (source.trim(), DEFAULT_DATABASE),
        };
        if file.is_empty() || label.is_empty() {
            bail!(
                "--sqlite {argument} lacks a file or a database label; it has the form @file or @file:label"
            );
        }
        let sql = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read the SQL in {file}"))?;
        Ok(Self {
            database: label.to_owned(),
            statements: statements(&sql),
            origin: file.to_owned(),
        })
    }
}

/// Splits SQL at the semicolons that end a statement: those outside quotes, comments and the body
/// of a trigger, as SQLite's own shell does (<https://sqlite.org/c3ref/complete.html>).
fn statements(sql: &str) -> Vec<String> {
    let mut statements = Vec::new();
    let (mut start, mut words) = (0, Vec::new());
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let here = sql.len() - rest.len();
        let length = match first {
            '\'' | '"' | '`' => quoted(rest, first),
            '[' => rest.find(']').map_or(rest.len(), |end| end + 1),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest[2..].find("*/").map_or(rest.len(), |end| end + 4),
            ';' => {
                if !in_trigger(&words) {
                    push(&mut statements, &sql[start..here], &words);
                    start = here + 1;
                    words.clear();
                } else {
                    words.push(";".to_owned());
                }
                1
            }
            c if c.is_alphanumeric() || c == '_' => {
                let end = rest
                    .find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(rest.len());
                words.push(rest[..end].to_ascii_uppercase());
                end
            }
            c if c.is_whitespace() => c.len_utf8(),
            c => {
                words.push(c.to_string());
                c.len_utf8()
            }
        };
        if matches!(first, '\'' | '"' | '`' | '[') {
            words.push(String::new());
        }
        rest = &rest[length..];
    }
    push(&mut statements, &sql[start..], &words);
    statements
}

/// Keeps what has more than comments and white space in it.
fn push(statements: &mut Vec<String>, text: &str, words: &[String]) {
    if !words.is_empty() {
        statements.push(text.trim().to_owned());
    }
}

/// The length of a quoted run; a doubled quote is part of it, and comes out as two runs.
fn quoted(text: &str, quote: char) -> usize {
    text[1..].find(quote).map_or(text.len(), |end| end + 2)
}

/// Whether these words begin a trigger whose `; END` is still to come.
fn in_trigger(words: &[String]) -> bool {
    let mut head = words
        .iter()
        .map(String::as_str)
        .filter(|word| !matches!(*word, "TEMP" | "TEMPORARY"));
    let trigger = head.next() == Some("CREATE") && head.next() == Some("TRIGGER");
    let ended = matches!(words, [.., semicolon, end] if semicolon == ";" && end == "END");
    trigger && !ended
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_end_at_their_semicolons() {
        assert_eq!(
            statements("SELECT 1; SELECT 2;\n"),
            ["SELECT 1", "SELECT 2"]
        );
        assert_eq!(
            statements(" ;; -- nothing\n /* at ; all */ ;"),
            Vec::<String>::new()
        );
        assert_eq!(
            statements("SELECT 1 -- no ; end\n, 2; SELECT 3"),
            ["SELECT 1 -- no ; end\n, 2", "SELECT 3"]
        );
    }

    #[test]
    fn quotes_hide_semicolons() {
        for statement in [
            "INSERT INTO t VALUES ('a;b', 'it''s; fine')",
            r#"SELECT "a;b" FROM `c;d` JOIN [e;f]"#,
            "SELECT 'ü;' /* ; */",
        ] {
            assert_eq!(
                statements(&format!("{statement}; SELECT 1")),
                [statement, "SELECT 1"]
            );
        }
    }

    #[test]
    fn a_trigger_is_one_statement() {
        let trigger =
            "CREATE TEMP TRIGGER x AFTER INSERT ON t BEGIN UPDATE t SET a = 1; DELETE FROM u; END";
        assert_eq!(
            statements(&format!("{trigger}; SELECT 1;")),
            [trigger, "SELECT 1"]
        );
        assert_eq!(
            statements("BEGIN; SELECT 1; END;"),
            ["BEGIN", "SELECT 1", "END"]
        );
    }

    #[test]
    fn an_unfinished_quote_is_left_for_sqlite_to_refuse() {
        assert_eq!(statements("SELECT 'a; b"), ["SELECT 'a; b"]);
        assert_eq!(statements("SELECT [a; b"), ["SELECT [a; b"]);
        assert_eq!(statements("SELECT 1 /* a; b"), ["SELECT 1 /* a; b"]);
    }

    #[test]
    fn files_may_name_a_database() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("seed.sql");
        std::fs::write(&file, "SELECT 1; SELECT 2;").unwrap();
        let file = file.to_str().unwrap();

        let script = Script::read(&format!("@{file}")).unwrap();
        assert_eq!((&*script.database, script.statements.len()), ("default", 2));
        let script = Script::read(&format!("@{file}:audit")).unwrap();
        assert_eq!((&*script.database, &*script.origin), ("audit", file));
        let script = Script::read("SELECT 1").unwrap();
        assert_eq!(
            (&*script.database, script.statements),
            ("default", vec!["SELECT 1".to_owned()])
        );
    }

    #[test]
    fn a_missing_file_or_part_is_named() {
        for (argument, part) in [
            ("@none.sql", "none.sql"),
            ("@:label", "@:label"),
            ("@file:", "@file:"),
        ] {
            let error = format!("{:#}", Script::read(argument).unwrap_err());
            assert!(error.contains(part), "{error}");
        }
    }
}
