//! Writes the list of the migrations in this folder.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

const SQLITE: &str = ".sqlite.sql";
const POSTGRES: &str = ".postgres.sql";

fn main() {
    let folder = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    println!("cargo::rerun-if-changed={folder}");

    let mut files = BTreeMap::<String, (bool, bool)>::new();
    for entry in fs::read_dir(&folder).expect("the package's folder can be read") {
        let name = entry.expect("the package's folder can be read").file_name();
        let name = name.to_string_lossy();
        println!("cargo::rerun-if-changed={folder}/{name}");
        if let Some(stem) = name.strip_suffix(SQLITE) {
            files.entry(stem.to_owned()).or_default().0 = true;
        } else if let Some(stem) = name.strip_suffix(POSTGRES) {
            files.entry(stem.to_owned()).or_default().1 = true;
        } else if name.ends_with(".sql") {
            fail(&format!("{name} must end in {SQLITE} or {POSTGRES}"));
        }
    }

    let list = list(&folder, &files).unwrap_or_else(|message| fail(&message));
    let out = env::var("OUT_DIR").expect("cargo sets it");
    fs::write(Path::new(&out).join("all.rs"), list).expect("the build folder can be written");
}

fn list(folder: &str, files: &BTreeMap<String, (bool, bool)>) -> Result<String, String> {
    let mut list = String::from("&[\n");
    for (index, (stem, (sqlite, postgres))) in files.iter().enumerate() {
        let expected = index + 1;
        let name = stem
            .strip_prefix(&format!("{expected:04}_"))
            .ok_or_else(|| {
                format!(
                    "{stem} must begin with {expected:04}_: numbers have no gaps and none twice"
                )
            })?;
        if !sqlite {
            return Err(format!("{stem}{POSTGRES} lacks its {stem}{SQLITE}"));
        }
        let postgres = match postgres {
            true => format!(
                "Some(include_str!({:?}))",
                format!("{folder}/{stem}{POSTGRES}")
            ),
            false => "None".to_owned(),
        };
        writeln!(
            list,
            "    Migration {{ version: {expected}, name: {name:?}, sqlite: include_str!({:?}), postgres: {postgres} }},",
            format!("{folder}/{stem}{SQLITE}"),
        )
        .map_err(|error| error.to_string())?;
    }
    list.push(']');
    Ok(list)
}

fn fail(message: &str) -> ! {
    println!("cargo::error=migrations: {message}");
    std::process::exit(1)
}
