//! `jenny check` as its users run it: output and exit code.

use std::path::Path;
use std::process::{Command, Output};

const MANIFEST: &str = r#"spin_manifest_version = 2

[application]
name = "orders"

[[trigger.http]]
route = "/orders"
component = "orders"

[component.orders]
source = "target/wasm32-wasip2/function/orders.wasm"

[component.orders.build]
command = "cargo build -p orders --profile function --target wasm32-wasip2"
"#;

/// A project whose one component has neither a folder nor a compiled file.
fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary directory");
    std::fs::write(folder.path().join("spin.toml"), MANIFEST).expect("a manifest");
    let status = Command::new("git")
        .args(["init", "--quiet"])
        .current_dir(folder.path())
        .status()
        .expect("git");
    assert!(status.success());
    folder
}

fn check(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_jenny"))
        .arg("check")
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("jenny")
}

#[test]
fn findings_are_lines_with_a_place_and_fail_the_command() {
    let project = project();
    let output = check(project.path(), &[]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines[..2],
        [
            "spin.toml:11: component `orders` is not compiled: run `cargo build -p orders --profile \
             function --target wasm32-wasip2` [compiled]",
            "spin.toml:11: component `orders` has no folder: create functions/orders/ or remove the \
             component from spin.toml [layout]",
        ]
    );
    assert!(lines[2].starts_with("2 findings ("), "{text}");
}

#[test]
fn json_is_for_machines() {
    let project = project();
    let output = check(
        Path::new("/"),
        &[
            "--format",
            "json",
            "--from",
            project.path().to_str().unwrap(),
        ],
    );
    assert_eq!(output.status.code(), Some(1));
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = document["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 2, "{document:#}");
    assert_eq!(findings[0]["rule"], "compiled");
    assert_eq!(findings[0]["file"], "spin.toml");
    assert_eq!(findings[0]["line"], 11);
}

#[test]
fn a_project_without_findings_succeeds() {
    let folder = project();
    let manifest = "spin_manifest_version = 2\n\n[application]\nname = \"empty\"\n\n\
                    [[trigger.http]]\nroute = \"/\"\nstatic_response = { body = \"hello\" }\n";
    std::fs::write(folder.path().join("spin.toml"), manifest).unwrap();
    let output = check(folder.path(), &[]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.starts_with("Nothing to mend"), "{text}");
}

#[test]
fn a_missing_manifest_is_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let output = check(folder.path(), &["--from", "no.toml"]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(error.contains("no.toml"), "{error}");
}
