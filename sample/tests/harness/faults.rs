//! What a test can have go wrong.

use std::sync::Arc;
use std::time::Duration;

use jenny_test::{FAULT, Fault, Mint, Odd, Outcome, SqlValue, TestApp};
use serde_json::json;

/// An application whose components have made their first calls.
async fn app() -> TestApp {
    let app = TestApp::builder()
        .one_instance_each()
        .signed_by(&Mint::new())
        .build()
        .await;
    app.get("/api/profiles/nobody")
        .send()
        .await
        .assert_status(404);
    app.clear_calls();
    app
}

const PROFILE: &str = "/api/profiles/nobody";

#[tokio::test]
async fn the_nth_call_fails_and_the_others_do_not() {
    let app = app().await;
    app.inject(Fault::on_statements_with("FROM users").nth(2));

    for faults in [0, 1, 0] {
        let answer = app.get(PROFILE).send().await;
        // A question is asked once more, on another connection.
        answer.assert_status(404);
        assert_eq!(answer.calls().injected().len(), faults);
    }

    let failed = app.calls().failed();
    assert_eq!(failed.len(), 1, "{failed}");
    let call = failed.iter().next().expect("there is one");
    assert_eq!(call.injected.as_deref(), Some("fails"));
    assert_eq!(call.outcome, Outcome::Failed(FAULT.to_owned()));
}

#[tokio::test]
async fn a_failure_can_have_a_message_of_its_own_and_ends_when_told() {
    let app = app().await;
    app.inject(Fault::on_sql().fails_with("the tape is full"));

    app.get(PROFILE)
        .send()
        .await
        .assert_problem(500, "internal");
    assert!(
        app.logs()
            .iter()
            .any(|line| line.contains("the tape is full"))
    );

    app.clear_faults();
    app.get(PROFILE).send().await.assert_status(404);
}

#[tokio::test]
async fn chance_hits_the_same_calls_in_every_run() {
    let run = || async {
        let app = app().await;
        app.inject(Fault::on_sql().with_probability(0.5, 42));
        let mut statuses = Vec::new();
        for _ in 0..12 {
            statuses.push(app.get(PROFILE).send().await.status.as_u16());
        }
        statuses
    };

    let statuses = run().await;

    assert!(
        statuses.contains(&404) && statuses.contains(&503),
        "{statuses:?}"
    );
    assert_eq!(run().await, statuses);
}

#[tokio::test]
async fn a_slow_call_goes_by_the_clock() {
    let app = app().await;
    let before = app.clock().now();
    app.inject(Fault::on_statements_with("FROM users").slow(Duration::from_secs(2)));

    let patience = async {
        let wait = app.clock().next_wait().await;
        app.clock().advance(wait);
    };
    let (answer, ()) = tokio::join!(app.get(PROFILE).send(), patience);

    answer.assert_status(404);
    assert!(app.clock().now().duration_since(before).as_secs() >= 2);
}

#[tokio::test]
async fn a_statement_is_answered_with_rows_that_nobody_wrote() {
    let app = app().await;
    app.inject(
        Fault::on_statements_with("FROM tags").answers(Odd::rows(&["name"], [vec!["invented"]])),
    );

    let answer = app.get("/api/tags").send().await;

    answer
        .assert_status(200)
        .assert_json("/tags", json!(["invented"]));
    assert_eq!(answer.calls().injected().len(), 1);
}

#[tokio::test]
async fn an_answer_that_a_call_cannot_have_says_so() {
    let app = app().await;
    let nonsense = Odd::Bytes(vec![1]);
    app.inject(Fault::on_statements_with("FROM users").answers(nonsense));

    app.get(PROFILE)
        .send()
        .await
        .assert_problem(500, "internal");

    let failed = app.calls().failed().to_string();
    assert!(failed.contains("no such answers"), "{failed}");
}

#[tokio::test]
async fn rows_break_off_half_way() {
    let app = app().await;
    let names = (0..4).map(|number| vec![SqlValue::Text(format!("tag-{number}"))]);
    let rows = Odd::Rows {
        columns: vec!["name".to_owned()],
        rows: names.collect(),
    };
    app.inject(Fault::on_statements_with("FROM tags").answers(rows));
    app.get("/api/tags").send().await.assert_status(200);

    let app = self::app().await;
    app.inject(Fault::on_statements_with("FROM tags").breaks_off_after(0));
    let answer = app.get("/api/tags").send().await;

    answer.assert_status(503);
    let failed = answer.calls().failed().to_string();
    assert!(failed.contains("(after 0 rows)"), "{failed}");
}

#[tokio::test]
async fn an_answer_that_is_lost_leaves_what_was_done() {
    let app = app().await;
    app.inject(Fault::on(|call| call.statement() == Some("COMMIT")).loses_the_answer());

    let answer = app
        .post("/api/users")
        .json(&json!({
            "user": { "username": "jacob", "email": "jake@example.com", "password": "correct horse" }
        }))
        .send()
        .await;

    assert!(
        answer.status.is_server_error() || answer.status.is_success(),
        "{answer:?}"
    );
    let lost = answer.calls().injected();
    let users = app.sql("SELECT count(*) FROM users").await;
    // Where no transaction is needed there is no COMMIT to lose.
    assert_eq!(users, [[1]], "{lost}");
}

#[tokio::test]
async fn a_killed_instance_takes_its_request_with_it_and_no_other() {
    for afterwards in [false, true] {
        let app = app().await;
        let fault = Fault::on_statements_with("FROM users").nth(1);
        app.inject(match afterwards {
            false => fault.kills_the_instance(),
            true => fault.kills_the_instance_afterwards(),
        });

        let killed = app.get(PROFILE).send().await;
        let next = app.get(PROFILE).send().await;

        killed.assert_status(500);
        next.assert_status(404);
        let instance = |calls: &jenny_test::Calls| calls.iter().next().map(|call| call.instance);
        assert_ne!(instance(&killed.calls()), instance(&next.calls()));
        let last = killed.calls();
        let last = last.iter().last().expect("it was killed in a call");
        assert_eq!(last.outcome, Outcome::Unanswered, "{last}");
        assert!(last.injected.is_some(), "{last}");
    }
}

#[tokio::test]
async fn a_variable_can_fail_too() {
    let app = TestApp::builder()
        .fault(Fault::on_variables())
        .build()
        .await;

    let answer = app.get(PROFILE).send().await;

    answer.assert_problem(500, "internal");
    assert!(!answer.text().contains(FAULT), "{answer:?}");
}

#[tokio::test]
async fn what_a_fault_concerns_may_be_decided_by_asking_the_application() {
    let app = Arc::new(app().await);
    let asked = Arc::downgrade(&app);
    let fault = Fault::on(move |call| {
        let app = asked.upgrade().expect("it calls, so it is there");
        app.inject(Fault::on(|_| false));
        call.is_sql() && app.calls().sql().is_empty()
    });
    app.inject(fault);

    let answer = app.get(PROFILE).send().await;

    answer.assert_status(404);
    assert_eq!(answer.calls().injected().len(), 1, "{}", answer.calls());
}
