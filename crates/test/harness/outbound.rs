//! Requests to the world outside: expected, unexpected, answered and not.

mod answers;

use std::sync::Arc;

use http::Method;
use jenny_test::{Answer, Expectation, Outbound, TestApp, TestRequest};
use serde_json::json;

use crate::failing::failing;
use crate::guest;

const SEND: &str = "https://mail.example.com/send";

/// A request that has the component send one of the same method to `url` and tell the answer.
fn fetch<'app>(app: &'app TestApp, method: Method, url: &str) -> TestRequest<'app> {
    app.request(method, "/fetch").header("fetch-url", url)
}

/// What the component is told when it asks for `url`.
async fn fetched(app: &TestApp, url: &str) -> String {
    let answer = fetch(app, Method::GET, url).send().await;
    answer.text().to_owned()
}

#[tokio::test]
async fn an_expected_request_is_answered_and_kept() {
    let app = guest::app().await;
    let mail = app
        .outbound()
        .post(SEND)
        .with_bearer("secret")
        .with_json(json!({ "to": "a@example.com" }))
        .sent_by("guest")
        .answer(202)
        .header("x-queue", "7")
        .json(json!({ "id": 1 }));

    let answer = app
        .post("/relay")
        .header("fetch-url", SEND)
        .header("fetch-header-authorization", "Bearer secret")
        .body(r#"{ "to": "a@example.com", "text": "hello" }"#)
        .send()
        .await;

    answer
        .assert_status(202)
        .assert_header("x-queue", "7")
        .assert_json("", json!({ "id": 1 }));
    let sent = &mail.requests()[0];
    assert_eq!(sent.json()["text"], "hello");
    assert_eq!(sent.header("host"), Some("mail.example.com"));
    assert_eq!(app.outbound().requests().len(), 1);
    app.outbound().assert_met();
}

#[tokio::test]
async fn expectations_can_be_there_before_the_application() {
    let app = guest::builder()
        .outbound(|outbound| _ = outbound.get(SEND).body("early"))
        .build()
        .await;

    assert_eq!(fetched(&app, SEND).await, "200 OK\nearly");
}

#[tokio::test]
async fn an_unexpected_request_is_refused_and_fails_the_test() {
    let app = guest::app().await;
    app.outbound()
        .post("https://other.example.com/")
        .any_number_of_times();
    app.outbound()
        .post(SEND)
        .with_json(json!({ "to": "b" }))
        .any_number_of_times();

    let answer = fetch(&app, Method::POST, SEND)
        .body(r#"{"to":"a"}"#)
        .send()
        .await;

    answer.assert_text("ErrorCode::ConnectionRefused");
    failing(|| drop(app)).says(&[
        "component `guest` sent a request that nobody expects",
        "> POST https://mail.example.com/send",
        "> host: mail.example.com",
        "{\"to\":\"a\"}",
        "- POST https://mail.example.com/send with {\"to\":\"b\"} among its JSON (",
        "outbound.rs:",
        "but /to is \"a\" rather than \"b\"",
        "- POST https://other.example.com/ (",
        "but it goes to another host",
    ]);
}

#[tokio::test]
async fn by_default_every_request_is_unexpected() {
    let app = guest::app().await;
    fetched(&app, SEND).await;
    failing(|| app.outbound().assert_met()).says(&["Nothing is expected"]);
    failing(|| drop(app)).says(&["Nothing is expected"]);
}

#[tokio::test]
async fn an_expectation_that_is_not_met_fails_the_test() {
    let app = guest::app().await;
    app.outbound().get(SEND).times(2);
    app.outbound().get("https://www.example.com/").at_least(1);
    app.outbound().get("https://www.example.com/never").times(0);
    fetched(&app, SEND).await;

    failing(|| drop(app)).says(&[
        "was to be sent 2 times, and was once: GET https://mail.example.com/send (",
        "was to be sent at least once, and was never: GET https://www.example.com/ (",
    ]);
}

#[tokio::test]
async fn a_test_that_fails_anyway_fails_for_its_own_reason() {
    let app = guest::app().await;
    app.outbound().get(SEND);
    failing(|| {
        let _app = app;
        panic!("the reason");
    })
    .says(&["the reason"]);
}

#[tokio::test]
async fn a_request_too_many_is_unexpected() {
    let app = guest::app().await;
    app.outbound().get(SEND).times(2).body("yes");

    for _ in 0..2 {
        assert_eq!(fetched(&app, SEND).await, "200 OK\nyes");
    }
    assert_eq!(fetched(&app, SEND).await, "ErrorCode::ConnectionRefused");

    failing(|| drop(app)).says(&["but it was to come 2 times, and has"]);
}

#[tokio::test]
async fn the_first_expectation_that_wants_more_takes_the_request() {
    let app = guest::app().await;
    app.outbound().get(SEND).answer(503);
    app.outbound().get(SEND).at_least(1).body("up again");

    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(fetched(&app, SEND).await);
    }

    let unavailable = "503 Service Unavailable\n";
    assert_eq!(
        answers,
        [unavailable, "200 OK\nup again", "200 OK\nup again"]
    );
}

#[tokio::test]
async fn order_matters_where_the_test_says_so() {
    let app = guest::app().await;
    app.outbound().in_order();
    app.outbound().get("https://a.example.com/");
    app.outbound().get("https://b.example.com/");

    let early = fetched(&app, "https://b.example.com/").await;
    assert_eq!(early, "ErrorCode::ConnectionRefused");
    for url in ["https://a.example.com/", "https://b.example.com/"] {
        assert_eq!(fetched(&app, url).await, "200 OK\n");
    }

    failing(|| drop(app)).says(&["but it comes after GET https://a.example.com/"]);
}

/// Each way to say more of a request, and what is said of one that is not like it.
#[tokio::test]
async fn each_matcher_tells_requests_apart() {
    type Demand = fn(Expectation) -> Expectation;
    let demands: [(Demand, &str); 9] = [
        (
            |sent| sent.with_header("x-a", "1"),
            "it has no x-a, which was to be \"1\"",
        ),
        (
            |sent| sent.with_header("x-b", "1"),
            "its x-b is \"2\" rather than \"1\"",
        ),
        (
            |sent| sent.with_query("q", "x"),
            "?q= is \"ä b\" rather than \"x\"",
        ),
        (|sent| sent.with_query("p", "x"), "its query has no p"),
        (
            |sent| sent.with_json(json!({ "a": 2 })),
            "/a is 1 rather than 2",
        ),
        (
            |sent| sent.with_exact_json(json!({ "a": 1 })),
            "/b was not to be there",
        ),
        (|sent| sent.with_body("{}"), "its body is not \"{}\""),
        (|sent| sent.sent_by("other"), "`guest` sends it"),
        (
            |sent| sent.that("with a short body", |sent| sent.body.len() < 3),
            "it is not one with a short body",
        ),
    ];
    for (demand, reason) in demands {
        let app = guest::app().await;
        let url = "https://www.example.com/*/a";
        demand(app.outbound().post(url).with_query("q", "ä b"));

        let sent = "https://www.example.com/x/a?q=%C3%A4+b&r";
        let request = fetch(&app, Method::POST, sent).header("fetch-header-x-b", "2");
        request.body(r#"{"a":1,"b":[]}"#).send().await;

        failing(|| drop(app)).says(&["nobody expects", &format!("  but {reason}"), "was never"]);
    }

    let app = guest::app().await;
    app.outbound()
        .post("https://www.example.com/*/a")
        .with_header("x-b", "2")
        .with_query("q", "ä b")
        .with_json(json!({ "a": 1 }))
        .with_exact_json(json!({ "b": [], "a": 1 }))
        .with_body(r#"{"a":1,"b":[]}"#)
        .that("with a query", |sent| {
            sent.query("r").as_deref() == Some("")
        });
    let sent = "https://www.example.com/x/a?q=%C3%A4+b&r";
    let request = fetch(&app, Method::POST, sent).header("fetch-header-x-b", "2");
    let answer = request.body(r#"{"a":1,"b":[]}"#).send().await;
    answer.assert_text("200 OK\n");
}

#[tokio::test]
async fn a_check_that_panics_fails_the_test_and_not_the_component() {
    let app = guest::app().await;
    app.outbound()
        .get(SEND)
        .any_number_of_times()
        .that("with a subject", |sent| sent.json()["subject"].is_string());

    let told = fetched(&app, SEND).await;

    assert_eq!(told, "ErrorCode::ConnectionRefused");
    failing(|| drop(app)).says(&[
        "looking whether a request is one with a subject panicked: ",
        "sent a request that nobody expects",
        "but looking at it panicked: ",
    ]);
}

#[tokio::test]
async fn a_check_sees_no_request_that_goes_elsewhere_and_may_ask_what_has_come() {
    let app = guest::app().await;
    app.outbound()
        .post(SEND)
        .any_number_of_times()
        .that("with a subject", |sent| sent.json()["subject"].is_string());
    app.outbound()
        .get("https://www.example.com/")
        .any_number_of_times()
        .that("with a subject", |sent| sent.json()["subject"].is_string());
    let all = app.outbound().clone();
    app.outbound()
        .get(SEND)
        .times(2)
        .that("of the first two", move |_| all.requests().len() < 2);

    for _ in 0..2 {
        assert_eq!(fetched(&app, SEND).await, "200 OK\n");
    }
}

#[tokio::test]
async fn what_the_manifest_does_not_allow_never_gets_here() {
    let app = guest::app().await;

    let told = fetched(&app, "https://www.example.net/").await;

    assert_eq!(told, "ErrorCode::HttpRequestDenied");
    assert!(app.outbound().requests().is_empty());
}

#[tokio::test]
async fn what_nobody_expects_can_be_answered_or_handed_on() {
    let app = guest::app().await;
    app.outbound().get(SEND).body("expected");
    app.outbound().otherwise(Answer::status(404));
    assert_eq!(fetched(&app, SEND).await, "200 OK\nexpected");
    assert_eq!(fetched(&app, SEND).await, "404 Not Found\n");

    let world = Outbound::default();
    world.post(SEND).with_body("a body").body("from afar");
    let app = guest::builder()
        .outbound_http(Arc::new(world.clone()))
        .build()
        .await;
    let answer = fetch(&app, Method::POST, SEND).body("a body").send().await;
    answer.assert_text("200 OK\nfrom afar");
    world.assert_met();
}
