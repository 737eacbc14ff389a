//! Nothing of one caller's request gets into the answer to another's, in the functions that bring no test of
//! that themselves.

use jenny_test::{Client, StateBleed, TestApp};

use crate::coverage::without_mingling;

/// What callers ask for. An answer to one of them must not hold the other's name.
fn client(name: &'static str) -> Client {
    let paths = [
        "/health/live".to_owned(),
        "/health/ready".to_owned(),
        "/openapi.json".to_owned(),
        "/docs".to_owned(),
        "/problems".to_owned(),
        format!("/problems/nothing-of-{name}"),
    ];
    let client = Client::new(name).known_by([name]);
    paths
        .into_iter()
        .enumerate()
        .fold(client, |client, (number, path)| {
            let id = format!("{name}-{number}");
            client.sends(move |app| app.get(&path).header("x-request-id", &id))
        })
}

#[tokio::test]
async fn no_answer_holds_anything_of_another_caller() {
    // A function that is not asked here fails below, by name.
    let functions = without_mingling().await;

    let mingled = StateBleed::of(|| {
        let app = crate::app();
        functions
            .iter()
            .fold(app, |app, function| app.only(function))
    })
    .check(async |_: &TestApp| ["mallory", "oscar", "trent"].map(client))
    .await;

    assert!(mingled.compared > 100, "{mingled:?}");
    assert!(mingled.turns > 100, "{mingled:?}");
}
