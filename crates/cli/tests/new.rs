//! `jenny new` as a process: what it asks, says and leaves.
#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tempfile::TempDir;
use waiting::Waiting;

/// How long something that must happen may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(600);

const MANIFEST: &str = r#"spin_manifest_version = 2

[application]
name = "app"

[variables]
cors_origins = { default = "" }
log_level = { default = "info" }
public_url = { default = "http://127.0.0.1:3000" }
trusted_proxies = { default = "" }

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

/// A FIFO that one reader is to find in the place of a file: it says when somebody reads, and what they get.
struct Gate {
    writer: fs::File,
}

/// A process that goes with the test, however that ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended.
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// Makes a FIFO under each of these names.
fn fifos(paths: &[&Path]) {
    let status = Command::new("mkfifo").args(paths).status();
    assert!(status.expect("`mkfifo` starts").success());
}

impl Gate {
    /// Waits until the FIFO is read.
    fn wait(fifo: &Path) -> Self {
        let _waiting = Waiting::on(format!("a reader of {}", fifo.display()));
        let (tell, told) = mpsc::channel();
        let fifo = fifo.to_owned();
        thread::spawn(move || tell.send(fs::File::options().write(true).open(fifo)));
        let writer = told.recv_timeout(PATIENCE).expect("it is read");
        Self {
            writer: writer.expect("it is a FIFO"),
        }
    }

    /// Lets the reader have the text.
    fn open(mut self, text: &str) {
        self.writer.write_all(text.as_bytes()).expect("it is read");
    }
}

/// `openapi.json` is a link to a FIFO, and to another one whenever it is read: the command reads it before it
/// changes anything, when it looks whether it still is the same, and when it has replaced it.
#[test]
fn a_signal_in_the_middle_takes_back_what_was_written() {
    const DOCUMENT: &str = "{}\n";
    // The two that are heard even if whoever runs the tests has them ignored, as `nohup` does others.
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let folder = application();
        let elsewhere = tempfile::tempdir().expect("a temporary directory");
        let fifo = |number: u8| elsewhere.path().join(format!("{number}"));
        fifos(&[&fifo(1), &fifo(2), &fifo(3)]);
        let link = folder.path().join("openapi.json");
        // What replaces it, at once: there is always one.
        let lead_to = |number: u8| {
            let next = elsewhere.path().join("next");
            symlink(fifo(number), &next).expect("it is made");
            fs::rename(next, &link).expect("it is moved");
        };
        // The third is found by this name wherever it is moved to.
        let third = elsewhere.path().join("third");
        fs::hard_link(fifo(3), &third).expect("it is made");
        lead_to(1);
        let before = names(folder.path());
        let child = Command::new(env!("CARGO_BIN_EXE_jenny"))
            .args(["new", "notes"])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("`jenny` starts");
        let mut running = Running(child);
        let child = &mut running.0;
        for number in [1, 2] {
            let gate = Gate::wait(&fifo(number));
            lead_to(number + 1);
            gate.open(DOCUMENT);
        }
        let gate = Gate::wait(&third);
        let written = folder.path().join("functions/notes/src/lib.rs").exists();

        send_signal(child, name);
        let mut stderr = BufReader::new(child.stderr.take().expect("it is piped"));
        let mut heard = String::new();
        let _waiting = Waiting::on(format!("the end after SIG{name}"));
        stderr.read_line(&mut heard).expect("it is text");
        gate.open(DOCUMENT);

        let mut said = String::new();
        stderr.read_to_string(&mut said).expect("it is text");
        let status = child.wait().expect("it ends");
        assert!(written, "the signal came too early");
        assert!(heard.starts_with(&format!("SIG{name} waits")), "{heard}");
        assert!(said.starts_with(&format!("error: SIG{name} ")), "{said}");
        assert_eq!(status.code(), Some(code), "{said}");
        assert_eq!(names(folder.path()), before);
        assert!(fifo(3).exists(), "what it replaced is back in its place");
    }
}

/// Everything below a folder, without a look into it.
fn names(root: &Path) -> BTreeSet<PathBuf> {
    let mut names = BTreeSet::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("it can be read") {
            let entry = entry.expect("it can be read");
            if entry.file_type().expect("it has one").is_dir() {
                folders.push(entry.path());
            }
            names.insert(entry.path());
        }
    }
    names
}

/// Sends a signal (`TERM`, `INT`) to a process.
fn send_signal(child: &Child, name: &str) {
    let mut kill = Command::new("kill");
    let status = kill
        .args([format!("-{name}"), child.id().to_string()])
        .status();
    assert!(status.expect("`kill` starts").success());
}
