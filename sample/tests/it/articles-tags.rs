//! `articles`: the tags of one.

use std::collections::BTreeSet;

use futures::future::join_all;
use jenny_test::{TestApp, TestResponse};
use serde_json::{Value, json};

use crate::articles::{assert_counts_hold, get, register, show, slug_of, tagged, titles};

async fn update(app: &TestApp, token: &str, slug: &str, changes: Value) -> TestResponse {
    app.put(&format!("/api/articles/{slug}"))
        .bearer(token)
        .json(&json!({ "article": changes }))
        .send()
        .await
}

async fn listed(app: &TestApp) -> Value {
    app.get("/api/tags").send().await.json()["tags"].clone()
}

#[tokio::test]
async fn come_sorted_by_name_in_every_answer() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    let reader = register(&app, "anna").await;
    let follow = app.post("/api/profiles/jacob/follow").bearer(&reader);
    follow.send().await.assert_status(200);
    let slug = slug_of(&app, &token, tagged("Title", &["b", "é", "a", "Z"])).await;
    // As an application before this one may have left them.
    app.sql("UPDATE article_tags SET position = 10 - position")
        .await;

    let sorted = json!(["Z", "a", "b", "é"]);
    let favorite = app.post(&format!("/api/articles/{slug}/favorite"));
    for answer in [
        show(&app, &slug, None).await,
        show(&app, &slug, Some(&reader)).await,
        favorite.bearer(&reader).send().await,
        update(&app, &token, &slug, json!({ "body": "Another body" })).await,
    ] {
        answer
            .assert_status(200)
            .assert_json("/article/tagList", sorted.clone());
    }
    for (path, token) in [
        ("/api/articles", None),
        ("/api/articles/feed", Some(&*reader)),
    ] {
        get(&app, path, token)
            .await
            .assert_json("/articles/0/tagList", sorted.clone());
    }
}

#[tokio::test]
async fn are_kept_replaced_and_removed() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    let slug = slug_of(&app, &token, tagged("Title", &["a", "b"])).await;
    slug_of(&app, &token, tagged("Other", &["b"])).await;
    assert_eq!(listed(&app).await, json!(["b", "a"]));

    let (body, tags) = (json!("Another body"), |tags: &[&str]| json!(tags));
    for (member, value, left, of_all) in [
        ("body", body, tags(&["a", "b"]), tags(&["b", "a"])),
        (
            "tagList",
            tags(&["c", " b ", "c"]),
            tags(&["b", "c"]),
            tags(&["b", "c"]),
        ),
        (
            "tagList",
            tags(&["c", "b"]),
            tags(&["b", "c"]),
            tags(&["b", "c"]),
        ),
        ("tagList", tags(&[]), tags(&[]), tags(&["b"])),
        ("tagList", tags(&[]), tags(&[]), tags(&["b"])),
        ("tagList", tags(&["a"]), tags(&["a"]), tags(&["a", "b"])),
    ] {
        update(&app, &token, &slug, json!({ member: value }))
            .await
            .assert_status(200)
            .assert_json("/article/tagList", left.clone())
            .assert_json("/article/title", "Title");
        show(&app, &slug, None)
            .await
            .assert_json("/article/tagList", left);
        assert_eq!(listed(&app).await, of_all);
        assert_counts_hold(&app).await;
    }
    let page = get(&app, "/api/articles?tag=a", None).await;
    assert_eq!(titles(&page), ["Title"]);
}

#[tokio::test]
async fn stay_when_the_change_is_refused() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    let anna = register(&app, "anna").await;
    let slug = slug_of(&app, &token, tagged("Title", &["a", "b"])).await;
    let before = show(&app, &slug, None).await.json();

    let many: Vec<String> = (0..33).map(|number| number.to_string()).collect();
    for (tags, pointers) in [
        (json!(null), &["/article/tagList"][..]),
        (json!("a"), &["/article/tagList"]),
        (
            json!(["c", " ", 1, null]),
            &[
                "/article/tagList/1",
                "/article/tagList/2",
                "/article/tagList/3",
            ],
        ),
        (json!(many), &["/article/tagList"]),
    ] {
        update(
            &app,
            &token,
            &slug,
            json!({ "tagList": tags, "body": "lost" }),
        )
        .await
        .assert_problem(422, "validation")
        .assert_violations(pointers);
    }
    update(&app, &anna, &slug, json!({ "tagList": ["c"] }))
        .await
        .assert_problem(403, "forbidden")
        .assert_json("/errors", json!({ "article": ["forbidden"] }));
    let stale = app.put(&format!("/api/articles/{slug}")).bearer(&token);
    let stale = stale.header("if-match", "\"stale\"");
    stale
        .json(&json!({ "article": { "tagList": ["c"] } }))
        .send()
        .await
        .assert_problem(412, "precondition-failed");

    assert_eq!(show(&app, &slug, None).await.json(), before);
    assert_eq!(listed(&app).await, json!(["a", "b"]));
    assert_counts_hold(&app).await;
}

#[tokio::test]
async fn of_articles_that_are_changed_at_once_are_counted() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    let mut slugs = Vec::new();
    for number in 0..3 {
        slugs.push(
            slug_of(
                &app,
                &token,
                tagged(&format!("Title {number}"), &["a", "b"]),
            )
            .await,
        );
    }

    let choices = [
        json!(["b", "a"]),
        json!(["c", "a"]),
        json!([]),
        json!(["d", "c", "b"]),
    ];
    let requests = (0..24).map(|index| {
        let changes = json!({ "tagList": choices[index / 3 % choices.len()] });
        update(&app, &token, &slugs[index % slugs.len()], changes)
    });
    for answer in join_all(requests).await {
        answer.assert_status(200);
    }
    assert_counts_hold(&app).await;
    for slug in &slugs {
        let shown = show(&app, slug, None).await.json();
        let tags = &shown["article"]["tagList"];
        let mut sorted = tags.as_array().expect("a list").clone();
        sorted.sort_by_key(|tag| tag.as_str().map(str::to_owned));
        assert_eq!(tags, &json!(sorted));
        assert!(choices.iter().any(|choice| same(choice, tags)), "{tags}");
    }
}

fn same(one: &Value, other: &Value) -> bool {
    let names = |tags: &Value| -> BTreeSet<String> {
        let tags = tags.as_array().expect("a list").iter();
        tags.map(Value::to_string).collect()
    };
    names(one) == names(other)
}
