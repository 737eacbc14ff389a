//! Calls of every kind, going wrong in the ways that they can, in applications that know nothing of
//! this workspace.

use http::Response;
use jenny_test::{
    Answer, EveryCall, FAULT, Fault, Hit, Odd, TestApp, TestAppBuilder, TestResponse,
};
use serde_json::json;

use crate::guest;

/// Of WASI 0.2.
fn guestbook() -> TestAppBuilder {
    TestApp::from_manifest("fixtures/guestbook")
}

/// Of WASI 0.3, with one link.
fn shortener() -> TestAppBuilder {
    TestApp::from_manifest("fixtures/shortener").sql(
        "CREATE TABLE links (code INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE);
         INSERT INTO links (url) VALUES ('https://a.example/');",
    )
}

async fn hits(app: &TestApp) -> Option<String> {
    let hits = app.key_value("hits", "1").await?;
    Some(String::from_utf8(hits).expect("a number"))
}

async fn create(app: &TestApp) -> TestResponse {
    let link = json!({ "url": "https://b.example/" });
    app.post("/links").json(&link).send().await
}

#[tokio::test]
async fn a_request_to_another_host_fails_or_is_answered_by_the_test() {
    let app = shortener().await;

    app.inject(Fault::on_http());
    let failed = create(&app).await;
    failed.assert_status(422);
    assert!(failed.text().contains("does not answer"), "{failed:?}");

    app.inject(Fault::on_http().answers(Odd::response(Response::new("fine"))));
    let created = create(&app).await;
    created.assert_status(201);
    let http = created.calls().http();
    assert_eq!(
        http.to_string(),
        "  #2 ! links/1 http HEAD https://b.example/ → 200 OK [the test: answers in its place]"
    );

    // Neither came to whoever answers for other hosts.
    assert!(app.outbound().requests().is_empty());
}

#[tokio::test]
async fn an_instance_dies_in_a_request_to_another_host() {
    for (app, path, body) in [
        (
            shortener(),
            "/links",
            json!({ "url": "https://b.example/" }),
        ),
        (
            guestbook().variable("checker", "https://checker.example.com/check"),
            "/book/entries",
            json!({ "name": "Ada", "message": "I was here" }),
        ),
    ] {
        let app = app
            .fault(Fault::on_http().nth(1).kills_the_instance())
            .await;

        let killed = app.post(path).json(&body).send().await;

        killed.assert_status(500);
        app.clear_faults();
        app.outbound().otherwise(Answer::status(200));
        app.post(path).json(&body).send().await.assert_status(201);
    }
}

#[tokio::test]
async fn a_value_is_not_what_was_stored() {
    let app = shortener().await;

    app.inject(
        Fault::on_key("1")
            .first(1)
            .answers(Odd::Bytes(b"41".to_vec())),
    );
    app.get("/1").send().await.assert_status(302);
    assert_eq!(hits(&app).await.as_deref(), Some("42"));

    app.inject(Fault::on_key("1").first(1).answers(Odd::Bytes(vec![0xff])));
    app.get("/1").send().await.assert_status(503);

    app.inject(Fault::on_key("1").first(1).answers(Odd::Nothing));
    app.get("/1").send().await.assert_status(302);
    assert_eq!(hits(&app).await.as_deref(), Some("1"));
}

#[tokio::test]
async fn a_value_is_stored_though_its_component_is_told_otherwise() {
    let app = shortener().await;
    app.inject(Fault::on_key("1").nth(2).loses_the_answer());

    let answer = app.get("/1").send().await;

    answer.assert_status(503);
    assert!(answer.text().contains(FAULT), "{answer:?}");
    assert_eq!(hits(&app).await.as_deref(), Some("1"));
}

#[tokio::test]
async fn a_fault_has_its_way_with_a_call_that_fails_by_itself() {
    let app = guestbook()
        .sql(
            "CREATE TABLE entries (
                 id INTEGER PRIMARY KEY, name TEXT NOT NULL, message TEXT CHECK (message <> ''));",
        )
        .await;
    let entry = json!({ "name": "Ada", "message": "" });
    let write = async || app.post("/book/entries").json(&entry).send().await;
    let text = write().await.text().to_owned();
    assert!(text.contains("CHECK constraint failed"), "{text}");
    let insertion = || Fault::on_statements_with("INSERT INTO entries");

    for fault in [
        insertion().loses_the_answer(),
        insertion().breaks_off_after(1),
    ] {
        app.inject(fault);
        let answer = write().await;
        answer.assert_status(500);
        assert_eq!(answer.text(), format!("the book: {FAULT}"));
    }

    app.inject(insertion().kills_the_instance_afterwards());
    let killed = write().await;
    killed.assert_status(500);
    assert!(!killed.text().contains("the book"), "{killed:?}");
}

#[tokio::test]
async fn what_is_answered_in_one_piece_does_not_break_off() {
    let app = shortener().await;
    app.inject(Fault::on_key("1").breaks_off_after(1));

    let answer = app.get("/1").send().await;

    answer.assert_status(503);
    let failed = answer.calls().failed().to_string();
    assert!(failed.contains("neither rows nor keys"), "{failed}");
}

#[tokio::test]
async fn rows_break_off_before_their_end() {
    for (app, path, statement, status) in [
        (shortener(), "/1", "SELECT url", 503),
        (
            guestbook().sql(
                "CREATE TABLE entries
                     (id INTEGER PRIMARY KEY, name TEXT NOT NULL, message TEXT NOT NULL);
                 INSERT INTO entries (name, message) VALUES ('Ada', 'I was here');",
            ),
            "/book/entries",
            "FROM entries",
            500,
        ),
    ] {
        let app = app.await;
        app.inject(Fault::on_statements_with(statement).breaks_off_after(1));

        let answer = app.get(path).send().await;

        answer.assert_status(status);
        let failed = answer.calls().failed().to_string();
        assert!(
            failed.contains(&format!("{FAULT} (after 1 row)")),
            "{failed}"
        );
    }
}

#[tokio::test]
async fn a_hit_is_counted_or_the_caller_is_told_whatever_goes_wrong() {
    let checked = EveryCall::of(shortener)
        .check(
            async |_| (),
            async |app: &TestApp, (): &()| app.get("/1").send().await,
            async |app: &TestApp, (): &(), answer: TestResponse, hit: &Hit| {
                let counted = hits(app).await;
                match answer.status.as_u16() {
                    302 => assert_eq!(counted.as_deref(), Some("1"), "{hit}"),
                    503 => {}
                    status => assert!(
                        status == 500 && hit.mishap().is_some_and(|mishap| mishap.kills()),
                        "{hit}: {answer:?}"
                    ),
                }
                app.get("/1").send().await.assert_status(302);
            },
        )
        .await;
    assert!(
        checked.calls >= 6 && checked.runs > 2 * checked.calls,
        "{checked:?}"
    );
}

#[tokio::test]
async fn a_component_of_wasip2_survives_what_goes_wrong_with_its_calls() {
    let write = async |app: &TestApp, (): &()| {
        let entry = json!({ "name": "Ada", "message": "I was here" });
        app.post("/book/entries").json(&entry).send().await
    };
    EveryCall::of(guestbook)
        .check(
            async |_| (),
            write,
            async |app: &TestApp, (): &(), answer: TestResponse, hit: &Hit| {
                let written = app.get("/book/entries").send().await;
                let entries = written.assert_status(200).json()["entries"].clone();
                let entries = entries.as_array().map_or(0, Vec::len);
                assert!(entries <= 1, "{hit}");
                assert!(answer.status != 201 || entries == 1, "{hit}");
            },
        )
        .await;
}

#[tokio::test]
async fn an_answer_over_http_has_the_headers_that_the_test_gave_it() {
    let app = guest::app().await;
    let redirect = Response::builder()
        .status(418)
        .header("x-queue", "7")
        .body("short and stout")
        .expect("a response");
    app.inject(Fault::on_http().answers(Odd::response(redirect)));

    let answer = app
        .post("/relay")
        .header("fetch-url", "https://mail.example.com/send")
        .send()
        .await;

    answer
        .assert_status(418)
        .assert_header("x-queue", "7")
        .assert_text("short and stout");
}
