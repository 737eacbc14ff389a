//! Tests that forget something, and what they are told.

use std::pin::pin;
use std::process::Command;
use std::sync::Arc;

use futures::poll;
use jenny_test::{TestApp, TestRequest};

use crate::failing::{Failure, failing};
use crate::guest;

/// Waits for the answer of a component that takes a day.
fn hanging(app: &TestApp) -> TestRequest<'_> {
    app.get("/hang")
}

#[tokio::test]
async fn a_request_that_is_never_sent_fails_its_test() {
    let app = guest::app().await;

    failing(|| drop(app.post("/ok").query("a", "b"))).says(&[
        "POST /ok?a=b (",
        "leftovers.rs:",
        "was built and never sent",
        "`.send().await`",
    ]);

    drop(app.get("/ok").may_be_abandoned());
}

#[tokio::test]
async fn a_request_that_is_never_awaited_fails_its_test() {
    let app = guest::app().await;

    failing(|| drop(app.get("/ok").send())).says(&[
        "GET /ok (",
        "was sent and never awaited",
        "add `.await`",
    ]);
    failing(|| drop(app.get("/ok").send_streaming())).says(&["was sent and never awaited"]);

    drop(app.get("/ok").may_be_abandoned().send());
}

#[tokio::test]
async fn a_request_that_is_given_up_fails_its_test() {
    let app = guest::app().await;
    let mut request = Box::pin(hanging(&app).send());
    assert!(poll!(&mut request).is_pending());

    failing(|| drop(request)).says(&["GET /hang (", "was dropped before it was answered"]);

    let mut request = pin!(hanging(&app).may_be_abandoned().send());
    assert!(poll!(&mut request).is_pending());
}

#[tokio::test]
async fn an_answer_that_is_not_read_to_its_end_fails_its_test() {
    let app = guest::app().await;
    let mut answer = app.get("/stream/hang").send_streaming().await;
    answer.chunk().await.expect("it goes on");

    failing(|| drop(answer)).says(&[
        "the answer to GET /stream/hang (",
        "was not read to its end",
        "`.abandon()`",
    ]);

    app.get("/stream/hang").send_streaming().await.abandon();
    drop(app.get("/ok").may_be_abandoned().send_streaming().await);
    let answer = app.get("/ok").send_streaming().await;
    answer.read_to_end().await.expect("it is whole");
}

#[tokio::test]
async fn a_request_that_was_started_is_awaited_or_abandoned() {
    let app = guest::app().await;
    let request = hanging(&app).start();

    failing(|| drop(request)).says(&["GET /hang (", "was dropped before it was answered"]);

    hanging(&app).start().abandon().await;
    drop(hanging(&app).may_be_abandoned().start());
    app.get("/ok").start().await.assert_text("ok");
}

#[tokio::test]
async fn a_request_that_outlives_its_application_fails_its_test() {
    let app = guest::app().await;
    let request = tokio::spawn(hanging(&app).send());
    tokio::task::yield_now().await;

    failing(|| drop(app)).says(&[
        "dropped while a request was still running: GET /hang (",
        "leftovers.rs:",
    ]);

    request.abort();
    assert!(request.await.expect_err("it was aborted").is_panic());
}

/// tokio keeps a panic of a task that is dropped to itself.
#[tokio::test]
async fn a_request_that_a_task_gave_up_fails_its_test_in_the_end() {
    let app = guest::app().await;
    let request = tokio::spawn(hanging(&app).send());
    tokio::task::yield_now().await;
    request.abort();
    _ = request.await;

    failing(|| drop(app)).says(&["GET /hang (", "was dropped before it was answered"]);
}

#[tokio::test]
async fn a_test_that_fails_anyway_fails_for_its_own_reason() {
    let app = guest::app().await;
    let mut running = Box::pin(hanging(&app).send());
    assert!(poll!(&mut running).is_pending());

    let failure: Failure = failing(|| {
        let _unsent = app.get("/ok");
        let _running = running;
        panic!("the reason");
    });

    failure.says(&["the reason"]);
}

/// Tells the program below that it is the one to go wrong.
const FORGETFUL: &str = "JENNY_TEST_FORGETS";

/// The test has succeeded by then, so there is no other way to fail.
#[tokio::test]
async fn a_task_that_is_left_with_the_application_ends_the_program() {
    if std::env::var_os(FORGETFUL).is_some() {
        let app = Arc::new(guest::app().await);
        let kept = Arc::clone(&app);
        tokio::spawn(async move { kept.get("/hang").send().await });
        return tokio::task::yield_now().await;
    }
    let program = std::env::current_exe().expect("a test has a file");
    let name = "leftovers::a_task_that_is_left_with_the_application_ends_the_program";

    let ended = Command::new(program)
        .args(["--exact", name])
        .env(FORGETFUL, "1")
        .output()
        .expect("it can be started");

    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(said.contains("GET /hang ("), "{said}");
    assert!(
        said.contains("was dropped before it was answered"),
        "{said}"
    );
    assert_eq!(ended.status.code(), Some(101));
}
