//! `hello`: Greets on behalf of hello.

use jenny_test::{Budgets, Client, StateBleed, Store};
use serde_json::json;

const NAME: &str = "hello";
const PATH: &str = "/hello";
const BUDGETS: &str = "../functions/hello/budgets.toml";

#[tokio::test]
async fn who_is_named_is_greeted_and_the_world_otherwise() {
    let app = crate::app().build().await;
    for (name, greeting) in [(None, "Hello, world!"), (Some("Ada"), "Hello, Ada!")] {
        let request = app.get(PATH);
        let request = match name {
            Some(name) => request.query("name", name),
            None => request,
        };
        let response = request.send().await;
        response
            .assert_status(200)
            .assert_header("content-type", "application/json");
        assert_eq!(response.json(), json!({ "greeting": greeting }));
    }
}

#[tokio::test]
async fn a_name_that_breaks_a_rule_is_told_so() {
    let app = crate::app().build().await;
    for name in ["", &"é".repeat(65)] {
        let response = app.get(PATH).query("name", name).send().await;
        response
            .assert_problem(422, "validation")
            .assert_violations(&["/name"]);
    }
}

#[tokio::test]
async fn other_methods_are_told_which_there_are() {
    let app = crate::app().build().await;
    for request in [app.post(PATH), app.put(PATH), app.delete(PATH)] {
        let response = request.json(&json!({})).send().await;
        response
            .assert_problem(405, "method-not-allowed")
            .assert_header("allow", "GET,HEAD");
    }
}

#[tokio::test]
async fn tells_nobody_of_another_caller() {
    StateBleed::of(|| crate::app().only(NAME))
        .check(async |_| {
            ["anna", "jacob"].map(|name| {
                Client::new(name).known_by([name]).sends(move |app| {
                    let request = app.get(PATH).query("name", name);
                    request.header("x-request-id", format!("of-{name}"))
                })
            })
        })
        .await;
}

#[tokio::test]
async fn keeps_to_its_budget() {
    // What a server answers, and when, is not the same each time.
    if crate::STORE == Store::Postgres {
        return;
    }
    let app = crate::app().only(NAME).metered().await;
    let mut budgets = Budgets::open(BUDGETS);
    budgets.component(&app, NAME);
    budgets
        .measure(&app, &format!("GET {PATH}"), 200, |app, _| app.get(PATH))
        .await;
    budgets.finish();
}
