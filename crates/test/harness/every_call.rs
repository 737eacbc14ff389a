//! Scenarios in which each call of the host goes wrong in turn.

use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use std::process::Command;

use futures::FutureExt as _;
use jenny_test::{EveryCall, Fault, Hit, Mishap, TestApp, TestAppBuilder, TestResponse};
use serde_json::json;

/// Applications that read a variable and the database.
fn app() -> TestAppBuilder {
    TestApp::from_manifest("fixtures/guestbook")
}

async fn look(app: &TestApp, (): &()) -> TestResponse {
    app.get("/book/entries").send().await
}

/// The message of the panic that `test` ends with.
async fn panic_of(test: impl Future) -> String {
    let panicked = AssertUnwindSafe(test).catch_unwind().await;
    let Err(panic) = panicked.map(drop) else {
        panic!("it did not fail");
    };
    match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => (*panic.downcast::<&str>().expect("a message")).to_owned(),
    }
}

#[tokio::test]
async fn an_invariant_that_does_not_hold_names_the_run() {
    let message = panic_of(EveryCall::of(app).only(&[Mishap::Fails]).check(
        async |_| (),
        look,
        async |_, (), answer, hit: &Hit| {
            assert_eq!(answer.status, 200, "{hit}");
        },
    ))
    .await;

    assert!(message.contains("fails 1: "), "{message}");
}

#[tokio::test]
async fn a_scenario_that_calls_nothing_is_no_scenario() {
    let nothing = async |_: &TestApp, (): &()| {};
    let holds = async |_: &TestApp, (): &(), (), _: &Hit| {};

    let test = EveryCall::of(app);
    let message = panic_of(test.check(async |_| (), nothing, holds)).await;

    assert_eq!(message, "the scenario makes no call of the host");
}

#[tokio::test]
async fn a_scenario_that_is_not_the_same_again_is_found_out() {
    let paths = ["/book/entries", "/book/count"];
    let runs = RefCell::new(0);
    let fickle = async |app: &TestApp, (): &()| {
        let run = runs.replace_with(|runs| *runs + 1);
        app.get(paths[run % 2]).send().await;
    };
    let holds = async |_: &TestApp, (): &(), (), _: &Hit| {};

    let test = EveryCall::of(app);
    let message = panic_of(test.check(async |_| (), fickle, holds)).await;

    assert!(
        message.starts_with("the scenario makes other calls when it runs again"),
        "{message}"
    );
}

#[tokio::test]
async fn faults_of_the_builder_are_part_of_the_scenario() {
    let count = async |app: &TestApp, (): &()| app.get("/book/count").send().await;

    let checked = EveryCall::of(|| app().fault(Fault::on_key_value()))
        .only(&[Mishap::KillsTheInstance])
        .check(
            async |_| (),
            count,
            async |app, (), answer, hit| {
                assert_eq!(answer.status, 500, "{hit}");
                app.get("/book/entries").send().await.assert_status(200);
            },
        )
        .await;

    assert_eq!(checked.runs, checked.calls + 1);
}

/// Tells the programs below which of them is to go wrong.
const GOES_WRONG: &str = "JENNY_TEST_EVERY_CALL_GOES_WRONG";

/// Has this test alone go wrong in a program of its own, and returns what that said.
fn gone_wrong(name: &str, run: Option<&str>) -> String {
    let program = std::env::current_exe().expect("a test has a file");
    let mut command = Command::new(program);
    command.args(["--exact", &format!("every_call::{name}"), "--nocapture"]);
    command
        .env(GOES_WRONG, "1")
        .envs(run.map(|run| ("JENNY_EVERY_CALL", run)));
    let ended = command.output().expect("it can be started");
    let said = [ended.stdout, ended.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(!ended.status.success(), "{said}");
    said
}

#[tokio::test]
async fn what_is_found_when_the_application_goes_names_the_run() {
    if std::env::var_os(GOES_WRONG).is_none() {
        let said = gone_wrong(
            "what_is_found_when_the_application_goes_names_the_run",
            None,
        );
        for part in ["sent a request that nobody expects", "and now: fails 1: "] {
            assert!(said.contains(part), "{part:?} is missing in: {said}");
        }
        return;
    }
    let book = || app().variable("checker", "https://checker.example.com/check");
    let ask_elsewhere = async |app: &TestApp, (): &(), _, hit: &Hit| {
        if hit.mishap().is_some() {
            let entry = json!({ "name": "Ada", "message": "I was here" });
            app.post("/book/entries").json(&entry).send().await;
        }
    };
    EveryCall::of(book)
        .check(async |_| (), look, ask_elsewhere)
        .await;
}

#[tokio::test]
async fn a_run_that_there_is_not_is_no_success() {
    if std::env::var_os(GOES_WRONG).is_none() {
        let name = "a_run_that_there_is_not_is_no_success";
        let said = gone_wrong(name, Some("fails 700"));
        for part in ["JENNY_EVERY_CALL is \"fails 700\"", "fails 1, fails 2, "] {
            assert!(said.contains(part), "{part:?} is missing in: {said}");
        }
        return;
    }
    EveryCall::of(app)
        .check(async |_| (), look, async |_, (), _, _| {})
        .await;
}

#[test]
#[should_panic(expected = "no mishap is named")]
fn nothing_to_go_wrong_is_a_mistake() {
    drop(EveryCall::of(app).only(&[]));
}
