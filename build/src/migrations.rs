//! The migrations of an application.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use sha2::{Digest as _, Sha256};

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
        let script = |ending| script(&folder.join(format!("{stem}{ending}")));
        let sqlite = script(SQLITE)?;
        let postgres = match dialects.postgres {
            true => format!("Some({})", script(POSTGRES)?),
            false => "None".to_owned(),
        };
        writeln!(
            list,
            "    shared::db::Migration {{ version: {expected}, name: {name:?}, sqlite: {sqlite}, postgres: {postgres} }},",
        )?;
    }
    list.push(']');
    Ok(list)
}

/// The expression for one file. Its checksum is made here, once, and not by each instance of each function:
/// it would be most of what a first request costs.
fn script(file: &Path) -> Result<String, Box<dyn Error>> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let checksum = checksum(&text);
    Ok(format!(
        "shared::db::Script {{ text: include_str!({file:?}), checksum: {checksum:?} }}"
    ))
}

/// SHA-256 in hexadecimal, over the text with `\n` line ends, so that a checkout with others does not count
/// as a change.
fn checksum(text: &str) -> String {
    let digest = Sha256::digest(text.replace('\r', ""));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
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
    fn a_checksum_is_of_the_text_whatever_its_line_ends() {
        // Databases keep what earlier builds wrote: of FIPS 180-2, appendix B.1.
        assert_eq!(
            checksum("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(checksum("a\nb\n"), checksum("a\r\nb\r\n"));
        assert_ne!(checksum("a\nb\n"), checksum("a\nc\n"));

        let list = found(&["0001_keys.sqlite.sql"]).unwrap();
        assert!(list.contains(&checksum("")), "{list}");
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
