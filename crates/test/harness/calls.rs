//! What is known of the calls that components make.

use std::time::Duration;

use futures::future::join_all;
use jenny_test::{
    Calls, Fault, HostCall, Outcome, SqlCall, SqlKind, SqlValue, TestApp, TestAppBuilder,
    TestResponse,
};
use serde_json::json;

/// The parameters of all statements, as text.
fn texts(calls: &Calls) -> Vec<String> {
    let mut texts = Vec::new();
    for call in calls {
        if let HostCall::Sql {
            operation: SqlCall::Statement { parameters, .. },
            ..
        } = &call.what
        {
            for parameter in parameters {
                if let SqlValue::Text(text) = parameter {
                    texts.push(text.clone());
                }
            }
        }
    }
    texts
}

/// An application of two components, which answers one request at a time.
fn guestbook() -> TestAppBuilder {
    TestApp::from_manifest("fixtures/guestbook")
}

/// An application whose requests meet in an instance.
fn shortener() -> TestAppBuilder {
    TestApp::from_manifest("fixtures/shortener")
}

async fn write(app: &TestApp, name: &str) -> TestResponse {
    let entry = json!({ "name": name, "message": "I was here" });
    let answer = app.post("/book/entries").json(&entry).send().await;
    answer.assert_status(201);
    answer
}

#[tokio::test]
async fn a_request_has_its_own_calls() {
    let app = guestbook().await;
    app.get("/reader/entries").send().await.assert_status(200);
    let first = write(&app, "anna").await;
    let second = write(&app, "jacob").await;

    let name = |name: &str| name.to_owned();
    assert!(texts(&first.calls()).contains(&name("anna")));
    assert!(!texts(&first.calls()).contains(&name("jacob")));
    assert!(texts(&second.calls()).contains(&name("jacob")));
    assert_eq!(app.calls().of_request(second.tag()), second.calls());
    assert_eq!(second.calls().components(), ["book"]);
    let all = app.calls();
    assert!(!all.of_component("reader").is_empty());
    assert!(all.of_component("reader").len() + first.calls().len() <= all.len());
}

#[tokio::test]
async fn requests_that_meet_in_one_instance_keep_their_calls_apart() {
    let app = shortener()
        .one_instance_each()
        .fault(Fault::on_sql().hesitates())
        .await;
    app.get("/first").send().await;
    app.clear_calls();
    let codes: Vec<String> = (0..10).map(|number| format!("code-{number}")).collect();

    let paths: Vec<String> = codes.iter().map(|code| format!("/{code}")).collect();
    let answers = join_all(paths.iter().map(|path| app.get(path).send())).await;

    for (code, answer) in codes.iter().zip(&answers) {
        let texts = texts(&answer.calls());
        assert_eq!(texts, [code.as_str()], "{}", answer.calls());
    }
    let all = app.calls().sql();
    let instances: Vec<u64> = all.iter().map(|call| call.instance).collect();
    assert!(instances.iter().all(|instance| *instance == instances[0]));
    let order: Vec<_> = all.iter().map(|call| call.request).collect();
    assert!(!order.is_sorted(), "they did not meet:\n{all}");
}

#[tokio::test]
async fn a_call_says_what_was_asked_and_what_came_of_it() {
    let app = shortener().await;
    app.get("/links").send().await;
    app.clear_calls();

    let answer = app.get("/7").send().await;

    let calls = answer.calls().sql();
    let last = calls.iter().last().expect("the link is looked for");
    assert_eq!(last.outcome, Outcome::Answered("0 rows".to_owned()));
    assert!(last.took > Duration::ZERO);
    assert!(last.injected.is_none());
    assert!(
        last.statement()
            .is_some_and(|text| text.contains("FROM links"))
    );
    let HostCall::Sql { kind, database, .. } = &last.what else {
        panic!("{last}");
    };
    assert_eq!((*kind, &**database), (SqlKind::Sqlite, "links"));
    answer.calls().none_to_key_value().none_over_http();
}

#[tokio::test]
async fn the_same_requests_make_the_same_calls_however_long_they_take() {
    let run = || async {
        let app = guestbook().await;
        write(&app, "jacob").await;
        app.get("/reader/entries").send().await.assert_status(200);
        app.calls()
    };

    let (first, second) = (run().await, run().await);

    assert!(first.len() > 3, "{first}");
    assert_eq!(first, second);
    assert_eq!(first.to_string(), second.to_string());
}

#[tokio::test]
async fn calls_read_as_a_timeline() {
    let app = TestApp::new().await;
    app.get("/health/ready").send().await;

    let answer = app.get("/health/ready").send().await;

    let shown = answer.calls().to_string();
    assert_eq!(
        shown,
        "  #2   health/1 variable auto_migrate → a value\n\
         \u{20} #2   health/1 sqlite default: SELECT 1 FROM sqlite_master \
         WHERE type = 'table' AND name = 'schema_migrations' → 0 rows"
    );
    let with_times = format!("{:#}", answer.calls());
    assert!(
        with_times.lines().all(|line| line.ends_with(" µs)")),
        "{with_times}"
    );
}

#[tokio::test]
#[should_panic(expected = "expected no calls of databases, and there are")]
async fn an_assertion_that_does_not_hold_shows_the_calls() {
    let app = guestbook().await;
    let answer = app.get("/book/entries").send().await;
    answer.calls().none_to_sql();
}
