//! Components that come to a bad end.

use std::time::Duration;

use jenny_test::{FailureKind, Fault};

use crate::failing::{failing, failing_future};
use crate::guest;

#[tokio::test]
async fn a_trap_shows_what_one_wants_to_know() {
    let app = guest::app().await;
    failing_future(app.get("/trap").send()).await.says(&[
        "component `guest` trapped while it answered GET /trap (",
        "harness/failures.rs:",
        "unreachable",
        "printed since:",
        "panicked at crates/host/tests/guest/src/lib.rs:",
        "asked to trap",
        "Where it was, innermost first:",
        "0: host_guest::handle::",
        "of the component's runtime",
    ]);
}

#[tokio::test]
async fn an_expected_failure_is_a_value() {
    let app = guest::app().await;

    let failure = app.get("/trap").send_expecting_failure().await;

    assert_eq!(failure.kind(), FailureKind::Trap);
    assert_eq!(failure.component(), "guest");
    assert!(
        failure.log().iter().any(|line| line == "asked to trap"),
        "{failure}"
    );
    let innermost = failure.backtrace().first().cloned().unwrap_or_default();
    assert!(innermost.starts_with("host_guest::handle"), "{failure}");
    failure.response().assert_status(500);

    // The next request meets another instance, whose log is another.
    let next = app.get("/trap").send_expecting_failure().await;
    assert_eq!(next.log().len(), failure.log().len(), "{next}");
    app.get("/ok").send().await.assert_status(200);
}

#[tokio::test]
async fn a_failure_that_was_expected_must_come() {
    let app = guest::app().await;
    failing_future(app.get("/ok").send_expecting_failure())
        .await
        .says(&["no component failed", "GET /ok"]);
    assert!(app.get("/ok").try_send().await.is_ok());
}

#[tokio::test]
async fn a_request_that_the_host_gives_up_is_a_failure() {
    for path in ["/loop", "/hang"] {
        let timeout = Duration::from_millis(300);
        let app = guest::builder().request_timeout(timeout).build().await;

        let failure = app.get(path).send_expecting_failure().await;

        assert_eq!(failure.kind(), FailureKind::TimedOut, "{failure}");
        failure.response().assert_status(504);
    }
}

#[tokio::test]
async fn a_component_that_asks_for_too_much_says_so_in_its_log() {
    let app = guest::builder().max_instance_memory(8 << 20).build().await;
    let failure = app.get("/memory").send_expecting_failure().await;
    assert_eq!(failure.kind(), FailureKind::Trap);
    assert!(
        failure
            .log()
            .iter()
            .any(|line| line.contains("memory allocation")),
        "{failure}"
    );
}

#[tokio::test]
async fn neighbours_in_the_same_instance_fail_with_it() {
    let app = guest::builder().one_instance_each().build().await;
    let neighbour = app.get("/hang").start();
    // It is in the instance once something else was answered there.
    app.get("/ok").send().await.assert_status(200);

    let failure = app.get("/trap").send_expecting_failure().await;

    assert!(
        failure.to_string().contains("1 more in the same instance"),
        "{failure}"
    );
    failing_future(neighbour).await.says(&[
        "component `guest` trapped while it answered GET /hang",
        "asked to trap",
    ]);
}

#[tokio::test]
async fn a_body_that_breaks_off_in_a_trap_shows_the_trap() {
    let app = guest::builder().real_time().build().await;
    failing_future(app.get("/stream/trap").send()).await.says(&[
        "component `guest` trapped while it answered GET /stream/trap",
        "asked to trap",
    ]);
}

#[tokio::test]
async fn a_body_that_was_seen_to_break_off_needs_no_more_attention() {
    let app = guest::builder().real_time().build().await;
    let answer = app.get("/stream/trap").send_streaming().await;
    assert!(answer.read_to_end().await.is_err());
    app.restart_instances().await;
}

#[tokio::test]
async fn a_trap_that_nobody_was_told_of_fails_when_the_application_goes() {
    let app = guest::builder().real_time().build().await;
    let mut answer = app.get("/stream/trap").send_streaming().await;
    assert!(answer.chunk().await.is_ok());
    answer.abandon();
    app.restart_instances().await;

    failing(|| drop(app)).says(&[
        "component `guest` trapped, which no request was told of",
        "asked to trap",
    ]);
}

#[tokio::test]
async fn an_instance_that_the_test_ends_is_no_failure() {
    let app = guest::app().await;
    app.inject(Fault::on_key_value().kills_the_instance());
    app.get("/interface/key-value")
        .send()
        .await
        .assert_status(500);
}
