//! `jenny new` as a process: what it asks, says and leaves.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const MANIFEST: &str = r#"spin_manifest_version = 2

[application]
name = "app"

[variables]
cors_origins = { default = "" }
log_level = { default = "info" }
public_url = { default = "http://127.0.0.1:3000" }

[[trigger.http]]
route = "/hello"
component = "hello"

[component.hello]
source = "hello.wasm"
"#;

fn application() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary directory");
    for (file, text) in [
        ("spin.toml", MANIFEST),
        ("Cargo.toml", "[workspace]\nmembers = [\"functions/*\"]\n"),
        (
            "functions/hello/openapi.json",
            r#"{ "paths": { "/hello": {} } }"#,
        ),
    ] {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().expect("it has one")).expect("it is made");
        fs::write(path, text).expect("it is written");
    }
    folder
}

fn tree(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("it can be read") {
            let path = entry.expect("it can be read").path();
            if path.is_dir() {
                folders.push(path.clone());
                files.insert(path, Vec::new());
            } else {
                let bytes = fs::read(&path).expect("it can be read");
                files.insert(path, bytes);
            }
        }
    }
    files
}

/// Runs a line of the shell in which `$JENNY` is the command.
fn shell(folder: &Path, line: &str) -> Output {
    Command::new("sh")
        .args(["-c", line])
        .env("JENNY", env!("CARGO_BIN_EXE_jenny"))
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("the shell starts")
}

#[test]
fn without_a_terminal_it_asks_nothing_and_says_what_it_wrote() {
    let folder = application();

    let output = shell(folder.path(), "$JENNY new my-notes");

    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("    functions/my-notes/src/lib.rs\n"),
        "{said}"
    );
    assert!(said.contains("and changed\n\n    spin.toml\n"), "{said}");
    assert!(
        said.contains("cargo jenny up       # /api/my-notes"),
        "{said}"
    );
    assert!(folder.path().join("tests/it/my-notes.rs").is_file());
    assert!(output.stdout.is_empty());
}

#[test]
fn a_mistake_is_one_sentence_and_leaves_nothing() {
    let folder = application();
    let before = tree(folder.path());
    for (line, code) in [
        ("$JENNY new Notes", 1),
        ("$JENNY new hello", 1),
        ("$JENNY new", 1),
        ("$JENNY new notes --route /a/:b", 1),
        ("$JENNY new notes --store mysql", 2),
    ] {
        let output = shell(folder.path(), line);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{line}: {said}");
        if code == 1 {
            assert!(
                said.starts_with("error: ") && said.lines().count() == 1,
                "{said}"
            );
        }
        assert_eq!(tree(folder.path()), before, "{line}");
    }
}

/// As when a disk is full: some files can be written, and one cannot.
#[test]
fn a_file_that_cannot_be_written_to_its_end_leaves_nothing() {
    let folder = application();
    let before = tree(folder.path());

    // Blocks of 512 or 1024 bytes, as the shell has it; the API document has more than 20,000.
    let line = "trap '' XFSZ; ulimit -f 16; exec $JENNY new notes";
    let output = shell(folder.path(), line);

    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("openapi.json cannot be written"), "{said}");
    assert_eq!(tree(folder.path()), before);

    let output = shell(folder.path(), "$JENNY new notes");
    assert!(output.status.success(), "the same with room enough");
}

/// Two at once: each is there in the end, or one is told to try again.
#[test]
fn two_that_run_at_the_same_time_lose_nothing() {
    let folder = application();
    let start = |name: &str| {
        Command::new(env!("CARGO_BIN_EXE_jenny"))
            .args(["new", name])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("`jenny` starts")
    };
    let running = ["first", "second", "third"].map(|name| (name, start(name)));
    for (name, child) in running {
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr);
        let manifest = fs::read_to_string(folder.path().join("spin.toml")).expect("it is there");
        let is_there = manifest.contains(&format!("[component.{name}]"));
        let has_folder = folder.path().join("functions").join(name).exists();
        if output.status.success() {
            assert!(is_there && has_folder, "{name}: {manifest}");
        } else {
            assert!(!is_there && !has_folder, "{name}: {said}: {manifest}");
        }
    }
}
