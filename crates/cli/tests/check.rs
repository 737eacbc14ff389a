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

/// An application that answers by itself, so that nothing has to be compiled, and wants a variable.
const WANTING: &str = "spin_manifest_version = 2

[application]
name = \"wanting\"

[variables]
of_a_test = { required = true }

[[trigger.http]]
route = \"/\"
static_response = { body = \"hello\" }

[component.idle]
source = \"spin.toml\"
variables = { of_a_test = \"{{ of_a_test }}\" }
";

/// What makes a workspace of functions of it.
const WORKSPACE: &str = "[workspace]
members = [\"functions/*\"]

[workspace.dependencies]
shared = { package = \"jenny-shared\", version = \"0.1.0\" }
";

/// A project whose one component is a function without world and test that is not compiled.
fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary directory");
    std::fs::write(folder.path().join("spin.toml"), MANIFEST).expect("a manifest");
    std::fs::write(folder.path().join("Cargo.toml"), WORKSPACE).expect("a workspace");
    let function = folder.path().join("functions/orders");
    std::fs::create_dir_all(&function).expect("a folder");
    let package = "[package]\nname = \"orders\"\n[lib]\ncrate-type = [\"cdylib\"]\n";
    std::fs::write(function.join("Cargo.toml"), package).expect("a package");
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
        lines[..3],
        [
            "spin.toml:11: component `orders` is not compiled: run `cargo build -p orders --profile \
             function --target wasm32-wasip2` [compiled]",
            "tests/it/orders.rs: function `orders` has no test: write tests/it/orders.rs [layout]",
            "wit/orders.wit: function `orders` has no world: write `world orders` into wit/orders.wit \
             [layout]",
        ]
    );
    assert!(lines[3].starts_with("3 errors ("), "{text}");
}

/// As people lay out applications who never heard of Jenny: Spin builds a crate of its own in `functions/`.
#[test]
fn a_folder_called_functions_makes_no_workspace_of_an_application() {
    let project = project();
    for (file, text) in [
        ("Cargo.toml", "[workspace]\nmembers = [\"functions/*\"]\n".to_owned()),
        (
            "spin.toml",
            MANIFEST.replace(
                "command = \"cargo build -p orders --profile function --target wasm32-wasip2\"",
                "command = \"cargo build --target wasm32-wasip1 --release\"\nworkdir = \"functions/orders\"",
            ),
        ),
    ] {
        std::fs::write(project.path().join(file), text).expect("a file");
    }
    let output = check(project.path(), &[]);
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(
        lines[0].ends_with(" in functions/orders [compiled]"),
        "{text}"
    );
    assert!(lines[1].starts_with("1 error ("), "{text}");
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
    assert_eq!(findings.len(), 3, "{document:#}");
    assert_eq!(document["errors"], 3);
    assert_eq!(findings[0]["rule"], "compiled");
    assert_eq!(findings[0]["severity"], "error");
    assert_eq!(findings[0]["file"], "spin.toml");
    assert_eq!(findings[0]["line"], 11);
}

#[test]
fn a_project_without_findings_succeeds() {
    let folder = tempfile::tempdir().unwrap();
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

/// Outside any repository, as `spin new` leaves an application.
fn wanting() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary directory");
    std::fs::write(folder.path().join("spin.toml"), WANTING).expect("a manifest");
    folder
}

/// What of the findings is about variables.
fn about_variables(output: &Output) -> Vec<String> {
    let document = serde_json::from_slice::<serde_json::Value>(&output.stdout).expect("it is JSON");
    let findings = document["findings"].as_array().expect("a list");
    let rules = findings.iter().map(|finding| &finding["rule"]);
    let rules = rules.filter_map(|rule| rule.as_str());
    rules
        .filter(|rule| rule.ends_with("-variables"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_variable_that_is_wanted_is_found_where_it_has_no_value() {
    let folder = wanting();
    let json = ["--format", "json"];
    let output = check(folder.path(), &json);
    assert_eq!(about_variables(&output), ["required-variables"]);
    let akamai = [&json[..], &["--target", "akamai"]].concat();
    let output = check(folder.path(), &akamai);
    assert_eq!(about_variables(&output), ["target-variables"]);
    std::fs::write(folder.path().join(".env"), "SPIN_VARIABLE_OF_A_TEST=1\n").unwrap();
    let output = check(folder.path(), &json);
    assert_eq!(about_variables(&output), [""; 0]);
}

#[test]
fn warnings_alone_succeed_until_they_are_denied() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = "spin_manifest_version = 2\n[application]\nname = \"a\"\ntargets = [\"spin-up:4.1\"]\n\
                    [[trigger.http]]\nroute = \"/\"\nstatic_response = {}\n";
    std::fs::write(folder.path().join("spin.toml"), manifest).unwrap();
    for (arguments, code) in [(&[][..], 0), (&["--deny-warnings"], 1)] {
        let output = check(folder.path(), arguments);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(code), "{text}");
        assert!(text.contains("\n1 warning ("), "{text}");
    }
    let allowed = ["--deny-warnings", "--allow", "size", "--allow", "manifest"];
    let output = check(folder.path(), &allowed);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(
        text.starts_with("Nothing to mend, 1 warning allowed ("),
        "{text}"
    );
}

#[test]
fn a_rule_that_is_none_cannot_be_allowed() {
    let output = check(Path::new("/"), &["--allow", "target-variable"]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(
        error.contains("similar value exists: 'target-variables'"),
        "{error}"
    );
}

#[test]
fn the_rules_are_listed_without_a_project() {
    let folder = tempfile::tempdir().unwrap();
    let output = check(folder.path(), &["--list"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("target-stores"), "{text}");
}

#[test]
fn a_cloud_that_is_none_is_a_mistake_in_the_arguments() {
    let output = check(Path::new("/"), &["--target", "moon"]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("akamai"), "{error}");
}

/// The layers of this repository, the lowest first: a crate depends on crates before it alone.
const LAYERS: [&str; 5] = [
    "jenny-manifest",
    "jenny-stores",
    "jenny-builder",
    "jenny-host",
    "jenny-cli",
];

/// What `cargo tree` says a package depends on, its tests included.
fn dependencies(package: &str) -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--prefix", "none", "--format", "{p}"])
        .args(["--edges", "normal,dev", "--package", package])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("names are text");
    let names = text.lines().filter_map(|line| line.split(' ').next());
    names.map(str::to_owned).collect()
}

#[test]
fn layers_point_one_way() {
    for (index, package) in LAYERS.iter().enumerate() {
        let dependencies = dependencies(package);
        for above in &LAYERS[index + 1..] {
            let points_up = dependencies.iter().any(|name| name == above);
            assert!(!points_up, "{package} depends on {above}");
        }
        if index < 3 {
            let wasmtime = dependencies
                .iter()
                .find(|name| name.starts_with("wasmtime"));
            assert_eq!(wasmtime, None, "{package} depends on it");
        }
    }
}
