//! The real `conduit seed`, as its users run it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use rusqlite::Connection;
use tempfile::TempDir;

/// `conduit seed` with these arguments, in the workspace's folder.
fn command(arguments: &[&str]) -> Command {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = package.ancestors().nth(2);
    let mut command = Command::new(env!("CARGO_BIN_EXE_conduit"));
    command
        .arg("seed")
        .args(arguments)
        .current_dir(workspace.expect("sample/command is below the root"));
    command
}

/// A folder for an application's data: in memory where there is such a place, since how long a disk takes
/// must make no difference.
fn scratch() -> TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .expect("a temporary directory")
}

/// Runs `conduit seed` with these arguments on a state directory; returns its exit code and what it
/// said.
fn seed(state: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = command(&["--state-dir"])
        .arg(state)
        .args(arguments)
        .output()
        .expect("`conduit seed` starts");
    let said = String::from_utf8(output.stderr).expect("stderr is text");
    (output.status.code(), said)
}

/// How many articles the database counts, and the titles of the newest.
fn listed(state: &Path) -> (i64, Vec<String>) {
    let database =
        Connection::open(state.join("sqlite_db.db")).expect("the database can be opened");
    let count = "SELECT amount FROM totals WHERE name = 'articles'";
    let count = database.query_row(count, [], |row| row.get(0));
    let mut newest = database
        .prepare("SELECT title FROM articles ORDER BY id DESC LIMIT 20")
        .expect("there are articles");
    let titles = newest.query_map([], |row| row.get(0));
    let titles = titles
        .expect("they can be read")
        .map(|title| title.expect("a title"));
    (count.expect("a count"), titles.collect())
}

#[test]
fn a_second_run_adds_what_is_missing_and_a_third_nothing() {
    let state = scratch();

    let (code, said) = seed(state.path(), &["--articles", "150"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("Wrote 150 articles"), "{said}");
    assert!(!said.contains("ERROR"), "{said}");
    assert_eq!(listed(state.path()).0, 150);

    let (code, said) = seed(state.path(), &["--articles", "230"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("Wrote 80 articles"), "{said}");

    let (code, said) = seed(state.path(), &["--articles", "200"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("Nothing to do") && said.contains("230"),
        "{said}"
    );

    // What came in two steps is what comes in one.
    let other = scratch();
    let (code, said) = seed(other.path(), &["--articles", "230"]);
    assert_eq!(code, Some(0), "{said}");
    let (count, titles) = listed(state.path());
    assert_eq!((count, titles.len()), (230, 20));
    assert_eq!(listed(other.path()), (count, titles));

    // Another seed lies beside it.
    let (code, said) = seed(state.path(), &["--articles", "10", "--seed", "2"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(listed(state.path()).0, 240);
}

#[test]
fn an_interrupt_leaves_whole_transactions() {
    let state = scratch();
    let mut child = command(&["--articles", "1_000_000", "--state-dir"])
        .arg(state.path())
        .stderr(Stdio::piped())
        .spawn()
        .expect("`conduit seed` starts");
    let mut lines = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
    let started = lines.any(|line| line.expect("stderr is text").starts_with("Writing "));
    assert!(started, "it says when it begins to write");
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .expect("`kill` starts");
    assert!(sent.success());
    let said: Vec<String> = lines.map(|line| line.expect("stderr is text")).collect();
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(130), "{said:?}");
    assert!(
        said.iter().any(|line| line.contains("Stopped with")),
        "{said:?}"
    );

    let (code, said) = seed(state.path(), &["--articles", "1"]);
    assert_eq!(code, Some(0), "{said}");
    let words = said
        .split_whitespace()
        .filter_map(|word| word.parse::<i64>().ok());
    let there = words.max().expect("a number of articles");
    assert!(there > 0 && there % 2_000 == 0, "{said}");
    assert_eq!(listed(state.path()).0, there);
}

#[test]
fn what_cannot_be_filled_is_one_sentence() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let seed = |more: &[&str], path: &Path| {
        let output = command(&["--articles", "10"]).args(more).arg(path).output();
        let output = output.expect("`conduit seed` starts");
        let message = String::from_utf8(output.stderr).expect("stderr is text");
        assert_eq!(output.status.code(), Some(1), "{message}");
        let mut lines = message.lines().filter(|line| line.starts_with("error: "));
        let (sentence, more) = (lines.next(), lines.next());
        assert_eq!(more, None, "one sentence: {message}");
        sentence.expect("it says why it fails").to_owned()
    };

    // A file where the directory should be.
    let file = folder.path().join("file");
    std::fs::write(&file, "").expect("a file");
    let message = seed(&["--state-dir"], &file);
    assert!(message.contains("--state-dir"), "{message}");

    // No database.
    let state = folder.path().join("state");
    std::fs::create_dir(&state).expect("a directory");
    std::fs::write(state.join("sqlite_db.db"), "not a database ".repeat(1_000)).expect("a file");
    let message = seed(&["--state-dir"], &state);
    assert!(message.contains("not a database"), "{message}");

    // None of that label.
    let message = seed(
        &["--variable", "database_url=sqlite:elsewhere", "--state-dir"],
        folder.path(),
    );
    assert!(message.contains("elsewhere"), "{message}");

    // No articles.
    let manifest = folder.path().join("spin.toml");
    std::fs::write(
        &manifest,
        "spin_manifest_version = 2\n[application]\nname = \"t\"\n[[trigger.http]]\nroute = \"/\"\n\
         static_response = { body = \"x\" }\n",
    )
    .expect("a manifest");
    let message = seed(&["--from"], &manifest);
    assert!(message.contains("articles"), "{message}");
}
