//! Programs that answer well, badly, late or never.

use std::time::Instant;

use super::*;

#[test]
fn a_program_that_fails_is_told_with_its_own_words() {
    let check = Fake::new()
        .program("python3", "echo No module named pip >&2; exit 1")
        .complaint();
    assert_eq!(check.status, Status::Unfit);
    assert_eq!(check.detail, "it ends with an error: No module named pip");
    let check = Fake::new().program("git", "kill -9 $$").complaint();
    assert_eq!(check.detail, "it ends with an error");
}

/// Waits until none of these processes runs, which cannot take long once they were killed.
fn all_end(ids: &str) {
    let runs = |id: &str| {
        // What ended and was not yet waited for still has its number.
        let state = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        !state.is_empty() && !state.contains(") Z ")
    };
    let start = Instant::now();
    while ids.split_whitespace().any(runs) {
        assert!(start.elapsed() < PATIENT, "one of {ids} still runs");
        std::thread::yield_now();
    }
}

#[test]
fn a_program_that_never_answers_is_ended_with_all_that_it_started() {
    let fake = Fake::new();
    let ids = fake.folder.path().join("ids");
    let script = format!("/bin/sleep 100000 & echo $$ $! > {}; wait", ids.display());
    let fake = fake.program("rustc", &script).impatient();
    // Until it has come so far, however slow the machine is.
    let started = loop {
        let check = toolchain::rustc(&fake.machine);
        assert_eq!(check.detail, "it does not answer");
        let ids = fs::read_to_string(&ids).unwrap_or_default();
        if ids.ends_with('\n') {
            break ids;
        }
    };
    all_end(&started);
}

#[test]
fn what_a_program_leaves_behind_is_ended_and_not_waited_for() {
    let fake = Fake::new();
    let id = fake.folder.path().join("id");
    // The child would hold the pipe open for a day.
    let script = format!(
        "/bin/sleep 100000 & echo $! > {}; echo cargo 1.95.0",
        id.display()
    );
    let fake = fake.program("cargo", &script);
    assert_eq!(toolchain::cargo(&fake.machine).detail, "cargo 1.95.0");
    all_end(&fs::read_to_string(id).expect("it was written"));
}

#[test]
fn a_program_that_prints_for_ever_is_ended() {
    let script = "while :; do echo more and more and more and more and more; done";
    let fake = Fake::new().program("rustc", script).impatient();
    let check = toolchain::rustc(&fake.machine);
    assert_eq!(check.detail, "it does not answer");
}

#[test]
fn versions_are_found_in_what_programs_print() {
    for (text, expected) in [
        ("v22.12.0", Some((22, 12, 0))),
        ("spin 4.1.0 (abc 2026-05-01)", Some((4, 1, 0))),
        ("spin 4.1.0-pre0", Some((4, 1, 0))),
        ("initdb (PostgreSQL) 17.1", Some((17, 1, 0))),
        ("Redis server v=7.0.15 sha=00000000:0", Some((7, 0, 15))),
        ("version 7", None),
        ("...", None),
        ("99999999999999999999.1", None),
        ("", None),
    ] {
        assert_eq!(ask::version(text), expected, "{text}");
    }
}
