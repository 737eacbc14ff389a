//! The migrations of an application.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const SQLITE: &str = ".sqlite.sql";
const POSTGRES: &str = ".postgres.sql";

/// The files of a migration that are there.
#[derive(Default)]
struct Dialects {
    sqlite: bool,
    postgres: bool,
}

/// The migrations in `folder`, as an expression.
pub(crate) fn find(folder: &Path) -> Result<String, Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = BTreeMap::<String, Dialects>::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        println!("cargo::rerun-if-changed={}", entry.path().display());
        if let Some(stem) = name.strip_suffix(SQLITE) {
            files.entry(stem.to_owned()).or_default().sqlite = true;
        } else if let Some(stem) = name.strip_suffix(POSTGRES) {
            files.entry(stem.to_owned()).or_default().postgres = true;
        } else if name.ends_with(".sql") {
            return Err(format!("{name} must end in {SQLITE} or {POSTGRES}").into());
        }
    }
    list(folder, &files)
}

fn list(folder: &Path, files: &BTreeMap<String, Dialects>) -> Result<String, Box<dyn Error>> {
    let mut list = String::from("&[\n");
    for (index, (stem, dialects)) in files.iter().enumerate() {
        let expected = index + 1;
        let name = stem
            .strip_prefix(&format!("{expected:04}_"))
            .ok_or_else(|| {
                format!(
                    "{stem} must begin with {expected:04}_: numbers have no gaps and none twice"
                )
            })?;
        if !dialects.sqlite {
            return Err(format!("{stem}{POSTGRES} lacks its {stem}{SQLITE}").into());
        }
        let text = |ending| {
            let file = folder.join(format!("{stem}{ending}"));
            format!("include_str!({file:?})")
        };
        let postgres = match dialects.postgres {
            true => format!("Some({})", text(POSTGRES)),
            false => "None".to_owned(),
        };
        writeln!(
            list,
            "    Migration {{ version: {expected}, name: {name:?}, sqlite: {}, postgres: {postgres} }},",
            text(SQLITE),
        )?;
    }
    list.push(']');
    Ok(list)
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
        let list = found(&[
            "0002_notes.postgres.sql",
            "0002_notes.sqlite.sql",
            "0001_keys.sqlite.sql",
            "README.md",
        ]);
        let list = list.unwrap();
        let entries: Vec<&str> = list
            .lines()
            .filter(|line| line.contains("Migration"))
            .collect();
        assert!(
            entries[0].contains("version: 1, name: \"keys\"")
                && entries[0].contains("postgres: None"),
            "{list}"
        );
        assert!(
            entries[1].contains("version: 2, name: \"notes\"")
                && entries[1].contains("0002_notes.postgres.sql"),
            "{list}"
        );
        assert_eq!(found(&[]).unwrap(), "&[\n]");
    }

    #[test]
    fn what_is_named_otherwise_is_refused_with_what_it_must_be() {
        for (files, expected) in [
            (&["0002_a.sqlite.sql"][..], "0001_"),
            (&["0001_a.sqlite.sql", "0001_b.sqlite.sql"], "0002_"),
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
