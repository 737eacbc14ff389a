//! `--sqlite`: which SQL runs in which database.

use anyhow::{Context as _, Result, bail};

/// The label of the database that statements without one are for.
const DEFAULT_DATABASE: &str = "default";

/// The SQL of one `--sqlite`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Script {
    pub(super) database: String,
    pub(super) sql: String,
    /// Where they come from, for messages.
    pub(super) origin: String,
}

impl Script {
    /// Understands Spin's forms: SQL for the default database, `@file`, and `@file:label`.
    pub(super) fn read(argument: &str) -> Result<Self> {
        let Some(source) = argument.strip_prefix('@') else {
            return Ok(Self {
                database: DEFAULT_DATABASE.to_owned(),
                sql: argument.to_owned(),
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
            sql,
            origin: file.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_may_name_a_database() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("seed.sql");
        std::fs::write(&file, "SELECT 1; SELECT 2;").unwrap();
        let file = file.to_str().unwrap();

        let script = Script::read(&format!("@{file}")).unwrap();
        assert_eq!(
            (&*script.database, &*script.sql),
            ("default", "SELECT 1; SELECT 2;")
        );
        let script = Script::read(&format!("@{file}:audit")).unwrap();
        assert_eq!((&*script.database, &*script.origin), ("audit", file));
        let script = Script::read("SELECT 1").unwrap();
        assert_eq!((&*script.database, &*script.sql), ("default", "SELECT 1"));
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
