//! `tags`: the tags that articles have.

use jenny_test::{FAULT, TestApp};
use serde_json::{Value, json};

use crate::measured::{Measured, measured};

/// Puts tags into the table, each with the number of its articles.
async fn insert(app: &TestApp, tags: &[(&str, u32)]) {
    // The tables are there once a request has needed them. One that lists tags would have them
    // remembered, and what follows is no request, of which the cache would learn.
    app.get("/api/profiles/nobody")
        .send()
        .await
        .assert_status(404);
    for (name, articles_count) in tags {
        let name = name.replace('\'', "''");
        app.sql(&format!(
            "INSERT INTO tags (name, articles_count) VALUES ('{name}', {articles_count})"
        ))
        .await;
    }
}

async fn listed(app: &TestApp) -> Value {
    let response = app.get("/api/tags").send().await;
    response
        .assert_status(200)
        .assert_header("content-type", "application/json");
    response.json()
}

#[tokio::test]
async fn there_are_none_at_first() {
    let app = crate::app().build().await;
    assert_eq!(listed(&app).await, json!({ "tags": [] }));
}

#[tokio::test]
async fn the_most_used_come_first_then_names_in_order_and_unused_ones_not_at_all() {
    let app = crate::app().build().await;
    let tags = [
        ("b", 1),
        ("unused", 0),
        ("a", 1),
        ("Z", 1),
        ("most", 12),
        ("é", 1),
        ("more", 3),
    ];
    insert(&app, &tags).await;

    // As bytes, on every store: upper case before lower case, and both before what is not ASCII.
    assert_eq!(
        listed(&app).await,
        json!({ "tags": ["most", "more", "Z", "a", "b", "é"] })
    );
}

#[tokio::test]
async fn whatever_a_name_holds_is_text() {
    let app = crate::app().build().await;
    let names = [
        "'; DROP TABLE tags; --",
        "<script>alert(1)</script>",
        "\u{202E}gat",
        "وسم",
        "👩\u{200D}💻",
        "\"\\",
    ];
    let tags: Vec<(&str, u32)> = names.iter().copied().zip((1..=6).rev()).collect();
    insert(&app, &tags).await;

    assert_eq!(listed(&app).await, json!({ "tags": names }));
}

#[tokio::test]
async fn a_thousand_are_listed_and_no_more() {
    let app = crate::app().build().await;
    insert(&app, &[]).await;
    app.sql(
        "INSERT INTO tags (name, articles_count)
         WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1200)
         SELECT 'tag-' || n, n FROM n",
    )
    .await;

    let body = listed(&app).await;

    let tags = body["tags"].as_array().expect("a list");
    assert_eq!(tags.len(), 1000);
    assert_eq!(
        (&tags[0], &tags[999]),
        (&json!("tag-1200"), &json!("tag-201"))
    );
}

#[tokio::test]
async fn one_statement_answers() {
    let app = crate::app().build().await;
    // The cache is for those who send no credentials.
    let asked = async || {
        let request = app.get("/api/tags").bearer("not.a.token");
        let answer = request.send().await;
        answer.assert_status(200);
        answer.calls()
    };
    asked().await;

    let calls = asked().await;

    assert_eq!(calls.statements().len(), 1, "{calls}");
}

#[tokio::test]
async fn a_token_makes_no_difference() {
    let app = crate::app().build().await;
    insert(&app, &[("a", 1)]).await;
    app.get("/api/tags")
        .bearer("not.a.token")
        .send()
        .await
        .assert_status(200)
        .assert_json("/tags", json!(["a"]));
}

#[tokio::test]
async fn other_methods_are_told_which_there_are() {
    let app = crate::app().build().await;
    let head = app.head("/api/tags").send().await;
    head.assert_status(200)
        .assert_header("content-type", "application/json");
    assert!(head.body.is_empty(), "{head:?}");
    let options = app.options("/api/tags").send().await;
    options
        .assert_status(204)
        .assert_header("allow", "GET,HEAD");
    for request in [
        app.post("/api/tags"),
        app.put("/api/tags"),
        app.delete("/api/tags"),
    ] {
        let response = request.json(&json!({ "tags": ["a"] })).send().await;
        response
            .assert_problem(405, "method-not-allowed")
            .assert_header("allow", "GET,HEAD");
    }
}

#[tokio::test]
async fn a_failing_database_is_a_503() {
    for app in [
        crate::app().failing_database().build().await,
        crate::app().unreadable_database().build().await,
    ] {
        let response = app.get("/api/tags").send().await;
        response.assert_problem(503, "unavailable");
        assert!(response.header("retry-after").is_some(), "{response:?}");
        assert!(!response.text().contains(FAULT), "{response:?}");
        response.assert_json("/errors", json!({ "request": ["temporarily unavailable"] }));
    }
}

#[tokio::test]
async fn keeps_to_its_budget() {
    let Some(Measured {
        app, mut budgets, ..
    }) = measured("tags").await
    else {
        return;
    };
    budgets
        .measure(&app, "GET /api/tags", 200, |app, _| app.get("/api/tags"))
        .await;
    budgets.finish();
}
