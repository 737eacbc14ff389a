//! The real `jenny token`, and the functions that accept what it prints.

#[allow(
    dead_code,
    reason = "these tests need less of it than those of `jenny up`"
)]
mod process;

use std::path::Path;
use std::process::Output;

use process::Jenny;

fn token(state: &Path, arguments: &[&str]) -> Output {
    let mut jenny = process::command(&["token", "jacob", "--state-dir"]);
    jenny.arg(state).args(arguments);
    jenny.output().expect("`jenny token` starts")
}

/// The token alone, without its line break.
fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout.clone()).expect("it is text");
    let token = text.strip_suffix('\n').expect("a line");
    assert!(!token.contains(char::is_whitespace), "{text}");
    token.to_owned()
}

#[test]
fn a_running_application_accepts_the_token() {
    let state = process::state();
    let new = token(state.path(), &[]);
    assert_eq!(new.status.code(), Some(1), "{new:?}");
    assert!(
        String::from_utf8_lossy(&new.stderr).contains("/health/ready"),
        "{new:?}"
    );

    let jenny = Jenny::up(&["--state-dir"], state.path());
    let (status, _) = process::get(&jenny.url("/health/ready"), None);
    assert_eq!(status, 200);
    let feed = jenny.url("/api/articles/feed");
    let (status, _) = process::get(&feed, None);
    assert_eq!(status, 401);

    // The first one creates the key, the second one finds it.
    for _ in 0..2 {
        let token = printed(&token(state.path(), &[]));
        let (status, body) = process::get(&feed, Some(&token));
        assert_eq!(status, 200, "{body}");
    }

    let elsewhere = process::state();
    let other = Jenny::up(&["--no-build", "--state-dir"], elsewhere.path());
    let (status, _) = process::get(&other.url("/health/ready"), None);
    assert_eq!(status, 200);
    let foreign = printed(&token(elsewhere.path(), &[]));
    let (status, _) = process::get(&feed, Some(&foreign));
    assert_eq!(status, 401, "another application's key");
}

#[test]
fn there_is_no_token_where_others_are_served_or_no_function_would_accept_it() {
    let state = process::state();
    for (variables, says) in [
        (&["public_url=https://example.org"][..], "not this machine"),
        (&["database_url=postgres://db/x"], "on Postgres"),
        (&["signing_key=nonsense"], "Ed25519 private key"),
    ] {
        let arguments: Vec<_> = variables.iter().flat_map(|it| ["--variable", it]).collect();
        let output = token(state.path(), &arguments);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(output.stdout.is_empty(), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(says), "{said}");
        assert!(!said.contains("nonsense"), "a secret: {said}");
    }
}
