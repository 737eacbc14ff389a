//! Applications that know nothing of this workspace: one for WASI 0.2, one for WASI 0.3.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener};

use http::Method;
use jenny_test::{FAULT, Fault, Store, TestApp, TestAppBuilder};
use serde_json::json;

const CHECKER: &str = "https://checker.example.com/check";

/// For WASI 0.2, over `fermyon:spin@2.0.0`.
fn guestbook() -> TestAppBuilder {
    TestApp::from_manifest("fixtures/guestbook")
}

/// For WASI 0.3, with Spin's SDK.
fn shortener() -> TestAppBuilder {
    TestApp::from_manifest("fixtures/shortener")
}

#[tokio::test]
async fn a_guest_book_keeps_what_its_checker_lets_pass_and_tells_its_owner() {
    let owner = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = owner.local_addr().expect("it is bound").to_string();
    let app = guestbook()
        .variable("title", "Visitors")
        .variable("checker", CHECKER)
        .variable("pager", &address)
        .await;
    let checked = app
        .outbound()
        .post(CHECKER)
        .with_body("I was here")
        .answer(204);

    let written = app
        .post("/book/entries")
        .json(&json!({ "name": "Ada", "message": "I was here" }))
        .send()
        .await;

    written.assert_status(201).assert_text("thank you");
    assert_eq!(checked.requests().len(), 1);
    let (paged, _) = owner.accept().expect("somebody connects");
    let mut line = String::new();
    BufReader::new(paged).read_line(&mut line).expect("a line");
    assert_eq!(line, "a new entry by Ada\n");
    app.get("/book/entries").send().await.assert_json(
        "",
        json!({ "title": "Visitors", "entries": [{ "name": "Ada", "message": "I was here" }] }),
    );
    app.get("/book/count").send().await.assert_json("", 1);
}

#[tokio::test]
async fn the_calls_of_a_wasip2_component_are_known() {
    let app = guestbook().await;

    let written = app
        .post("/book/entries")
        .json(&json!({ "name": "Ada", "message": "I was here" }))
        .send()
        .await;

    let calls = written.calls();
    calls.none_over_http();
    let statements = calls.statements();
    assert!(
        statements.len() == 2 && statements[1].starts_with("INSERT INTO entries"),
        "{calls}"
    );
    let key_value = calls.key_value();
    let keys: Vec<&str> = key_value.iter().flat_map(|call| call.keys()).collect();
    assert_eq!(keys, ["entries", "entries"], "{calls}");
    assert_eq!(calls.variables().len(), 2, "{calls}");
    assert_eq!(calls.components(), ["book"]);
}

#[tokio::test]
async fn what_is_seeded_is_there_before_the_first_request_and_nowhere_else() {
    let seeded = guestbook()
        .sql(
            "CREATE TABLE entries (id INTEGER PRIMARY KEY, name TEXT NOT NULL, message TEXT NOT NULL);
             INSERT INTO entries (name, message) VALUES ('Grace', 'Hello');",
        )
        .sql_in("default", "INSERT INTO entries (name, message) VALUES ('Edsger', 'Hm');")
        .key_value("default", "entries", "2")
        .await;
    let fresh = guestbook().await;

    let entries = seeded.get("/book/entries").send().await;
    entries
        .assert_json("/entries/0/name", "Grace")
        .assert_json("/entries/1/name", "Edsger");
    seeded.get("/book/count").send().await.assert_json("", 2);
    seeded
        .post("/book/entries")
        .json(&json!({ "name": "Ada", "message": "I was here" }))
        .send()
        .await
        .assert_status(201);

    assert_eq!(
        seeded.key_value("default", "entries").await.as_deref(),
        Some(&b"3"[..])
    );
    assert_eq!(seeded.sql("SELECT count(*) FROM entries").await, [[3]]);
    assert!(
        seeded
            .calls()
            .sql()
            .iter()
            .all(|call| call.request.is_some())
    );
    fresh
        .get("/book/entries")
        .send()
        .await
        .assert_json("/entries", json!([]));
    assert_eq!(fresh.key_value("default", "entries").await, None);
}

#[tokio::test]
async fn a_store_that_is_not_granted_is_refused() {
    let app = guestbook().only("reader").await;
    assert_eq!(app.routes(), ["/reader/..."]);

    app.get("/book/entries").send().await.assert_status(404);
    app.get("/reader/entries").send().await.assert_status(200);
    app.get("/reader/count")
        .send()
        .await
        .assert_status(403)
        .assert_text("no access to the count");
    let log = app.logs().join("\n");
    assert!(
        log.contains("add key_value_stores = [\"default\"] under [component.reader]"),
        "{log}"
    );
}

#[tokio::test]
async fn an_address_that_is_not_listed_is_refused_and_the_line_to_add_is_logged() {
    let app = guestbook()
        .variable("checker", "https://elsewhere.example.com/check")
        .await;
    let refused = app
        .post("/book/entries")
        .json(&json!({ "name": "Ada", "message": "I was here" }))
        .send()
        .await;
    refused.assert_status(503);
    let log = app.logs().join("\n");
    assert!(
        log.contains("add \"https://elsewhere.example.com\" to allowed_outbound_hosts"),
        "{log}"
    );
    assert!(app.outbound().requests().is_empty());

    // Over a socket.
    let app = guestbook().variable("pager", "192.0.2.1:7").await;
    app.post("/book/entries")
        .json(&json!({ "name": "Ada", "message": "I was here" }))
        .send()
        .await
        .assert_status(201);
    let log = app.logs().join("\n");
    assert!(
        log.contains("add \"tcp://192.0.2.1:7\" to allowed_outbound_hosts")
            && log.contains("cannot page 192.0.2.1:7"),
        "{log}"
    );
}

#[tokio::test]
async fn what_a_wasip2_component_calls_can_fail() {
    let app = guestbook()
        .variable("checker", CHECKER)
        .fault(Fault::on_statements_with("INSERT INTO entries"))
        .await;
    let entry = json!({ "name": "Ada", "message": "I was here" });
    app.outbound().post(CHECKER).connection_refused();
    app.outbound().post(CHECKER).answer(422);
    app.outbound().post(CHECKER).answer(200).times(3);

    let post = || app.post("/book/entries").json(&entry);
    post().send().await.assert_status(503);
    post().send().await.assert_status(422);
    let failed = post().send().await;
    failed
        .assert_status(500)
        .assert_text(&format!("the book: {FAULT}"));
    app.clear_faults();
    post().send().await.assert_status(201);
    app.inject(Fault::on_key("entries").kills_the_instance());
    post().send().await.assert_status(500);
    app.clear_faults();
    // The entry was written before the count was asked for.
    assert_eq!(app.sql("SELECT count(*) FROM entries").await, [[2]]);
    app.get("/book/count").send().await.assert_json("", 1);
}

#[tokio::test]
async fn a_shortener_makes_links_and_counts_who_follows_them() {
    let app = shortener().await;
    let target = "https://example.com/a/long/way";
    app.outbound().expect(Method::HEAD, target).times(2);
    app.outbound()
        .expect(Method::HEAD, "https://example.com/gone")
        .answer(410);

    let link = |url: &str| app.post("/links").json(&json!({ "url": url }));
    let created = link(target).send().await;
    created.assert_status(201).assert_header("location", "/1");
    link(target).send().await.assert_header("location", "/1");
    link("https://example.com/gone")
        .send()
        .await
        .assert_status(422);
    // The manifest lists port 443 alone.
    link("http://example.com/").send().await.assert_status(422);

    let followed = app.get("/1").send().await;
    followed
        .assert_status(302)
        .assert_header("location", target);
    app.get("/2").send().await.assert_status(404);
    app.get("/1/hits").send().await.assert_text("1");
    assert_eq!(app.key_value("hits", "1").await.as_deref(), Some(&b"1"[..]));
    // The only database there is, whatever its label.
    assert_eq!(app.sql("SELECT url FROM links").await, [[target]]);
    let rows = app
        .connect_to("links")
        .await
        .sql("SELECT count(*) FROM links")
        .await;
    assert_eq!(rows, [[1]]);
}

const LINKS: &str = "CREATE TABLE links (code INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE);
    INSERT INTO links (url) VALUES ('https://a.example/'), ('https://b.example/');";

#[tokio::test]
async fn a_list_is_streamed_row_by_row() {
    let app = shortener().sql(LINKS).await;

    let mut list = app.get("/links").send_streaming().await;

    let mut lines = String::new();
    while let Some(chunk) = list.chunk().await.expect("the list is whole") {
        lines.push_str(std::str::from_utf8(&chunk).expect("text"));
    }
    let expected = "{\"code\":1,\"url\":\"https://a.example/\"}\n\
                    {\"code\":2,\"url\":\"https://b.example/\"}\n";
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn an_instance_serves_one_request_or_many() {
    for reuse in [true, false] {
        let app = shortener().sql(LINKS).reuse_instances(reuse).await;

        for _ in 0..3 {
            app.get("/1").send().await.assert_status(302);
        }

        let mut instances: Vec<u64> = app.calls().iter().map(|call| call.instance).collect();
        instances.dedup();
        assert_eq!(
            instances.len(),
            if reuse { 1 } else { 3 },
            "{}",
            app.calls()
        );
    }
}

#[tokio::test]
async fn limits_are_those_of_the_test() {
    for (app, path, component) in [
        (guestbook(), "/book/entries", "book"),
        (shortener(), "/1", "links"),
    ] {
        let app = app.max_instance_memory(64 << 10).await;

        let failure = app.get(path).send_expecting_failure().await;

        assert_eq!(failure.component(), component);
    }
}

#[tokio::test]
async fn a_component_without_stores_needs_none() {
    let app = shortener().only("mirror").await;

    let answer = app.post("/mirror/here").body("as it came").send().await;

    answer.assert_status(200).assert_text("as it came");
    answer.calls().none_to_sql().none_to_key_value();
}

#[tokio::test]
#[should_panic(
    expected = "the application has no database: no component lists one under \
                           sqlite_databases"
)]
async fn seeding_a_database_that_nobody_may_open_is_a_mistake() {
    shortener().only("mirror").sql("SELECT 1").await;
}

#[tokio::test]
#[should_panic(expected = "no component lists \"default\" under key_value_stores")]
async fn seeding_a_store_that_nobody_may_open_is_a_mistake() {
    shortener().key_value("default", "a", "b").await;
}

#[tokio::test]
#[should_panic(expected = "seeding the database failed: no such table: entries")]
async fn a_seed_that_fails_says_why() {
    guestbook()
        .sql("INSERT INTO entries VALUES (1, 'Ada', 'Hello')")
        .await;
}

#[tokio::test]
#[should_panic(
    expected = "spin.toml declares no variable `database_url` to tell the application \
                           where its Postgres database is"
)]
async fn an_application_that_cannot_be_told_of_postgres_is_not_put_there() {
    guestbook().on(Store::Postgres).await;
}

#[tokio::test]
async fn a_prepared_database_is_copied_for_every_application() {
    let builder = || {
        shortener().prepared_by(|app| {
            Box::pin(async {
                // Asking for what is not there lays the schema.
                app.get("/1").send().await.assert_status(404);
                app.sql("INSERT INTO links (url) VALUES ('https://prepared.example/')")
                    .await;
            })
        })
    };
    let one = builder()
        .sql("INSERT INTO links (url) VALUES ('https://a.example/')")
        .await;
    let other = builder().await;
    let empty = builder().empty().await;

    one.get("/2").send().await.assert_status(302);
    other
        .get("/1")
        .send()
        .await
        .assert_header("location", "https://prepared.example/");
    other.get("/2").send().await.assert_status(404);
    empty.get("/1").send().await.assert_status(404);
    // The application that was prepared is another one.
    assert!(other.calls().iter().all(|call| call.request.is_some()));
}
