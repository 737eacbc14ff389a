//! The real `jenny up`, driven over a socket as its users drive it.

mod process;

use std::sync::Once;

use process::{Jenny, workspace};
use serde_json::json;
use tempfile::TempDir;

/// An application that keeps entries.
const GUESTBOOK: &str = "crates/test/fixtures/guestbook/spin.toml";

fn entry(name: &str) -> serde_json::Value {
    json!({ "name": name, "message": "I was here" })
}

/// The guest book, with its data in `state`.
fn guestbook(state: &TempDir) -> Jenny {
    build_guestbook();
    let arguments = ["--no-build", "--from", GUESTBOOK, "--state-dir"];
    Jenny::up(&arguments, state.path())
}

/// Builds its component, once for all tests of this process.
fn build_guestbook() {
    static BUILT: Once = Once::new();
    BUILT.call_once(|| {
        let status = process::command(&["build", "--from", GUESTBOOK]).status();
        assert!(status.expect("`jenny build` starts").success());
    });
}

#[test]
fn what_was_answered_survives_kill_9() {
    let state = process::state();
    let mut names = Vec::new();

    for round in 0..3 {
        let jenny = guestbook(&state);
        for index in 0..4 {
            let name = format!("user-{round}-{index}");
            let status = process::post(&jenny.url("/book/entries"), &entry(&name));
            assert_eq!(status, 201);
            names.push(name);
        }
        jenny.kill();
    }

    let jenny = guestbook(&state);
    let (status, book) = process::get(&jenny.url("/book/entries"));
    assert_eq!(status, 200, "{book}");
    let entries = book["entries"].as_array().expect("a list").iter();
    let kept = entries.map(|entry| entry["name"].as_str().unwrap_or_default());
    assert!(kept.eq(&names), "{book}");
    let (_, count) = process::get(&jenny.url("/book/count"));
    assert_eq!(count, names.len());
}

#[test]
fn sigterm_and_sigint_end_it_cleanly() {
    for signal in ["TERM", "INT"] {
        let state = process::state();
        let jenny = Jenny::up(&["--no-build", "--state-dir"], state.path());
        let (status, _) = process::get(&jenny.url("/health/live"));
        assert_eq!(status, 200);
        assert!(
            jenny.signal(signal).success(),
            "SIG{signal} ends it with code 0"
        );
    }
}

#[test]
fn a_request_in_flight_is_answered_before_it_ends() {
    let state = process::state();
    let jenny = guestbook(&state);
    // The request's head is on its way, as the half-sent body shows, when the signal arrives.
    let mut upload = process::begin_upload(&jenny.url("/book/entries"), &entry("jacob"));
    let status = jenny.signal_then(|| upload.finish());
    let (code, answer) = status;
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert!(code.success());
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let state = process::state();
    let jenny = guestbook(&state);
    // It never gets its other half.
    let _upload = process::begin_upload(&jenny.url("/book/entries"), &entry("jacob"));

    jenny.begin_to_end();

    let status = jenny
        .ends_soon_after("INT")
        .expect("it does not wait for the request");
    assert!(status.success(), "{status}");
}

#[test]
fn a_terminal_that_takes_nothing_stops_neither_the_server_nor_its_end() {
    let state = process::state();
    let jenny = Jenny::up_unread(&["--no-build", "--state-dir"], state.path());
    // Each request is a line of some hundred bytes in the log, and a pipe holds 64 KiB.
    for _ in 0..1_000 {
        let (status, _) = process::get(&jenny.url("/health/live"));
        assert_eq!(status, 200);
    }

    let status = jenny
        .ends_soon_after("TERM")
        .expect("it does not wait for the terminal");

    assert!(status.success(), "{status}");
    // The files have what the terminal did not take.
    let file = state.path().join("logs/health_stderr.txt");
    let log = std::fs::read_to_string(file).expect("a log file");
    assert!(log.lines().count() >= 1_000, "{log}");
}

#[test]
fn mistakes_end_it_with_one_sentence() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let manifest = |text: &str| {
        let path = folder.path().join("spin.toml");
        std::fs::write(&path, text).expect("the manifest is written");
        path
    };
    let head = "spin_manifest_version = 2\n[application]\nname = \"t\"\nversion = \"0.1.0\"\n";

    let broken = manifest("spin_manifest_version = 2\n[application\n");
    let message = process::fails(&["up", "--from"], &broken);
    assert!(message.contains("spin.toml:2"), "{message}");

    let missing = manifest(&format!(
        "{head}[[trigger.http]]\nroute = \"/...\"\ncomponent = \"a\"\n[component.a]\nsource = \"nowhere.wasm\"\n"
    ));
    let message = process::fails(&["up", "--no-build", "--from"], &missing);
    assert!(message.contains("nowhere.wasm"), "{message}");

    let unset = manifest(&format!(
        "{head}[variables]\napi_key = {{ required = true }}\n[[trigger.http]]\nroute = \"/...\"\n\
         static_response = {{ body = \"x\" }}\n"
    ));
    let message = process::fails(&["up", "--no-build", "--from"], &unset);
    assert!(message.contains("api_key"), "{message}");
    assert!(message.contains("SPIN_VARIABLE_API_KEY"), "{message}");

    let message = process::fails(&["up", "--from"], &folder.path().join("nowhere.toml"));
    assert!(message.contains("nowhere.toml"), "{message}");
}

#[test]
fn a_folder_below_the_applications_has_its_variables() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let inner = folder.path().join("functions/x");
    std::fs::create_dir_all(&inner).expect("the folders are made");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("the file is written");
    };
    write(
        "spin.toml",
        "spin_manifest_version = 2\n[application]\nname = \"t\"\nversion = \"0.1.0\"\n\
         [variables]\nof_a_test = { required = true }\n\
         [[trigger.http]]\nroute = \"/...\"\nstatic_response = { body = \"x\" }\n",
    );
    let complains = || {
        let mut jenny = process::command(&["check"]);
        let output = jenny.current_dir(&inner).output();
        let printed = output.expect("`jenny check` starts").stdout;
        let printed = String::from_utf8(printed).expect("it is text");
        printed.contains("`of_a_test` has no value")
    };
    assert!(complains());

    write(".env", "SPIN_VARIABLE_OF_A_TEST=1\n");

    assert!(!complains());
    let mut jenny = process::command(&["up", "--no-build", "--listen", "127.0.0.1:0"]);
    let jenny = Jenny::start(jenny.current_dir(&inner));
    assert!(jenny.signal("TERM").success());
}

#[test]
fn a_port_in_use_is_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let message = process::fails(
        &["up", "--no-build", "--listen", &address, "--from"],
        &workspace().join("spin.toml"),
    );
    assert!(message.contains(&address), "{message}");
    assert!(message.contains("--listen"), "{message}");
}

#[test]
#[cfg(target_os = "linux")]
fn many_instances_leave_most_of_the_mappings_that_linux_grants() {
    let state = process::state();
    let options = ["--no-build", "--max-instances", "1000", "--state-dir"];
    let jenny = Jenny::up(&options, state.path());

    assert!(jenny.mappings() < 65_530 / 3, "{}", jenny.mappings());
}
