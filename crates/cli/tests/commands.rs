//! `jenny routes`, `doctor` and `completions` as their users run them, and where colours go.
#![cfg(unix)]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// What colours begin with.
const ESCAPE: char = '\u{1b}';

fn workspace() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package
        .ancestors()
        .nth(2)
        .expect("crates/cli is below the root")
        .to_owned()
}

/// `jenny` with these arguments, in the workspace's folder.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jenny"));
    command.args(arguments).current_dir(workspace());
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("it is text")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

fn succeeds(command: &mut Command) -> Output {
    let output = command.output().expect("`jenny` starts");
    assert!(output.status.success(), "{output:?}");
    output
}

#[test]
fn the_routes_of_this_application_are_those_of_its_manifest() {
    let listing = json(&succeeds(&mut command(&["routes", "--format", "json"])));
    let routes = listing["routes"].as_array().expect("a list");
    let manifest = fs::read_to_string(workspace().join("spin.toml"));
    let triggers = manifest.expect("it is there");
    assert_eq!(routes.len(), triggers.matches("[[trigger.http]]").count());
    for route in routes {
        // Every function here describes itself, and the document knows each route.
        assert!(route["operations"].is_array(), "{route:#}");
    }
    let place = |path: &str| routes.iter().position(|route| route["route"] == path);
    assert!(place("/docs") < place("/docs/:file"));
    let ready = place("/health/ready").map(|place| &routes[place]);
    let secrets = ready.map(|route| &route["grants"]["secret_variables"]);
    let names = secrets.and_then(Value::as_array).expect("a list");
    assert!(names.iter().any(|name| name == "database_url"), "{names:?}");

    let table = text(&succeeds(&mut command(&["routes"])).stdout);
    let probe = table
        .lines()
        .find(|line| line.starts_with("/health/ready "));
    assert!(
        probe.is_some_and(|line| line.contains(" GET") && line.contains(" health ")),
        "{table}"
    );
    assert!(!table.contains(ESCAPE), "{table}");
}

/// A folder of programs that answer `--version`, and nothing else that this machine has.
fn programs(names: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary directory");
    for (name, script) in names {
        let file = folder.path().join(name);
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).expect("it is written");
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(&file, mode).expect("it can be run");
    }
    folder
}

/// An application with nothing in it.
fn application() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let manifest = "spin_manifest_version = 2\n[application]\nname = \"empty\"\n\
                    [[trigger.http]]\nroute = \"/\"\nstatic_response = { body = \"hello\" }\n";
    fs::write(folder.path().join("spin.toml"), manifest).expect("it is written");
    folder
}

fn doctor(application: &Path, programs: &Path) -> Command {
    let mut doctor = command(&["doctor", "--listen", "127.0.0.1:0"]);
    doctor
        .current_dir(application)
        .env("PATH", programs)
        .env_remove("CC")
        .env_remove("CARGO_TARGET_DIR");
    doctor
}

#[test]
fn a_machine_without_a_compiler_is_told_what_brings_it() {
    let application = application();
    let library = application.path().display();
    let rustc = format!("[ $1 = --version ] && echo rustc 1.95.0 || echo {library}");
    let tools = [
        ("cargo", "echo cargo 1.95.0"),
        ("rustc", rustc.as_str()),
        ("git", "echo git version 2.39.5"),
        ("apt-get", ":"),
    ];
    let poor = programs(&tools);

    let output = doctor(application.path(), poor.path())
        .args(["--format", "json"])
        .output()
        .expect("`jenny` starts");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let report = json(&output);
    assert_eq!(report["ok"], false);
    let checks = report["checks"].as_array().expect("a list");
    let fatal: Vec<&Value> = checks
        .iter()
        .filter(|check| check["group"] == "required" && check["status"] != "ok")
        .collect();
    assert_eq!(fatal.len(), 1, "{report:#}");
    assert_eq!(fatal[0]["name"], "c-compiler");
    let command = fatal[0]["command"].as_str().unwrap_or_default();
    assert!(
        command.ends_with("apt-get install gcc libc6-dev"),
        "{command}"
    );

    let rich = programs(&[&tools[..], &[("cc", "echo cc 12.2.0")]].concat());
    let output = succeeds(&mut doctor(application.path(), rich.path()));
    let report = text(&output.stdout);
    assert!(
        report.ends_with("Nothing required is missing.\n"),
        "{report}"
    );
    assert!(!report.contains(ESCAPE), "{report}");
    // It looked, and left no trace.
    let left = fs::read_dir(application.path()).expect("a folder").count();
    assert_eq!(left, 1, "only the manifest is there");
}

#[test]
fn a_manifest_that_is_not_there_is_one_sentence() {
    let output = command(&["doctor", "--from", "no.toml"]).output();
    let output = output.expect("`jenny` starts");
    assert_eq!(output.status.code(), Some(1));
    let message = text(&output.stderr);
    assert!(message.starts_with("error: ") && message.contains("no.toml"));
    assert_eq!(message.lines().count(), 1, "{message}");
}

/// What bash offers for the last of these words.
fn completed(script: &Path, words: &[&str]) -> Vec<String> {
    // As readline calls what `complete` has registered for the first word.
    let program = r#"
        source "$1"; shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
        function=$(complete -p "$1"); function=${function#*-F }; function=${function%% *}
        $function "$1" "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
        printf '%s\n' "${COMPREPLY[@]}""#;
    let output = Command::new("bash")
        .args(["--norc", "-c", program, "bash"])
        .arg(script)
        .args(words)
        .output()
        .expect("bash starts");
    let offered = text(&output.stdout);
    let offered = offered.lines().filter(|line| !line.is_empty());
    offered.map(str::to_owned).collect()
}

#[test]
fn bash_completes_jenny_and_behind_cargo_too() {
    let output = succeeds(&mut command(&["completions", "bash"]));
    let folder = tempfile::tempdir().expect("a temporary directory");
    let script = folder.path().join("jenny.bash");
    fs::write(&script, output.stdout).expect("it is written");

    for words in [&["jenny"][..], &["cargo", "jenny"]] {
        let with = |more: &[&str]| completed(&script, &[words, more].concat());
        assert_eq!(with(&["rou"]), ["routes"]);
        assert_eq!(with(&["routes", "--form"]), ["--format"]);
        assert_eq!(with(&["routes", "--format", ""]), ["text", "json"]);
        assert_eq!(with(&["completions", "po"]), ["powershell"]);
        assert!(with(&[""]).contains(&"doctor".to_owned()));
    }
    // What is cargo's own stays so: here nothing completes it.
    assert_eq!(completed(&script, &["cargo", "jen"]), [""; 0]);
    assert_eq!(completed(&script, &["cargo", "test", "rou"]), [""; 0]);
}

#[test]
fn what_nobody_reads_to_the_end_is_no_error() {
    let pipe = "\"$0\" completions bash | head -n 1";
    let output = Command::new("bash")
        .args(["-o", "pipefail", "-c", pipe, env!("CARGO_BIN_EXE_jenny")])
        .output()
        .expect("bash starts");
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
}

/// Runs `jenny` where standard output and error are a terminal, and returns what it shows.
#[cfg(target_os = "linux")]
fn on_a_terminal(arguments: &str, environment: &[(&str, &str)]) -> String {
    let line = format!("{} {arguments}", env!("CARGO_BIN_EXE_jenny"));
    let mut script = Command::new("script");
    script
        .args(["--quiet", "--return", "--command", &line, "/dev/null"])
        .current_dir(workspace())
        .env("TERM", "xterm")
        // In CI, whose logs show colours, `anstream` looks at no TERM.
        .env_remove("CI")
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .env_remove("CLICOLOR")
        .envs(environment.iter().copied());
    let output = script.stdin(Stdio::null()).output();
    text(&output.expect("`script` of util-linux starts").stdout)
}

#[cfg(target_os = "linux")]
#[test]
fn colours_go_to_a_terminal_unless_they_are_not_wanted() {
    for arguments in ["routes", "--help", "up --help"] {
        let shown = on_a_terminal(arguments, &[]);
        assert!(shown.contains(ESCAPE), "{arguments}: {shown}");
        for none in [("NO_COLOR", "1"), ("TERM", "dumb")] {
            let shown = on_a_terminal(arguments, &[none]);
            assert!(!shown.contains(ESCAPE), "{arguments} {none:?}: {shown}");
        }
    }
    let shown = on_a_terminal("routes --format json", &[]);
    assert!(shown.starts_with('{') && !shown.contains(ESCAPE), "{shown}");
}

#[test]
fn a_pipe_gets_colours_only_when_they_are_forced() {
    for arguments in [&["routes"][..], &["--help"], &["no-such-command"]] {
        let mut plain = command(arguments);
        plain.env_remove("CLICOLOR_FORCE").env_remove("NO_COLOR");
        let output = plain.output().expect("`jenny` starts");
        let both = text(&output.stdout) + &text(&output.stderr);
        assert!(!both.is_empty() && !both.contains(ESCAPE), "{both}");

        let output = plain.env("CLICOLOR_FORCE", "1").output();
        let output = output.expect("`jenny` starts");
        let both = text(&output.stdout) + &text(&output.stderr);
        assert!(both.contains(ESCAPE), "{both}");
    }
}

/// The log in particular: its library would colour a file.
#[test]
fn the_log_in_a_pipe_has_no_colours() {
    let application = application();
    let manifest = application.path().join("spin.toml");
    let mut twice = fs::read_to_string(&manifest).expect("it is there");
    twice += "[[trigger.http]]\nroute = \"/\"\nstatic_response = { body = \"again\" }\n";
    fs::write(&manifest, twice).expect("it is written");
    let mut child = command(&["up", "--no-build", "--log-format", "text", "--from"])
        .arg(&manifest)
        .args(["--listen", "127.0.0.1:0", "--state-dir", ""])
        .env_remove("CLICOLOR_FORCE")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("`jenny up` starts");
    let mut line = String::new();
    let stderr = child.stderr.take().expect("stderr is piped");
    let read = BufReader::new(stderr).read_line(&mut line);
    child.kill().expect("it can be ended");
    child.wait().expect("it ends");
    read.expect("the log is text");
    assert!(
        line.contains("WARN") && line.contains("never reached"),
        "{line}"
    );
    assert!(!line.contains(ESCAPE), "{line}");
}
