//! Runs the migrations of an application on an empty SQLite database, before anything that contains them
//! is built or served.
//!
//! Components apply migrations at their first request, where an error ends every request. The Postgres
//! files are not run here, since that takes a server: the tests do it.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use jenny_build::migrations::{self, Migration, Script, Statement};
use rusqlite::Connection;

/// Where an application has them, below its manifest's folder.
const FOLDER: &str = "migrations";

/// What is wrong with a migration.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The file, if one is at fault alone.
    pub(crate) file: Option<PathBuf>,
    /// The line and the column in it, from 1, where they are known.
    pub(crate) line: Option<usize>,
    column: Option<usize>,
    /// What is wrong, and what to do.
    pub(crate) message: String,
    /// It does not run. Otherwise it runs, and may do more than its author meant.
    pub(crate) fails: bool,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}:", file.display())?;
            for number in [self.line, self.column].into_iter().flatten() {
                write!(f, "{number}:")?;
            }
            f.write_str(" ")?;
        }
        f.write_str(&self.message)
    }
}

/// Runs the migrations of the application whose manifest is in `root`, if it has any that its build lists.
///
/// # Errors
///
/// A sentence with the place of the first that fails.
pub(crate) fn succeeds(root: &Path) -> Result<()> {
    match faults(root).into_iter().find(|fault| fault.fails) {
        Some(fault) => bail!("{fault}"),
        None => Ok(()),
    }
}

/// What is wrong with the migrations of the application whose manifest is in `root`.
pub(crate) fn faults(root: &Path) -> Vec<Fault> {
    let folder = root.join(FOLDER);
    // Other applications may have a folder of this name, with other rules.
    let lists = std::fs::read_to_string(folder.join("build.rs")).unwrap_or_default();
    if !lists.contains("jenny_build::migrations()") {
        return Vec::new();
    }
    let whole = |message: String| Fault {
        file: None,
        line: None,
        column: None,
        message,
        fails: true,
    };
    let migrations = match migrations::read(&folder) {
        Ok(migrations) => migrations,
        Err(error) => return vec![whole(format!("{FOLDER}: {error}"))],
    };
    match Rehearsal::begin() {
        Ok(mut rehearsal) => {
            // What comes after one that fails may depend on it.
            let failed = migrations.iter().find_map(|each| rehearsal.run(each).err());
            rehearsal.faults.extend(failed);
            rehearsal.faults
        }
        Err(error) => vec![whole(format!("SQLite cannot be started: {error}"))],
    }
}

struct Rehearsal {
    database: Connection,
    faults: Vec<Fault>,
}

impl Rehearsal {
    fn begin() -> rusqlite::Result<Self> {
        let database = Connection::open_in_memory()?;
        database.pragma_update(None, "foreign_keys", true)?;
        Ok(Self {
            database,
            faults: Vec::new(),
        })
    }

    /// Runs one as components do: in a transaction.
    fn run(&mut self, migration: &Migration) -> Result<(), Fault> {
        let script = &migration.sqlite;
        let at_the_end = |error| fault(script, None, &error);
        let foreign_keys = |on| self.database.pragma_update(None, "foreign_keys", on);
        foreign_keys(script.foreign_keys).map_err(at_the_end)?;
        self.database.execute_batch("BEGIN").map_err(at_the_end)?;
        for statement in &script.statements {
            let before = self.referred_to().map_err(at_the_end)?;
            self.step(script, statement)?;
            if script.foreign_keys {
                let after = self.tables().map_err(at_the_end)?;
                let warning = warning(script, statement, &before, &after);
                self.faults.extend(warning);
            }
        }
        if !script.foreign_keys {
            self.check_references(script)?;
        }
        self.database.execute_batch("COMMIT").map_err(at_the_end)
    }

    /// Runs one statement, which must be one.
    fn step(&self, script: &Script, statement: &Statement) -> Result<(), Fault> {
        let failed = |error| match error {
            rusqlite::Error::MultipleStatement => Fault {
                message:
                    "here are two statements: put a blank line between them, since only the first \
                          would run"
                        .to_owned(),
                ..fault(script, Some(statement), &error)
            },
            error => fault(script, Some(statement), &error),
        };
        let mut prepared = self.database.prepare(&statement.sql).map_err(failed)?;
        let mut rows = prepared.raw_query();
        while rows.next().map_err(failed)?.is_some() {}
        Ok(())
    }

    fn names(&self, sql: &str) -> rusqlite::Result<Vec<String>> {
        let mut statement = self.database.prepare(sql)?;
        let names = statement.query_map([], |row| row.get(0))?;
        names.collect()
    }

    fn tables(&self) -> rusqlite::Result<Vec<String>> {
        self.names("SELECT lower(name) FROM sqlite_schema WHERE type = 'table'")
    }

    /// The tables that others refer to.
    fn referred_to(&self) -> rusqlite::Result<Vec<String>> {
        self.names(
            "SELECT DISTINCT lower(k.\"table\") FROM sqlite_schema AS t, pragma_foreign_key_list(t.name) AS k
             WHERE t.type = 'table' AND lower(t.name) <> lower(k.\"table\")",
        )
    }

    fn check_references(&self, script: &Script) -> Result<(), Fault> {
        let broken = "SELECT \"table\" FROM pragma_foreign_key_check";
        let broken = self.names(broken);
        let broken = broken.map_err(|error| fault(script, None, &error))?;
        match broken.first() {
            Some(table) => Err(Fault {
                file: Some(script.file.clone()),
                line: None,
                column: None,
                message: format!(
                    "it leaves rows in `{table}` that refer to rows that there are not"
                ),
                fails: true,
            }),
            None => Ok(()),
        }
    }
}

/// What a statement does, beyond what it says, where foreign keys are on.
fn warning(
    script: &Script,
    statement: &Statement,
    referred_to: &[String],
    tables: &[String],
) -> Option<Fault> {
    // A table that is renamed is gone from the list, too.
    let mut words = statement.sql.split_whitespace();
    if !words.next()?.eq_ignore_ascii_case("DROP") {
        return None;
    }
    let dropped = referred_to.iter().find(|table| !tables.contains(table))?;
    Some(Fault {
        file: Some(script.file.clone()),
        line: Some(statement.line),
        column: None,
        message: format!(
            "dropping `{dropped}` deletes what refers to it; to rebuild it, begin the file with \
             `-- foreign_keys: off` (migrations/README.md)"
        ),
        fails: false,
    })
}

/// What SQLite says of a script, or of one of its statements.
fn fault(script: &Script, statement: Option<&Statement>, error: &rusqlite::Error) -> Fault {
    let mut line = statement.map(|statement| statement.line);
    let mut column = None;
    let mut message = error.to_string();
    if let (rusqlite::Error::SqlInputError { msg, offset, .. }, Some(statement)) =
        (error, statement)
    {
        message.clone_from(msg);
        let before = usize::try_from(*offset).ok();
        if let Some(before) = before.and_then(|offset| statement.sql.get(..offset)) {
            let (_, beside) = before.rsplit_once('\n').unwrap_or(("", before));
            line = Some(statement.line + before.matches('\n').count());
            column = Some(beside.chars().count() + 1);
        }
    }
    Fault {
        file: Some(script.file.clone()),
        line,
        column,
        message,
        fails: true,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    const BUILD: &str = "fn main() {\n    jenny_build::migrations();\n}\n";

    /// An application with these migrations.
    fn application(texts: &[&str]) -> TempDir {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join(FOLDER);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("build.rs"), BUILD).unwrap();
        for (number, text) in (1..).zip(texts) {
            fs::write(folder.join(format!("{number:04}_m.sqlite.sql")), text).unwrap();
        }
        root
    }

    /// What is said of them, with paths as seen from the application's folder.
    fn said(texts: &[&str]) -> Vec<String> {
        let root = application(texts);
        let prefix = format!("{}/", root.path().display());
        let faults = faults(root.path());
        assert_eq!(
            succeeds(root.path()).is_err(),
            faults.iter().any(|fault| fault.fails)
        );
        let said = faults
            .iter()
            .map(|fault| fault.to_string().replace(&prefix, ""));
        said.collect()
    }

    #[test]
    fn our_own_migrations_run() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .nth(2)
            .unwrap();
        assert!(root.join(FOLDER).join("build.rs").is_file());
        assert_eq!(faults(root), []);
    }

    #[test]
    fn the_first_error_has_its_line_and_column() {
        let notes = "-- Why.\n\nCREATE TABLE notes (id TEXT);\n";
        let broken = "-- Why.\nCREATE INDEX i ON notes (id);\n\nCREATE TABLE a (\n    id TEXT,\n    é TEXT PRIMARY KAY\n);\n";
        assert_eq!(
            said(&[notes, broken, "SELEKT;\n"]),
            ["migrations/0002_m.sqlite.sql:6:20: near \"KAY\": syntax error"]
        );
        assert_eq!(
            said(&[notes, "\nINSERT INTO notes\nSELECT id FROM nots;\n"]),
            ["migrations/0002_m.sqlite.sql:2: no such table: nots"]
        );
        // What is found only when it runs.
        assert_eq!(
            said(&["CREATE TABLE a (b CHECK (b > 0));\n\nINSERT INTO a VALUES (0);\n"]),
            ["migrations/0001_m.sqlite.sql:3: CHECK constraint failed: b > 0"]
        );
    }

    #[test]
    fn a_file_that_is_not_read_is_named() {
        let numbers = application(&["SELECT 1;\n"]);
        let folder = numbers.path().join(FOLDER);
        fs::rename(
            folder.join("0001_m.sqlite.sql"),
            folder.join("02_m.sqlite.sql"),
        )
        .unwrap();
        let error = succeeds(numbers.path()).unwrap_err().to_string();
        assert!(error.contains("02_m must begin with its number"), "{error}");
    }

    #[test]
    fn two_statements_without_a_blank_line_are_an_error() {
        let both = said(&["SELECT 1;\nSELECT 2;\n"]);
        assert!(both[0].contains(":1: here are two statements"), "{both:?}");
        let trigger = "CREATE TABLE a (b);\n\nCREATE TRIGGER t AFTER INSERT ON a BEGIN\nSELECT 1;\nSELECT 2;\nEND;\n-- The end.\n";
        assert_eq!(said(&[trigger]), [""; 0]);
    }

    #[test]
    fn dropping_what_others_refer_to_takes_foreign_keys_off() {
        let notes = "CREATE TABLE notes (id TEXT PRIMARY KEY);\n\nCREATE TABLE remarks (note TEXT REFERENCES Notes (id) ON DELETE CASCADE);\n";
        let said_of = |text: &str| said(&[notes, text]);
        let rebuild = "CREATE TABLE new (id TEXT PRIMARY KEY);\n\nDROP TABLE notes;\n\nALTER TABLE new RENAME TO notes;\n";
        let warned = said_of(rebuild);
        assert!(
            warned.len() == 1 && warned[0].contains("0002_m.sqlite.sql:3: dropping `notes`"),
            "{warned:?}"
        );
        for fine in [
            &format!("-- foreign_keys: off\n\n{rebuild}"),
            "DROP TABLE remarks;\n\nDROP TABLE notes;\n",
            "ALTER TABLE notes RENAME TO pages;\n",
        ] {
            assert_eq!(said_of(fine), [""; 0], "{fine}");
        }
        let orphan = "-- foreign_keys: off\n\nINSERT INTO remarks VALUES ('x');\n";
        assert!(said_of(orphan)[0].contains("rows in `remarks`"));
    }

    #[test]
    fn a_folder_of_the_same_name_may_be_anything() {
        let root = application(&["SELEKT;\n"]);
        fs::write(root.path().join(FOLDER).join("build.rs"), "fn main() {}\n").unwrap();
        assert_eq!(faults(root.path()), []);
    }
}
