//! What is known of the calls that components make.

use std::time::Duration;

use futures::future::join_all;
use jenny_test::{Calls, Fault, HostCall, Outcome, SqlCall, SqlKind, SqlValue, TestApp};

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

#[tokio::test]
async fn a_request_has_its_own_calls() {
    let app = TestApp::new().await;
    app.get("/health/ready").send().await.assert_status(200);
    let first = app.get("/api/profiles/anna").send().await;
    let second = app.get("/api/profiles/jacob").send().await;

    let profile = |name: &str| name.to_owned();
    assert!(texts(&first.calls()).contains(&profile("anna")));
    assert!(!texts(&first.calls()).contains(&profile("jacob")));
    assert!(texts(&second.calls()).contains(&profile("jacob")));
    assert_eq!(app.calls().of_request(second.tag()), second.calls());
    assert_eq!(second.calls().components(), ["profiles"]);
    let all = app.calls();
    assert!(all.of_component("health").len() + first.calls().len() <= all.len());
}

#[tokio::test]
async fn requests_that_meet_in_one_instance_keep_their_calls_apart() {
    let app = TestApp::builder()
        .one_instance_each()
        .fault(Fault::on_sql().hesitates())
        .build()
        .await;
    app.get("/api/profiles/first").send().await;
    app.clear_calls();
    let names: Vec<String> = (0..10).map(|number| format!("user-{number}")).collect();

    let paths: Vec<String> = names
        .iter()
        .map(|name| format!("/api/profiles/{name}"))
        .collect();
    let answers = join_all(paths.iter().map(|path| app.get(path).send())).await;

    for (name, answer) in names.iter().zip(&answers) {
        let texts = texts(&answer.calls());
        assert_eq!(texts, ["", name.as_str()], "{}", answer.calls());
    }
    let all = app.calls().sql();
    let instances: Vec<u64> = all.iter().map(|call| call.instance).collect();
    assert!(instances.iter().all(|instance| *instance == instances[0]));
    let order: Vec<_> = all.iter().map(|call| call.request).collect();
    assert!(!order.is_sorted(), "they did not meet:\n{all}");
}

#[tokio::test]
async fn a_call_says_what_was_asked_and_what_came_of_it() {
    let app = TestApp::new().await;
    app.get("/api/tags").send().await;
    app.clear_calls();

    let answer = app.get("/api/profiles/jacob").send().await;

    let calls = answer.calls().sql();
    let last = calls.iter().last().expect("the profile is looked for");
    assert_eq!(last.outcome, Outcome::Answered("0 rows".to_owned()));
    assert!(last.took > Duration::ZERO);
    assert!(last.injected.is_none());
    assert!(
        last.statement()
            .is_some_and(|text| text.contains("FROM users"))
    );
    let HostCall::Sql { kind, database, .. } = &last.what else {
        panic!("{last}");
    };
    assert_eq!((*kind, &**database), (SqlKind::Sqlite, "default"));
    answer.calls().none_to_key_value().none_over_http();
}

#[tokio::test]
async fn the_same_requests_make_the_same_calls_however_long_they_take() {
    let run = || async {
        let app = TestApp::new().await;
        app.get("/api/tags").send().await.assert_status(200);
        app.get("/api/profiles/jacob").send().await;
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
    let app = TestApp::new().await;
    app.get("/api/tags").send().await.calls().none_to_sql();
}

#[tokio::test]
async fn values_of_variables_and_private_keys_are_not_kept() {
    let mint = jenny_test::Mint::new();
    let app = TestApp::builder().signed_by(&mint).build().await;

    app.get("/api/user")
        .bearer("nonsense")
        .send()
        .await
        .assert_status(401);
    let answer = app
        .post("/api/users/login")
        .json(&serde_json::json!({ "user": { "email": "a@example.com", "password": "wrong-password" } }))
        .send()
        .await;

    let calls = answer.calls();
    assert!(!calls.variables().is_empty(), "{calls}");
    let secret = mint.private_pem();
    let secret = secret.lines().nth(1).expect("a key has a line");
    for shown in [
        format!("{calls:#}"),
        format!("{:?}", calls.iter().collect::<Vec<_>>()),
    ] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
