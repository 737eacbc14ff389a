//! The same seed gives the same, to the byte.

use http::Method;
use jenny_test::{
    HostCall, KeyValueCall, Outcome, TestApp, TestAppBuilder, TestResponse, Timestamp,
};
use serde_json::{Value, json};

use super::{publish, register};

/// Everything about one run that could differ from another.
#[derive(Debug, PartialEq)]
struct Run {
    /// Each answer with its headers, in their order.
    answers: Vec<String>,
    /// The calls of the host that each request made, and all of them.
    calls: Vec<String>,
    logs: Vec<String>,
    rows: Vec<Vec<Value>>,
    end: Timestamp,
}

/// Does everything that the sample application can, one request at a time.
async fn run(builder: TestAppBuilder) -> Run {
    let app = builder.build().await;
    let mut answers: Vec<TestResponse> = Vec::new();
    let anna = register(&app, "anna").await;
    let jacob = register(&app, "jacob").await;
    for title in ["Dragons", "Dragons", "Rain"] {
        answers.push(publish(&app, &jacob, title).await);
    }
    let slug = answers[1].string_at("/article/slug");
    let article = format!("/api/articles/{slug}");
    let login = json!({ "user": { "email": "anna@example.com", "password": "correct horse" } });
    let comment = json!({ "comment": { "body": "Well said" } });
    let change = json!({ "user": { "bio": "Writes" } });
    let retitled = json!({ "article": { "title": "Snow" } });
    let wrong = json!({ "user": { "email": "anna", "password": "" } });
    let requests = [
        app.post("/api/users/login").json(&login),
        app.post("/api/users/login").json(&wrong),
        app.get("/api/user").bearer(&anna),
        app.get("/api/user"),
        app.post("/api/profiles/jacob/follow").bearer(&anna),
        app.post(&format!("{article}/comments"))
            .bearer(&anna)
            .json(&comment),
        app.post(&format!("{article}/favorite")).bearer(&anna),
        app.get("/api/articles"),
        app.get("/api/articles"),
        app.get("/api/articles/feed").bearer(&anna),
        app.get(&article),
        app.get(&article).bearer(&anna),
        app.get(&format!("{article}/comments")),
        app.get("/api/tags"),
        app.get("/api/tags"),
        app.put("/api/user").bearer(&jacob).json(&change),
        app.put("/api/articles/rain").bearer(&jacob).json(&retitled),
        app.get("/api/articles?tag=harness&limit=1"),
        app.request(Method::DELETE, &article).bearer(&jacob),
        app.get(&article),
        app.get("/health/ready"),
        app.get("/nowhere"),
    ];
    for request in requests {
        answers.push(request.send().await);
    }
    let told = answers.iter().map(|answer| {
        let headers: Vec<_> = answer.headers.iter().collect();
        format!("{:?} {headers:?} {:?}", answer.status, answer.body)
    });
    let each = answers.iter().map(|answer| answer.calls().to_string());
    Run {
        answers: told.collect(),
        calls: each.chain([app.calls().to_string()]).collect(),
        logs: app.logs(),
        rows: app.sql("SELECT * FROM users ORDER BY id").await,
        end: app.clock().now(),
    }
}

#[track_caller]
fn assert_same(one: &Run, other: &Run) {
    for (one, other) in one.answers.iter().zip(&other.answers) {
        assert_eq!(one, other);
    }
    for (one, other) in one.calls.iter().zip(&other.calls) {
        assert_eq!(one, other);
    }
    for (one, other) in one.logs.iter().zip(&other.logs) {
        assert_eq!(one, other);
    }
    assert_eq!(one, other);
}

#[tokio::test]
async fn the_same_seed_answers_the_same_to_the_byte() {
    let first = run(TestApp::builder().seed(7)).await;
    for _ in 0..3 {
        assert_same(&first, &run(TestApp::builder().seed(7)).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_threads_nor_neighbours_make_a_difference() {
    let runs = [(); 4].map(|()| tokio::spawn(run(TestApp::builder())));
    let mut all = Vec::new();
    for run in runs {
        all.push(run.await.expect("it comes to an end"));
    }
    for other in &all[1..] {
        assert_same(&all[0], other);
    }
}

#[tokio::test]
async fn another_seed_answers_differently_and_so_does_another_time() {
    let usual = run(TestApp::builder()).await;
    let seeded = run(TestApp::builder().seed(1)).await;
    let later = "2040-01-01T00:00:00Z".parse().expect("a time");
    let later = run(TestApp::builder().starting_at(later)).await;

    for other in [&seeded, &later] {
        // Every answer has an identifier of its own that says when it was and has chance in it.
        for (one, other) in usual.answers.iter().zip(&other.answers) {
            assert!(one != other || !one.contains("x-request-id"), "{one}");
        }
        assert_ne!(usual.calls, other.calls);
        assert_ne!(usual.logs, other.logs);
        assert_ne!(usual.rows, other.rows);
    }
    assert_eq!(usual.end, seeded.end);
}

#[tokio::test]
async fn an_answer_is_handed_over_once_nothing_is_left_to_do() {
    // The cache is filled after the answer, and takes its time.
    let app = TestApp::builder().hesitant_key_value().build().await;

    let answer = app.get("/api/tags").send().await;

    let calls = answer.calls();
    let filled = calls.matching(|call| {
        let operation = match &call.what {
            HostCall::KeyValue { operation, .. } => operation,
            _ => return false,
        };
        matches!(operation, KeyValueCall::Set { .. }) && call.outcome != Outcome::Unanswered
    });
    assert!(!filled.is_empty(), "{calls}");
    let unanswered = calls.matching(|call| call.outcome == Outcome::Unanswered);
    assert!(unanswered.is_empty(), "{calls}");
}
