//! No test waits for time to pass: it would be slow when all is well and flaky when it is not.

use crate::check::finding::Report;
use crate::check::project::{Project, Source};
use crate::check::rust_source::lines_with;

/// What the rule looks for. Here and in its tests these are texts: nothing in this file waits.
const SLEEPS: [&str; 2] = ["thread::sleep", "time::sleep"];

pub(super) fn check(project: &Project) -> Vec<Report> {
    let mut reports = Vec::new();
    for source in project.sources() {
        let Some(first) = first_test_line(source) else {
            continue;
        };
        for name in SLEEPS {
            for line in lines_with(&source.code, name).filter(|line| *line >= first) {
                reports.push(
                    Report::at(
                        &source.path,
                        format!(
                            "a test must not wait for time to pass (`{name}`): wait for the event \
                             itself, or move the clock"
                        ),
                    )
                    .line(line),
                );
            }
        }
    }
    reports
}

/// Where test code starts: at the top of a test file, else at the module of unit tests, which by
/// custom is the last thing in its file.
pub(super) fn first_test_line(source: &Source) -> Option<usize> {
    let path = format!("/{}", source.path);
    if let Some((_, below)) = path.split_once("/tests/") {
        // A package down there is no test but what tests run on or against: the harness, a guest, a
        // server. Its own unit tests are at the end of their files, as everywhere.
        if !format!("/{below}").contains("/src/") {
            return Some(1);
        }
    }
    if path.ends_with("/tests.rs") {
        return Some(1);
    }
    let mut lines = source.code.lines().enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        let module = lines
            .peek()
            .is_some_and(|(_, next)| next.contains("mod ") && next.contains('{'));
        if line.trim() == "#[cfg(test)]" && module {
            return Some(index + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::fixture::{Fixture, messages};

    #[test]
    fn sleeps_in_tests_are_found() {
        assert!(check(&Fixture::new().load()).is_empty());
        for (file, text) in [
            ("tests/it/hello.rs", "fn f() { std::thread::sleep(d) }"),
            (
                "crates/host/tests/it.rs",
                "async fn f() { tokio::time::sleep(d).await }",
            ),
            (
                "crates/host/src/a.rs",
                "#[cfg(test)]\nmod tests {\n    fn f() { std::thread::sleep(d) }\n}",
            ),
            (
                "tests/src/a.rs",
                "#[cfg(test)]\nmod tests {\n    fn f() { std::thread::sleep(d) }\n}",
            ),
        ] {
            let found = messages(check(&Fixture::new().with(file, text).load()));
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with(file), "{found:?}");
        }
    }

    #[test]
    fn sleeps_outside_tests_are_fine() {
        let text = "#[cfg(test)]\nmod tests;\nasync fn f() { tokio::time::sleep(d).await }\n";
        let guest = "async fn f() { tokio::time::sleep(d).await }\n";
        let project = Fixture::new()
            .with("crates/host/src/a.rs", text)
            .with("crates/host/tests/guest/src/lib.rs", guest)
            .with("tests/src/clock.rs", guest)
            .load();
        let found = messages(check(&project));
        assert!(found.is_empty(), "{found:?}");
    }
}
