//! What one caller's request leaves in the answer to another's is found.

use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;
use jenny_test::{Client, Mingled, StateBleed, TestApp};

use crate::guest;

/// Callers who are greeted by a component that does it `how`.
async fn greeted(how: &'static str, rounds: u64) -> Mingled {
    let names = ["anna", "jacob", "carol", "mallory"];
    StateBleed::of(guest::builder)
        .rounds(rounds)
        .check(async |_: &TestApp| {
            names.map(|name| {
                let client = Client::new(name).known_by([name]);
                let path = format!("/careless/{how}/{name}");
                client.sends(move |app| app.get(&path))
            })
        })
        .await
}

/// The message that a check fails with.
async fn found(check: impl Future<Output = Mingled>) -> String {
    let panicked = AssertUnwindSafe(check).catch_unwind().await;
    let panic = panicked.expect_err("it was not found");
    match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => (*panic.downcast::<&str>().expect("a message")).to_owned(),
    }
}

#[tokio::test]
async fn a_component_that_keeps_nobody_passes() {
    let mingled = greeted("rightly", 12).await;

    assert_eq!(mingled.compared + mingled.errors, 4 * 12);
    assert!(mingled.compared > 4 * 6, "{mingled:?}");
    assert!(mingled.turns > 12, "{mingled:?}");
}

#[tokio::test]
async fn a_latest_caller_who_is_kept_is_found() {
    let message = found(greeted("latest", 2)).await;

    assert!(message.starts_with("an answer to "), "{message}");
    assert!(message.contains(" (round 1 of seed 0)"), "{message}");
}

#[tokio::test]
async fn a_first_caller_who_is_kept_is_found() {
    let message = found(greeted("first", 2)).await;

    assert!(message.starts_with("an answer to "), "{message}");
}

#[tokio::test]
async fn a_caller_who_is_kept_for_errors_is_found_when_something_goes_wrong() {
    let mingled = greeted("error", 2).await;
    assert_eq!(mingled.errors, 0);

    let message = found(greeted("error", 40)).await;

    assert!(message.contains("the request of "), "{message}");
}

#[tokio::test]
async fn who_is_known_by_nothing_is_told_from_others_all_the_same() {
    let message = found(
        StateBleed::of(guest::builder)
            .rounds(2)
            .check(async |_: &TestApp| {
                ["anna", "jacob"].map(|name| {
                    Client::new(name).sends(move |app| app.get(&format!("/careless/latest/{name}")))
                })
            }),
    )
    .await;

    assert!(
        message.contains("is another one than without other clients"),
        "{message}"
    );
}

#[tokio::test]
async fn a_component_whose_requests_do_not_meet_is_named() {
    let message = found(StateBleed::of(guest::builder).check(async |_: &TestApp| {
        ["anna", "jacob"].map(|name| Client::new(name).sends(|app| app.get("/ok")))
    }))
    .await;

    assert!(
        message.starts_with("no requests of different clients met in an instance of guest"),
        "{message}"
    );
}
