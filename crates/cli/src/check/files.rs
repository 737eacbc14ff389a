//! The files of a project.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

/// Folders of tools, which are nobody's sources. Where there is git, it knows better.
const LEFT_OUT: [&str; 4] = [".git", ".spin", "node_modules", "target"];

/// The file of secrets, which no copy of a project should have, and no rule should read.
const SECRETS: &str = ".env";

/// The files below `root`, relative to it, with `/`, in order: what git tracks and what it would track
/// if it were added. Without git, outside a repository, or where the repository around ignores the
/// project, which it does if it ignores `manifest`: all but what tools leave behind.
pub(super) fn list(root: &Path, manifest: &str) -> Result<Vec<String>> {
    let mut files = match tracked(root) {
        Some(files) if files.iter().any(|file| file == manifest) => files,
        _ => walked(root)?,
    };
    files.sort();
    files.dedup();
    Ok(files)
}

fn tracked(root: &Path) -> Option<Vec<String>> {
    let output = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root)
        .output()
        .ok()?;
    if !output.status.success() {
        return None;
    }
    let names = output.stdout.split(|byte| *byte == 0);
    Some(
        names
            .filter(|name| !name.is_empty())
            .map(|name| String::from_utf8_lossy(name).into_owned())
            // A file that was deleted but not yet committed is still listed.
            .filter(|name| root.join(name).is_file())
            .collect(),
    )
}

fn walked(root: &Path) -> Result<Vec<String>> {
    let mut files = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let path = root.join(&folder);
        let unreadable = || format!("{} cannot be read", path.display());
        for entry in std::fs::read_dir(&path).with_context(unreadable)? {
            let entry = entry.with_context(unreadable)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let relative = match folder.as_str() {
                "" => name.clone(),
                folder => format!("{folder}/{name}"),
            };
            // A symbolic link is neither, so that no circle is walked.
            let kind = entry.file_type().with_context(unreadable)?;
            if kind.is_dir() && !LEFT_OUT.contains(&name.as_str()) {
                folders.push(relative);
            } else if kind.is_file() && name != SECRETS {
                files.push(relative);
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        folder
    }

    #[test]
    fn outside_a_repository_everything_is_listed_but_what_tools_leave() {
        let folder = folder(&[
            "spin.toml",
            "src/lib.rs",
            "src/deep/er.rs",
            ".env",
            "target/a.wasm",
            ".spin/sqlite_db.db",
            "web/node_modules/a.js",
        ]);
        let files = walked(folder.path()).unwrap();
        let listed = |file: &str| files.iter().any(|listed| listed == file);
        assert!(listed("spin.toml") && listed("src/lib.rs") && listed("src/deep/er.rs"));
        assert_eq!(files.len(), 3, "{files:?}");
    }

    #[test]
    fn in_a_repository_git_says_what_belongs_to_it() {
        let folder = folder(&[".gitignore", "a", "b", "built/c"]);
        std::fs::write(folder.path().join(".gitignore"), "/built\n").unwrap();
        let git = |arguments: &[&str]| {
            let mut git = Command::new("git");
            let status = git.args(arguments).current_dir(folder.path()).status();
            assert!(status.unwrap().success());
        };
        git(&["init", "--quiet"]);
        git(&["add", "a", "b"]);
        std::fs::remove_file(folder.path().join("b")).unwrap();
        assert_eq!(list(folder.path(), "a").unwrap(), [".gitignore", "a"]);
        // A project in a folder that the repository ignores is none of the repository's.
        assert_eq!(list(&folder.path().join("built"), "c").unwrap(), ["c"]);
    }
}
