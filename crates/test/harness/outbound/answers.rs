//! What comes back from the world outside: in time, late, in part or not at all.

use std::time::Duration;

use http::Method;
use jenny_test::{Answer, Expectation, HttpError};

use super::{SEND, fetch, fetched};
use crate::failing::failing;
use crate::guest;

#[tokio::test]
async fn connections_fail_as_they_do_outside() {
    let app = guest::app().await;
    type Failing = fn(Expectation) -> Expectation;
    let failures: [(Failing, &str); 4] = [
        (
            Expectation::connection_refused,
            "ErrorCode::ConnectionRefused",
        ),
        (Expectation::dns_error, "NXDOMAIN"),
        (Expectation::times_out, "ErrorCode::ConnectionTimeout"),
        (
            |sent| sent.fails(|| HttpError::TlsCertificateError),
            "ErrorCode::TlsCertificateError",
        ),
    ];
    for (fails, code) in failures {
        fails(app.outbound().get(SEND));
        let told = fetched(&app, SEND).await;
        assert!(told.contains(code), "{code}: {told}");
    }
}

#[tokio::test]
async fn a_body_breaks_off_where_it_is_to() {
    let app = guest::app().await;
    app.outbound()
        .get(SEND)
        .body("twelve bytes")
        .body_breaks_after(6);
    app.outbound().get(SEND).body("six").body_breaks_after(6);

    let relay = || app.get("/relay").header("fetch-url", SEND);
    let broken = relay().send_streaming().await.read_to_end().await;
    let broken = broken.expect_err("it breaks off");
    broken.received.assert_status(200).assert_text("twelve");

    let told = fetched(&app, SEND).await;
    assert!(told.starts_with("200 OK, then "), "{told}");
}

#[tokio::test]
async fn slow_bodies_take_the_time_of_the_application() {
    let app = guest::app().await;
    let hour = Duration::from_hours(1);
    app.outbound().get(SEND).slow_body(hour, ["one ", "two"]);
    app.outbound()
        .get(SEND)
        .slow_body(Duration::ZERO, ["a", "b", "c"]);

    let request = app.get("/relay").header("fetch-url", SEND);
    let mut answer = request.send_streaming().await;
    for part in ["one ", "two"] {
        assert_eq!(app.clock().next_wait().await, hour);
        app.clock().advance(hour);
        let chunk = answer.chunk().await.expect("it goes on");
        assert_eq!(chunk.as_deref(), Some(part.as_bytes()));
    }
    answer.read_to_end().await.expect("it ends");

    assert_eq!(fetched(&app, SEND).await, "200 OK\nabc");
}

#[tokio::test]
async fn a_component_waits_no_longer_than_it_wants_to() {
    let app = guest::app().await;
    let (minute, hour) = (Duration::from_mins(1), Duration::from_hours(1));
    app.outbound().get(SEND).never_answers();
    app.outbound().get(SEND).late(hour);
    app.outbound().get(SEND).slow_body(hour, ["one"]);
    app.outbound().get(SEND).late(minute).body("in time");

    for told in [
        "ErrorCode::ConnectionReadTimeout",
        "ErrorCode::ConnectionReadTimeout",
        "200 OK, then ",
        "200 OK\nin time",
    ] {
        let request = fetch(&app, Method::GET, SEND).header("fetch-patience", "60000");
        let patience = async {
            assert_eq!(app.clock().next_wait().await, minute);
            app.clock().advance(minute);
        };
        let (answer, ()) = tokio::join!(request.send(), patience);
        assert!(answer.text().starts_with(told), "{told}: {answer:?}");
    }
}

#[tokio::test]
async fn a_body_can_be_fed() {
    let app = guest::app().await;
    let body = app.outbound().get(SEND).fed_body();

    let request = app.get("/relay").header("fetch-url", SEND);
    let mut answer = request.send_streaming().await;
    body.send("one").await.expect("it is read");
    let chunk = answer.chunk().await.expect("it goes on");
    assert_eq!(chunk.as_deref(), Some(&b"one"[..]));
    body.end();

    let answer = answer.read_to_end().await.expect("it is whole");
    answer.assert_text("one");
}

#[tokio::test]
async fn an_answer_can_be_computed() {
    let app = guest::app().await;
    app.outbound()
        .post(SEND)
        .times(2)
        .answer_with(|sent| match sent.text() {
            "" => Answer::failure(|| HttpError::ConnectionLimitReached),
            text => Answer::status(201).body(text.to_uppercase()),
        });

    let answer = fetch(&app, Method::POST, SEND).body("louder").send().await;
    answer.assert_text("201 Created\nLOUDER");
    let answer = fetch(&app, Method::POST, SEND).send().await;
    answer.assert_text("ErrorCode::ConnectionLimitReached");
}

#[tokio::test]
async fn what_computes_an_answer_may_assert() {
    let app = guest::app().await;
    app.outbound().get(SEND).answer_with(|sent| {
        assert_eq!(sent.header("x-a"), Some("1"), "the field is wanted");
        Answer::status(200)
    });

    assert_eq!(fetched(&app, SEND).await, "ErrorCode::ConnectionRefused");

    failing(|| drop(app)).says(&[
        "computing the answer",
        "the field is wanted",
        "> GET https://mail",
    ]);
}

#[tokio::test]
async fn what_has_no_body_gets_none() {
    let app = guest::app().await;
    app.outbound().expect(Method::HEAD, SEND).body("for a GET");
    app.outbound().get(SEND).answer(304).body("for a 200");

    let head = fetch(&app, Method::GET, SEND).header("fetch-method", "HEAD");
    head.send().await.assert_text("200 OK\n");
    assert_eq!(fetched(&app, SEND).await, "304 Not Modified\n");
}
