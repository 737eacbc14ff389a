//! `jenny build` where the Rust target of the components is missing.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A folder with a manifest, and with commands that stand for the real ones: a compiler that lacks
/// the target, a `rustup` that ends with this code, and a `cargo` that builds only with the target.
fn toolchain_without_target(rustup_code: u8) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let at = folder.path().display();
    let add = format!("[ {rustup_code} = 0 ] && mkdir {at}/library");
    for (name, script) in [
        ("rustc", format!("echo {at}/library")),
        (
            "rustup",
            format!("echo \"$@\" >> {at}/rustup.log\n{add}\nexit {rustup_code}"),
        ),
        (
            "cargo",
            format!("[ -d {at}/library ] && echo built > {at}/built"),
        ),
    ] {
        let file = folder.path().join(name);
        std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).expect("it is written");
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&file, mode).expect("it can be run");
    }
    let manifest = r#"
spin_manifest_version = 2
[application]
name = "t"
[[trigger.http]]
route = "/..."
component = "a"
[component.a]
source = "a.wasm"
[component.a.build]
command = "cargo build --target wasm32-wasip2"
"#;
    std::fs::write(folder.path().join("spin.toml"), manifest).expect("it is written");
    folder
}

/// Runs `jenny build` with the folder's commands before all others.
fn build(folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_jenny"))
        .args(["build", "--from"])
        .arg(folder)
        .env("PATH", format!("{}:/usr/bin:/bin", folder.display()))
        .output()
        .expect("`jenny` starts")
}

#[test]
fn a_missing_target_is_added_once_before_anything_is_built() {
    let folder = toolchain_without_target(0);

    for _ in 0..2 {
        let output = build(folder.path());
        assert!(output.status.success(), "{output:?}");
    }

    let log = std::fs::read_to_string(folder.path().join("rustup.log"));
    assert_eq!(log.expect("rustup was asked"), "target add wasm32-wasip2\n");
    assert!(folder.path().join("built").is_file());
}

#[test]
fn a_target_that_cannot_be_added_is_one_sentence_and_nothing_is_built() {
    let folder = toolchain_without_target(3);

    let output = build(folder.path());

    assert!(!output.status.success());
    let message = String::from_utf8_lossy(&output.stderr);
    let sentence = message.lines().find(|line| line.starts_with("error: "));
    let sentence = sentence.expect("it says what is wrong");
    assert!(
        sentence.contains("the Rust target wasm32-wasip2 is missing")
            && sentence.contains("run `rustup target add wasm32-wasip2`"),
        "{sentence}"
    );
    assert!(!folder.path().join("built").exists());
}
