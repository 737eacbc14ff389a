//! The migrations of an application, as they lie in its folder.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # std::fs::write(folder.path().join("0001_notes.sqlite.sql"), "CREATE TABLE notes (id TEXT);\n")?;
//! for migration in jenny_build::migrations::read(folder.path())? {
//!     let statements = &migration.sqlite.statements;
//!     println!("{:04}_{}: {} statements", migration.version, migration.name, statements.len());
//! }
//! # Ok(())
//! # }
//! ```

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

const SQLITE: &str = ".sqlite.sql";
const POSTGRES: &str = ".postgres.sql";

/// The first line of a SQLite file that runs while foreign keys are off.
const FOREIGN_KEYS_OFF: &str = "-- foreign_keys: off";

/// One change of the schema.
#[derive(Clone, Debug)]
pub struct Migration {
    /// Its number, from 1.
    pub version: u32,
    /// Its name, as in the file's.
    pub name: String,
    /// What it does on SQLite.
    pub sqlite: Script,
    /// What it does on Postgres, if it has a file for it.
    pub postgres: Option<Script>,
}

/// A migration in one dialect: one file.
#[derive(Clone, Debug)]
pub struct Script {
    /// The file.
    pub file: PathBuf,
    /// What it consists of, in order.
    pub statements: Vec<Statement>,
    /// Whether foreign keys are enforced while it runs. `false` for a SQLite file whose first line says so.
    pub foreign_keys: bool,
    /// SHA-256 in hexadecimal, over the text with `\n` line ends, so that a checkout with others does not
    /// count as a change.
    pub checksum: String,
}

/// A statement of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The line of the file where it begins, from 1.
    pub line: usize,
    /// Its text, without the comments above it.
    pub sql: String,
}

/// The files of a migration that are there.
#[derive(Default)]
struct Dialects {
    sqlite: bool,
    postgres: bool,
}

/// Reads the migrations in `folder`, in order.
///
/// # Errors
///
/// A sentence that names the file, if one cannot be read or is not named as it has to be, if two migrations
/// have one number, or if a migration has no SQLite file.
pub fn read(folder: &Path) -> Result<Vec<Migration>, Box<dyn Error>> {
    let mut files = BTreeMap::<String, Dialects>::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        if let Some(stem) = name.strip_suffix(SQLITE) {
            files.entry(stem.to_owned()).or_default().sqlite = true;
        } else if let Some(stem) = name.strip_suffix(POSTGRES) {
            files.entry(stem.to_owned()).or_default().postgres = true;
        } else if name.ends_with(".sql") {
            return Err(format!("{name} must end in {SQLITE} or {POSTGRES}").into());
        }
    }
    let mut migrations: Vec<Migration> = Vec::with_capacity(files.len());
    for (stem, dialects) in &files {
        let migration = migration(folder, stem, dialects)?;
        // A gap is no mistake: what was removed with a part of the application leaves one.
        if let Some(last) = migrations.last()
            && last.version == migration.version
        {
            let (number, name) = (last.version, &last.name);
            return Err(format!("{stem} has the number of {number:04}_{name}").into());
        }
        migrations.push(migration);
    }
    Ok(migrations)
}

fn migration(folder: &Path, stem: &str, dialects: &Dialects) -> Result<Migration, Box<dyn Error>> {
    let (version, name) = numbered(stem)
        .ok_or_else(|| format!("{stem} must begin with its number, from 0001_ to 9999_"))?;
    if !dialects.sqlite {
        return Err(format!("{stem}{POSTGRES} lacks its {stem}{SQLITE}").into());
    }
    let script = |ending| Script::read(folder.join(format!("{stem}{ending}")));
    Ok(Migration {
        version,
        name: name.to_owned(),
        sqlite: script(SQLITE)?,
        postgres: dialects.postgres.then(|| script(POSTGRES)).transpose()?,
    })
}

/// Number and name in `0001_notes`. Four digits: files sort as their numbers do.
fn numbered(stem: &str) -> Option<(u32, &str)> {
    let (number, name) = stem.split_once('_')?;
    let is_number = number.len() == 4 && number.bytes().all(|byte| byte.is_ascii_digit());
    let version = number.parse().ok().filter(|version| *version > 0)?;
    is_number.then_some((version, name))
}

impl Script {
    fn read(file: PathBuf) -> Result<Self, Box<dyn Error>> {
        let text =
            fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        Self::parse(file, &text)
    }

    /// What `file` says if this is its text.
    ///
    /// # Errors
    ///
    /// A sentence that names the line, if it says something of foreign keys that is not understood.
    pub fn parse(file: PathBuf, text: &str) -> Result<Self, Box<dyn Error>> {
        let foreign_keys = !turns_foreign_keys_off(&file, text)?;
        Ok(Self {
            file,
            statements: statements(text),
            foreign_keys,
            checksum: checksum(text),
        })
    }
}

/// Whether the text begins with the line for it. Anything that resembles that line is refused: a migration
/// that runs with foreign keys by mistake deletes rows.
fn turns_foreign_keys_off(file: &Path, text: &str) -> Result<bool, String> {
    let mut off = false;
    for (number, line) in (1..).zip(text.lines()) {
        let comment = line.trim().strip_prefix("--").unwrap_or_default();
        let name = comment.trim_start().get(.."foreign_keys".len());
        if !name.is_some_and(|name| name.eq_ignore_ascii_case("foreign_keys")) {
            continue;
        }
        let place = format!("{}:{number}", file.display());
        if file.to_string_lossy().ends_with(POSTGRES) {
            return Err(format!(
                "{place}: foreign keys stay on in Postgres, where a table is changed in its place"
            ));
        }
        if number != 1 || line.trim_end() != FOREIGN_KEYS_OFF {
            return Err(format!(
                "{place}: `{FOREIGN_KEYS_OFF}` must be the first line, in these words"
            ));
        }
        off = true;
    }
    Ok(off)
}

/// Spin runs one statement at a time, so a text is taken apart at its blank lines. Comments above a
/// statement are left out, and so are parts of comments alone.
fn statements(text: &str) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut open: Option<Statement> = None;
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() {
            statements.extend(open.take());
        } else if let Some(statement) = &mut open {
            statement.sql.push('\n');
            statement.sql.push_str(line);
        } else if !line.trim_start().starts_with("--") {
            open = Some(Statement {
                line: number,
                sql: line.to_owned(),
            });
        }
    }
    statements.extend(open);
    statements
}

fn checksum(text: &str) -> String {
    let digest = Sha256::digest(text.replace('\r', ""));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The migrations in `folder`, as an expression. Everything that takes time is done here, once, and not by
/// each instance of each function: checksums alone would be most of what a first request costs.
pub(crate) fn find(folder: &Path) -> Result<String, Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let migrations = read(folder)?;
    let mut list = String::from("&[\n");
    for Migration {
        version,
        name,
        sqlite,
        postgres,
    } in &migrations
    {
        let sqlite = expression(sqlite)?;
        let postgres = match postgres {
            Some(script) => format!("Some({})", expression(script)?),
            None => "None".to_owned(),
        };
        writeln!(
            list,
            "    shared::db::Migration {{ version: {version}, name: {name:?}, sqlite: {sqlite}, postgres: {postgres} }},",
        )?;
    }
    list.push(']');
    Ok(list)
}

fn expression(script: &Script) -> Result<String, Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", script.file.display());
    let (foreign_keys, checksum) = (script.foreign_keys, &script.checksum);
    let mut statements = String::new();
    for Statement { line, sql } in &script.statements {
        write!(
            statements,
            "shared::db::Statement {{ line: {line}, sql: {sql:?} }}, "
        )?;
    }
    Ok(format!(
        "shared::db::Script {{ statements: &[{statements}], foreign_keys: {foreign_keys}, checksum: {checksum:?} }}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[&str]) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            fs::write(folder.path().join(file), "").unwrap();
        }
        find(folder.path()).map_err(|error| error.to_string())
    }

    #[test]
    fn migrations_are_in_the_order_of_their_numbers() {
        let folder = tempfile::tempdir().unwrap();
        for file in [
            "0003_notes.postgres.sql",
            "0003_notes.sqlite.sql",
            "0001_keys.sqlite.sql",
            "README.md",
        ] {
            fs::write(folder.path().join(file), "").unwrap();
        }
        let all = read(folder.path()).unwrap();
        let all = all.iter().map(|migration| {
            let Migration { version, name, .. } = migration;
            (*version, name.as_str(), migration.postgres.is_some())
        });
        assert!(all.eq([(1, "keys", false), (3, "notes", true)]));
        assert_eq!(found(&[]).unwrap(), "&[\n]");
    }

    #[test]
    fn the_expression_has_statements_with_their_lines() {
        let folder = tempfile::tempdir().unwrap();
        let text = "-- foreign_keys: off\n\n-- Why \"so\".\nDROP TABLE \"a\";\n";
        fs::write(folder.path().join("0001_a.sqlite.sql"), text).unwrap();
        let list = find(folder.path()).unwrap();
        let statement =
            "statements: &[shared::db::Statement { line: 4, sql: \"DROP TABLE \\\"a\\\";\" }, ]";
        assert!(list.contains(statement), "{list}");
        assert!(list.contains("foreign_keys: false"), "{list}");
        assert!(list.contains(&checksum(text)), "{list}");
    }

    #[test]
    fn texts_are_taken_apart_at_blank_lines() {
        let text = "-- A header.\n\n-- Why.\nCREATE TABLE a (\n  -- A column.\n  b TEXT\n);\n  \r\n\n\nCREATE INDEX c;\r\n";
        let parts = statements(text);
        let parts = parts.iter().map(|part| (part.line, part.sql.as_str()));
        assert!(parts.eq([
            (4, "CREATE TABLE a (\n  -- A column.\n  b TEXT\n);"),
            (11, "CREATE INDEX c;")
        ]));
        assert_eq!(statements(""), []);
        assert_eq!(statements("-- nothing\n"), []);
    }

    #[test]
    fn foreign_keys_are_off_where_the_first_line_says_so_and_nothing_resembles_it() {
        let parse = |file: &str, text| Script::parse(file.into(), text).map_err(|e| e.to_string());
        let sqlite = |text| parse("0001_a.sqlite.sql", text);
        assert!(
            !sqlite("-- foreign_keys: off\n\nSELECT 1;\n")
                .unwrap()
                .foreign_keys
        );
        assert!(sqlite("-- The foreign_keys.\n").unwrap().foreign_keys);
        for text in [
            "\n-- foreign_keys: off\n",
            "--foreign_keys: off\n",
            "-- foreign_keys off\n",
            "-- FOREIGN_KEYS: OFF\n",
            "-- foreign_keys: off\n\n-- foreign_keys: off\n",
        ] {
            let error = sqlite(text).unwrap_err();
            assert!(error.contains("0001_a.sqlite.sql:"), "{text:?}: {error}");
        }
        let error = parse("0001_a.postgres.sql", "-- foreign_keys: off\n").unwrap_err();
        assert!(error.contains("Postgres"), "{error}");
    }

    #[test]
    fn a_checksum_is_of_the_text_whatever_its_line_ends() {
        // Databases keep what earlier builds wrote: of FIPS 180-2, appendix B.1.
        assert_eq!(
            checksum("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(checksum("a\nb\n"), checksum("a\r\nb\r\n"));
        assert_ne!(checksum("a\nb\n"), checksum("a\nc\n"));
    }

    #[test]
    fn what_is_named_otherwise_is_refused_with_what_it_must_be() {
        for (files, expected) in [
            (&["01_a.sqlite.sql"][..], "01_a must begin with its number"),
            (&["0000_a.sqlite.sql"], "0000_a must begin with its number"),
            (&["+001_a.sqlite.sql"], "+001_a must begin with its number"),
            (
                &["0001_a.sqlite.sql", "0001_b.sqlite.sql"],
                "0001_b has the number of 0001_a",
            ),
            (
                &["0001_a.postgres.sql"],
                "0001_a.postgres.sql lacks its 0001_a.sqlite.sql",
            ),
            (&["0001_a.sql"], "must end in .sqlite.sql or .postgres.sql"),
        ] {
            let error = found(files).unwrap_err();
            assert!(error.contains(expected), "{files:?}: {error}");
        }
    }
}
