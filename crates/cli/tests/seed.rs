//! The real `jenny seed`, as its users run it.

#[allow(
    dead_code,
    reason = "these tests need less of it than those of `jenny up`"
)]
mod process;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;

use process::Jenny;

/// Runs `jenny seed` with these arguments on a state directory; returns its exit code and what it
/// said.
fn seed(state: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = process::command(&["seed", "--state-dir"])
        .arg(state)
        .args(arguments)
        .output()
        .expect("`jenny seed` starts");
    let said = String::from_utf8(output.stderr).expect("stderr is text");
    (output.status.code(), said)
}

/// How many articles the application counts, and the titles of its first page.
fn listed(state: &Path) -> (u64, Vec<String>) {
    let jenny = Jenny::up(&["--no-build", "--state-dir"], state);
    let (status, body) = process::get(&jenny.url("/api/articles"), None);
    assert_eq!(status, 200, "{body}");
    let articles = body["articles"].as_array().expect("a list");
    let titles = articles.iter().map(|article| article["title"].to_string());
    let count = body["articlesCount"].as_u64().expect("a count");
    (count, titles.collect())
}

#[test]
fn a_second_run_adds_what_is_missing_and_a_third_nothing() {
    let state = process::state();

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
    let other = process::state();
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
    let state = process::state();
    let mut child = process::command(&["seed", "--articles", "1_000_000", "--state-dir"])
        .arg(state.path())
        .stderr(Stdio::piped())
        .spawn()
        .expect("`jenny seed` starts");
    let mut lines = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
    let started = lines.any(|line| line.expect("stderr is text").starts_with("Writing "));
    assert!(started, "it says when it begins to write");
    process::send_signal(&child, "INT");
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
        .filter_map(|word| word.parse::<u64>().ok());
    let there: u64 = words.max().expect("a number of articles");
    assert!(there > 0 && there.is_multiple_of(2_000), "{said}");
    assert_eq!(listed(state.path()).0, there);
}

#[test]
fn what_cannot_be_filled_is_one_sentence() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let seed = |more: &[&str], path: &Path| {
        let arguments = [&["seed", "--articles", "10"], more].concat();
        process::fails(&arguments, path)
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
