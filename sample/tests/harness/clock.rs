//! Time that the test rules.

use std::time::Duration;

use jenny_test::{Fault, TestApp, TestResponse, Timestamp};
use serde_json::json;

use super::{publish, register};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

async fn read_self(app: &TestApp, token: &str) -> TestResponse {
    app.get("/api/user").bearer(token).send().await
}

/// How a cache answered, and where it did.
async fn cached(app: &TestApp, path: &str) -> String {
    let answer = app.get(path).send().await;
    let status = answer.assert_status(200).header("cache-status");
    let status = status.expect("it says what the cache did");
    let (status, _) = status.split_once("; ttl").unwrap_or((status, ""));
    status.to_owned()
}

#[tokio::test]
async fn time_stands_still_within_a_request_and_moves_by_a_millisecond_before_each() {
    let start = time("2031-12-31T23:59:59.998Z");
    let app = TestApp::builder().starting_at(start).build().await;
    let token = register(&app, "jacob").await;
    assert_eq!(app.clock().now(), time("2031-12-31T23:59:59.999Z"));

    for created in ["2032-01-01T00:00:00.000Z", "2032-01-01T00:00:00.001Z"] {
        publish(&app, &token, created)
            .await
            .assert_json("/article/createdAt", created)
            .assert_json("/article/updatedAt", created);
    }

    app.clock().advance(seconds(1800));
    publish(&app, &token, "Later")
        .await
        .assert_json("/article/createdAt", "2032-01-01T00:30:00.002Z");
}

#[tokio::test]
async fn a_token_expires_when_the_clock_moves() {
    let app = TestApp::new().await;
    let token = register(&app, "jacob").await;

    app.clock().advance(seconds(3600));
    read_self(&app, &token).await.assert_status(200);
    // What clocks may be apart.
    app.clock().advance(seconds(5));

    read_self(&app, &token)
        .await
        .assert_problem(401, "unauthorized");
}

#[tokio::test]
async fn a_clock_that_is_set_back_makes_a_token_one_of_the_future() {
    let app = TestApp::new().await;
    let token = register(&app, "jacob").await;
    let issued = app.clock().now();

    app.clock().set(time("2020-01-01T00:00:00Z"));
    read_self(&app, &token).await.assert_status(401);
    app.clock().set(issued);
    read_self(&app, &token).await.assert_status(200);
}

#[tokio::test]
async fn what_an_instance_remembers_gets_stale_and_is_forgotten() {
    let app = TestApp::new().await;
    assert_eq!(cached(&app, "/api/tags").await, "jenny; fwd=miss; stored");
    assert_eq!(cached(&app, "/api/tags").await, "jenny; hit");

    // Fresh for a minute less a tenth at most, and good for another one while it is loaded anew.
    app.clock().advance(seconds(53));
    app.clear_calls();
    assert_eq!(cached(&app, "/api/tags").await, "jenny; hit");
    assert_eq!(app.statements(), Vec::<String>::new());

    app.clock().advance(seconds(8));
    assert_eq!(cached(&app, "/api/tags").await, "jenny; hit");
    assert_eq!(app.statements().len(), 1, "it was loaded behind the answer");
    app.clear_calls();
    assert_eq!(cached(&app, "/api/tags").await, "jenny; hit");
    assert_eq!(app.statements(), Vec::<String>::new());

    app.clock().advance(seconds(121));
    assert_eq!(cached(&app, "/api/tags").await, "jenny; fwd=stale; stored");
}

#[tokio::test]
async fn what_the_key_value_store_remembers_expires_as_well() {
    let app = TestApp::builder().reuse_instances(false).build().await;
    let level = async || {
        let answer = app.get("/api/tags").send().await;
        let status = answer.header("cache-status").unwrap_or_default();
        let statements = answer.calls().statements();
        let is_loaded = statements.iter().any(|text| text.contains("FROM tags"));
        (status.contains("hit"), is_loaded)
    };

    assert_eq!(level().await, (false, true));
    assert_eq!(level().await, (true, false), "by way of the store");
    app.clock().advance(seconds(121));
    assert_eq!(level().await, (false, true));
}

#[tokio::test]
async fn a_wait_ends_when_the_test_wants_it_to() {
    let silent = Fault::on_statements_with("FROM tags").hangs();
    let app = TestApp::builder().fault(silent).build().await;
    let before = app.clock().now();
    let patience = async {
        while app.calls().injected().is_empty() {
            tokio::task::yield_now().await;
        }
        app.clock().until_waiting_for(seconds(12)).await;
        app.clock().advance(seconds(12));
    };

    let (answer, ()) = tokio::join!(app.get("/api/tags").send(), patience);

    answer.assert_problem(503, "unavailable");
    let passed = app.clock().now().duration_since(before);
    assert_eq!(passed.as_millis(), 12_001);
    assert_eq!(app.clock().waits(), Vec::<Duration>::new());
}

#[tokio::test]
async fn real_time_passes_where_it_may() {
    let app = TestApp::builder().real_time().build().await;
    let token = register(&app, "jacob").await;
    let before = app.clock().now();

    let article = publish(&app, &token, "Now").await;

    let created = time(&article.string_at("/article/createdAt"));
    assert!(created.duration_since(before).as_secs() < 60, "{created}");
    assert!(created <= Timestamp::now());
    app.clock().advance(seconds(3605));
    read_self(&app, &token).await.assert_status(401);
}

#[tokio::test]
async fn each_application_has_a_clock_of_its_own() {
    let (one, other) = (TestApp::new().await, TestApp::new().await);

    one.clock().advance(seconds(60));

    let apart = one.clock().now().duration_since(other.clock().now());
    assert_eq!(apart.as_secs(), 60);
    let body = json!({ "user": {} });
    other.post("/api/users").json(&body).send().await;
    let apart = one.clock().now().duration_since(other.clock().now());
    assert_eq!(apart.as_millis(), 59_999);
}
