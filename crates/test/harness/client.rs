//! Requests, and what can be said of their answers.

use futures::stream;
use jenny_test::{NotTaken, TestResponse, expect};
use serde_json::{Value, json};

use crate::failing::{failing, failing_future};
use crate::guest;

#[tokio::test]
async fn what_is_fed_arrives_while_the_answer_is_under_way() {
    let app = guest::app().await;
    let (body, request) = app.post("/echo").fed_body();

    let mut answer = request.send_streaming().await;
    answer.received().assert_status(200).assert_text("");
    body.send("one ").await.expect("it is read");
    assert_eq!(answer.chunk().await.unwrap().as_deref(), Some(&b"one "[..]));
    answer.received().assert_text("one ");
    body.send("two").await.expect("it is read");
    body.end();

    let answer = answer.read_to_end().await.expect("it is whole");
    answer.assert_text("one two");
}

#[tokio::test]
async fn a_started_request_goes_on_by_itself() {
    let app = guest::app().await;
    let (body, request) = app.post("/echo").fed_body();

    let request = request.start();
    body.send("one ").await.expect("it is read");
    assert!(!request.is_answered());
    body.send("two").await.expect("it is read");
    body.end();

    request.await.assert_text("one two");
}

#[tokio::test]
async fn chunks_are_sent_one_after_the_other() {
    let app = guest::app().await;
    let chunks = stream::iter(["one ", "two ", "three"]);

    let answer = app.post("/echo").body_of_chunks(chunks).send().await;

    answer.assert_text("one two three");
}

#[tokio::test]
async fn a_body_that_nobody_reads_says_so() {
    let app = guest::app().await;
    let (body, request) = app.post("/ok").fed_body();

    request.send().await.assert_text("ok");
    body.closed().await;

    assert_eq!(body.send("too late").await, Err(NotTaken));
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_a_value_or_fails_the_test() {
    let app = guest::app().await;
    let (body, request) = app.post("/echo").fed_body();
    let answer = request.send_streaming().await;
    body.send("one").await.expect("it is read");
    body.break_off().await;

    let broken = answer.read_to_end().await.expect_err("it broke off");
    broken.received.assert_status(200).assert_text("one");

    let (body, request) = app.post("/echo").fed_body();
    let request = request.send();
    let (failure, ()) = tokio::join!(failing_future(request), body.break_off());
    failure.says(&[
        "the answer to POST /echo (",
        "client.rs",
        "broke off",
        "< 200 OK",
    ]);
}

#[tokio::test]
async fn requests_together_meet_in_one_instance() {
    let app = guest::builder().one_instance_each().build().await;
    app.get("/ok").send().await.assert_status(200);
    let (told, wait) = tokio::sync::oneshot::channel();
    // The first one ends only once the second has begun.
    let late = stream::once(async move {
        wait.await.expect("the other one begins");
        "first"
    });
    let early = stream::once(async move {
        told.send(()).expect("the other one waits");
        "second"
    });

    let answers = app
        .together([
            app.post("/echo").body_of_chunks(late),
            app.post("/echo").body_of_chunks(early),
        ])
        .await;

    answers[0].assert_text("first");
    answers[1].assert_text("second");
    let answers = app.together([app.get("/count"), app.get("/count")]).await;
    let mut counts: Vec<&str> = answers.iter().map(TestResponse::text).collect();
    counts.sort_unstable();
    assert_eq!(counts, ["1", "2"]);
}

#[tokio::test]
async fn a_request_carries_what_it_was_given() {
    let app = guest::app().await;

    let seen = app
        .get("/headers?z=")
        .query("a b", "c&d")
        .basic("Aladdin", "open sesame")
        .cookie("a", "1")
        .cookie("b", "2")
        .header("x-twice", "one")
        .header("x-twice", "two")
        .send()
        .await;

    for line in [
        "GET http://localhost:3000/headers?z=&a+b=c%26d",
        // The example of RFC 7617, section 2.
        "authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
        "cookie: a=1; b=2",
        "x-twice: one",
        "x-twice: two",
    ] {
        assert!(
            seen.text().lines().any(|seen| seen == line),
            "{line}: {seen:?}"
        );
    }

    let form = [("name", "Ä"), ("empty", "")];
    let sent = app.post("/echo").form(form).send().await;
    sent.assert_text("name=%C3%84&empty=");
    let seen = app.post("/headers").form(form).send().await;
    assert!(
        seen.text()
            .contains("content-type: application/x-www-form-urlencoded")
    );
}

/// An answer with this body and some headers, as a host outside gave it.
async fn answer(status: u16, media_type: &str, body: &str) -> TestResponse {
    let app = guest::app().await;
    app.outbound()
        .get("https://www.example.com/")
        .answer(status)
        .header("content-type", media_type)
        .header("set-cookie", "first=1; Path=/")
        .header("set-cookie", "second=2; HttpOnly")
        .header("vary", "accept")
        .header("vary", "cookie")
        .body(body.to_owned());
    let request = app
        .get("/relay")
        .header("fetch-url", "https://www.example.com/");
    request.send().await
}

fn document() -> Value {
    json!({ "notes": [{ "slug": "a", "id": 1 }, { "slug": "b", "id": 2 }], "count": 2 })
}

#[tokio::test]
async fn what_holds_of_an_answer_passes() {
    let answer = answer(201, "application/json", &document().to_string()).await;

    answer
        .assert_status(201)
        .assert_header("content-type", "application/json")
        .assert_has_header("vary")
        .assert_no_header("etag")
        .assert_header_contains("vary", "cookie")
        .assert_json("/notes/1/slug", "b")
        .assert_json("", document())
        .assert_json_path("$.notes[*].slug", ["a", "b"])
        .assert_json_path("$.notes[?@.id > 1].slug", ["b"])
        .assert_json_path("$.nothing", [0; 0])
        .assert_text(&document().to_string());
    assert_eq!(answer.cookie("second"), Some("2"));
    assert_eq!(answer.cookie("Path"), None);
    assert_eq!(answer.json_path("$..id"), [json!(1), json!(2)]);
}

/// Every assertion of an answer that is not so.
#[tokio::test]
async fn what_does_not_hold_fails_at_the_line_of_the_test_and_shows_the_answer() {
    let answer = answer(201, "application/json", &document().to_string()).await;
    type Assertion = fn(&TestResponse);
    let assertions: [(Assertion, &str); 14] = [
        (
            |answer| _ = answer.assert_status(200),
            "expected status 200",
        ),
        (
            |answer| _ = answer.assert_header("vary", "x"),
            "expected header vary: x",
        ),
        (
            |answer| _ = answer.assert_has_header("etag"),
            "expected a header etag",
        ),
        (
            |answer| _ = answer.assert_no_header("vary"),
            "expected no header vary",
        ),
        (
            |answer| _ = answer.assert_header_contains("vary", "origin"),
            "expected \"origin\" in header vary",
        ),
        (
            |answer| _ = answer.assert_json("/count", 3),
            "expected 3 at /count",
        ),
        (
            |answer| _ = answer.assert_json_path("$..slug", ["b", "a"]),
            "expected [\"b\",\"a\"] at $..slug, found [\"a\",\"b\"]",
        ),
        (
            |answer| _ = answer.assert_json_path("$..slug", ["a"]),
            "expected [\"a\"]",
        ),
        (
            |answer| _ = answer.assert_problem(404, "not-found"),
            "expected status 404",
        ),
        (
            |answer| _ = answer.assert_problem_is(&json!({ "status": 201 }), &[]),
            "application/problem+json",
        ),
        (
            |answer| _ = answer.assert_no_content(),
            "expected status 204",
        ),
        (
            |answer| _ = answer.assert_text("x"),
            "expected the body \"x\"",
        ),
        (
            |answer| _ = answer.snapshot().header("etag"),
            "expected a header etag",
        ),
        (
            |answer| _ = answer.snapshot().redact("$.token", "token"),
            "there is nothing to redact at $.token",
        ),
    ];
    for (assertion, sentence) in assertions {
        let failure = failing(|| assertion(&answer));
        failure.says(&[
            sentence,
            "> GET /relay",
            "< 201 Created",
            "< vary: accept",
            "\"slug\":\"b\"",
        ]);
        assert!(
            failure.file.ends_with("client.rs"),
            "{sentence}: {}",
            failure.file
        );
    }
}

#[tokio::test]
async fn a_whole_problem_is_compared_but_for_what_varies() {
    let problem = json!({
        "type": "about:blank", "title": "No", "status": 403, "trace": "x",
        "violations": [{ "pointer": "/a", "id": 1 }, { "pointer": "/b", "id": 2 }],
    });
    let answer = answer(403, "application/problem+json", &problem.to_string()).await;

    answer.assert_problem_is(&problem, &[]);
    let mut other = problem.clone();
    other["trace"] = json!("y");
    other["violations"][1]["id"] = json!(3);
    answer.assert_problem_is(&other, &["/trace", "/violations/1/id"]);

    failing(|| _ = answer.assert_problem_is(&other, &["/trace"])).says(&[
        "expected the problem",
        "anything at [\"/trace\"]",
        "< 403 Forbidden",
    ]);
    failing(|| _ = answer.assert_problem_is(&other, &["/trace", "/absent"]))
        .says(&["expected something at /absent"]);
    other["title"] = json!("Yes");
    failing(|| _ = answer.assert_problem_is(&other, &["/trace", "/violations/1/id"]))
        .says(&["expected the problem"]);
}

#[tokio::test]
async fn no_content_is_neither_a_body_nor_a_word_about_one() {
    let app = guest::app().await;
    app.outbound().get("https://www.example.com/").answer(204);
    let answer = app
        .get("/relay")
        .header("fetch-url", "https://www.example.com/");
    answer.send().await.assert_no_content();
}

#[tokio::test]
async fn a_snapshot_shows_what_callers_go_by() {
    let answer = answer(200, "application/json", &document().to_string()).await;

    answer.assert_snapshot(expect![[r#"
        200 OK
        content-type: application/json

        {
          "count": 2,
          "notes": [
            {
              "id": 1,
              "slug": "a"
            },
            {
              "id": 2,
              "slug": "b"
            }
          ]
        }
    "#]]);
    answer
        .snapshot()
        .no_headers()
        .header("vary")
        .redact_header("set-cookie", "cookie")
        .redact("$.notes[*].id", "id")
        .redact_text("b", "letter")
        .assert(expect![[r#"
            200 OK
            set-cookie: [cookie]
            set-cookie: [cookie]
            vary: accept
            vary: cookie

            {
              "count": 2,
              "notes": [
                {
                  "id": "[id]",
                  "slug": "a"
                },
                {
                  "id": "[id]",
                  "slug": "[letter]"
                }
              ]
            }
        "#]]);
    failing(|| answer.snapshot().redact_text("nowhere", "name")).says(&["stands nowhere"]);
}

#[tokio::test]
async fn an_answer_that_differs_from_its_snapshot_fails() {
    // It would be written anew.
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        return;
    }
    let answer = answer(200, "text/plain", "text").await;

    let failure = failing(|| _ = answer.assert_snapshot(expect!["200 OK"]));

    failure.says(&["not as the snapshot has it", "< 200 OK", "text"]);
}
