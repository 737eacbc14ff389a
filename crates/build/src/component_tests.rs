//! The component tests of an application.

use std::fmt::Write as _;
use std::path::Path;
use std::{fs, io};

/// A module for each file in `folder` but `main.rs`, in the order of their names.
pub(crate) fn find(folder: &Path) -> io::Result<String> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut names: Vec<String> = fs::read_dir(folder)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| Some(name.strip_suffix(".rs")?.to_owned()))
        .filter(|name| name != "main")
        .collect();
    names.sort();

    let mut modules = String::new();
    for name in names {
        let file = folder.join(format!("{name}.rs"));
        let module = name.replace('-', "_");
        writeln!(modules, "#[path = {file:?}]\nmod {module};").map_err(io::Error::other)?;
    }
    Ok(modules)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_but_main_is_a_module() {
        let folder = tempfile::tempdir().unwrap();
        for file in ["main.rs", "sign-in.rs", "health.rs", "notes.txt"] {
            fs::write(folder.path().join(file), "").unwrap();
        }
        let found = find(folder.path()).unwrap();
        let modules: Vec<&str> = found
            .lines()
            .filter(|line| line.starts_with("mod"))
            .collect();
        assert_eq!(modules, ["mod health;", "mod sign_in;"]);
        assert!(found.contains("sign-in.rs\"]\nmod sign_in;"), "{found}");
    }
}
