//! `articles`: changing and deleting one.

use futures::future::join_all;
use jenny_test::{TestApp, TestResponse};
use serde_json::{Value, json};

use crate::articles::{
    assert_counts_hold, create, draft, get, register, show, slug_of, tagged, titles,
};

async fn update(app: &TestApp, token: &str, slug: &str, changes: Value) -> TestResponse {
    app.put(&format!("/api/articles/{slug}"))
        .bearer(token)
        .json(&json!({ "article": changes }))
        .send()
        .await
}

async fn delete(app: &TestApp, token: &str, slug: &str) -> TestResponse {
    app.delete(&format!("/api/articles/{slug}"))
        .bearer(token)
        .send()
        .await
}

async fn favorite(app: &TestApp, token: &str, slug: &str) -> TestResponse {
    app.post(&format!("/api/articles/{slug}/favorite"))
        .bearer(token)
        .send()
        .await
}

#[tokio::test]
async fn each_field_changes_alone() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    let slug = slug_of(&app, &token, tagged("Title", &["b", "a"])).await;
    let before = show(&app, &slug, None).await.json();

    for (field, value) in [
        ("body", "Another body"),
        ("description", "Another description"),
    ] {
        let changed = update(&app, &token, &slug, json!({ field: value })).await;
        changed
            .assert_status(200)
            .assert_json(&format!("/article/{field}"), value)
            .assert_json("/article/slug", &*slug)
            .assert_json("/article/tagList", json!(["a", "b"]))
            .assert_json("/article/createdAt", before["article"]["createdAt"].clone());
        assert_eq!(show(&app, &slug, Some(&token)).await.json(), changed.json());
    }
    update(&app, &token, &slug, json!({ "title": "New" }))
        .await
        .assert_status(200)
        .assert_json("/article/title", "New")
        .assert_json("/article/slug", "new")
        .assert_json("/article/body", "Another body")
        .assert_json("/article/description", "Another description");
}

#[tokio::test]
async fn the_time_of_change_moves_with_every_change() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    let slug = slug_of(&app, &token, draft("Title")).await;
    let mut last = show(&app, &slug, None)
        .await
        .string_at("/article/updatedAt");
    // Also when the clock stands, or is behind the one that wrote the article.
    app.sql("UPDATE articles SET updated_at = 4102444800000")
        .await;
    for expected in ["2100-01-01T00:00:00.001Z", "2100-01-01T00:00:00.002Z"] {
        let next = update(&app, &token, &slug, json!({ "body": "the same" }))
            .await
            .string_at("/article/updatedAt");
        assert_eq!(next, expected);
        assert!(next > last);
        last = next;
    }
}

#[tokio::test]
async fn a_change_of_nothing_is_refused() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    let slug = slug_of(&app, &token, draft("Title")).await;
    let before = show(&app, &slug, None).await.json();
    for changes in [json!({}), json!({ "slug": "new", "favorited": true })] {
        update(&app, &token, &slug, changes)
            .await
            .assert_problem(422, "validation")
            .assert_violations(&["/article"]);
    }
    update(
        &app,
        &token,
        &slug,
        json!({ "title": " ", "description": "a\0", "body": 1 }),
    )
    .await
    .assert_problem(422, "validation")
    .assert_violations(&["/article/title", "/article/description", "/article/body"]);
    assert_eq!(show(&app, &slug, None).await.json(), before);
}

#[tokio::test]
async fn somebody_elses_article_stays_as_it_is() {
    let app = crate::app().build().await;
    let anna = register(&app, "anna").await;
    let jacob = register(&app, "jacob").await;
    let slug = slug_of(&app, &anna, tagged("Anna's", &["a"])).await;
    let before = show(&app, &slug, None).await.json();

    update(
        &app,
        &jacob,
        &slug,
        json!({ "title": "Jacob's", "body": "x" }),
    )
    .await
    .assert_problem(403, "forbidden");
    delete(&app, &jacob, &slug)
        .await
        .assert_problem(403, "forbidden");

    assert_eq!(show(&app, &slug, None).await.json(), before);
    assert_counts_hold(&app).await;
}

#[tokio::test]
async fn updates_of_different_fields_that_race_are_both_kept() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    let slug = slug_of(&app, &token, draft("Title")).await;

    let changes = [
        json!({ "body": "new body" }),
        json!({ "description": "new description" }),
        json!({ "title": "New title" }),
    ];
    let answers = join_all(changes.map(|changes| update(&app, &token, &slug, changes))).await;

    // Whoever came after the new title found no such slug any more.
    let lost = answers.iter().filter(|answer| answer.status == 404).count();
    for answer in &answers {
        assert!(answer.status == 200 || answer.status == 404, "{answer:?}");
    }
    let shown = show(&app, "new-title", None)
        .await
        .assert_status(200)
        .json();
    let article = &shown["article"];
    let kept = [
        article["body"] == "new body",
        article["description"] == "new description",
        article["title"] == "New title",
    ];
    assert_eq!(
        kept.iter().filter(|kept| **kept).count(),
        3 - lost,
        "{shown}"
    );
}

#[tokio::test]
async fn a_deleted_article_is_gone_with_all_that_was_counted() {
    let app = crate::app().build().await;
    let anna = register(&app, "anna").await;
    let jacob = register(&app, "jacob").await;
    let kept = slug_of(&app, &anna, tagged("Kept", &["a", "b"])).await;
    let gone = slug_of(&app, &anna, tagged("Gone", &["b", "c"])).await;
    for slug in [&kept, &gone] {
        for token in [&anna, &jacob] {
            favorite(&app, token, slug).await.assert_status(200);
        }
    }

    let answer = delete(&app, &anna, &gone).await;

    answer.assert_status(204);
    assert!(answer.body.is_empty(), "{answer:?}");
    show(&app, &gone, None)
        .await
        .assert_problem(404, "not-found");
    delete(&app, &anna, &gone)
        .await
        .assert_problem(404, "not-found");
    for (query, count) in [
        ("", 1),
        ("?tag=b", 1),
        ("?tag=c", 0),
        ("?author=anna", 1),
        ("?favorited=jacob", 1),
        ("?favorited=anna&tag=b", 1),
    ] {
        let page = get(&app, &format!("/api/articles{query}"), None).await;
        assert_eq!(titles(&page).len(), count, "{query}");
        page.assert_json("/articlesCount", count);
    }
    assert_counts_hold(&app).await;
    assert_eq!(app.sql("SELECT COUNT(*) FROM favorites").await, [[2]]);
}

#[tokio::test]
async fn of_two_who_delete_at_once_one_finds_nothing() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    let slugs = [
        slug_of(&app, &token, tagged("One", &["a", "b"])).await,
        slug_of(&app, &token, tagged("Two", &["b", "a"])).await,
    ];
    for slug in &slugs {
        favorite(&app, &token, slug).await.assert_status(200);
    }

    let requests = (0..8).map(|index| delete(&app, &token, &slugs[index % 2]));
    let answers = join_all(requests).await;

    let deleted = answers.iter().filter(|answer| answer.status == 204).count();
    let missing = answers.iter().filter(|answer| answer.status == 404).count();
    assert_eq!((deleted, missing), (2, 6), "{answers:?}");
    assert_counts_hold(&app).await;
}

#[tokio::test]
async fn whatever_races_the_counts_hold() {
    let app = crate::app().build().await;
    let anna = register(&app, "anna").await;
    let jacob = register(&app, "jacob").await;
    let mut slugs = Vec::new();
    for number in 0..6 {
        slugs.push(slug_of(&app, &anna, tagged(&format!("Title {number}"), &["a", "b"])).await);
    }

    let requests = (0..36).map(|index| {
        let (app, anna, jacob, slug) = (&app, &anna, &jacob, &slugs[index % slugs.len()]);
        async move {
            let reader = if index % 4 < 2 { anna } else { jacob };
            match index / 6 % 4 {
                0 => favorite(app, reader, slug).await,
                1 => {
                    let path = format!("/api/articles/{slug}/favorite");
                    app.delete(&path).bearer(reader).send().await
                }
                2 if index % 2 == 0 => delete(app, anna, slug).await,
                2 => update(app, anna, slug, json!({ "body": "raced" })).await,
                _ => create(app, jacob, tagged("Raced", &["b", "c"])).await,
            }
        }
    });
    for answer in join_all(requests).await {
        assert!(
            matches!(answer.status.as_u16(), 200 | 201 | 204 | 404),
            "{answer:?}"
        );
    }

    assert_counts_hold(&app).await;
    let orphans = app
        .sql(
            "SELECT COUNT(*) FROM articles AS a WHERE NOT EXISTS
              (SELECT 1 FROM article_tags AS t WHERE t.article_id = a.id)",
        )
        .await;
    assert_eq!(orphans, [[0]]);
}

/// The `ETag` that a user's `GET` of an article gets.
async fn tag(app: &TestApp, token: &str, slug: &str) -> String {
    let shown = show(app, slug, Some(token)).await;
    let tag = shown.assert_status(200).header("etag");
    tag.expect("an answer to GET has a tag").to_owned()
}

#[tokio::test]
async fn what_was_not_seen_is_not_overwritten() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    let slug = slug_of(&app, &token, draft("Title")).await;
    let path = format!("/api/articles/{slug}");
    let body = |text: &str| json!({ "article": { "body": text } });
    let first = tag(&app, &token, &slug).await;

    let put = |tag: &str, text: &str| {
        let request = app.put(&path).bearer(&token).header("if-match", tag);
        request.json(&body(text)).send()
    };
    put(&first, "first").await.assert_status(200);
    for stale in [&*first, "\"x\"", "W/\"x\"", "\"x\", \"y\""] {
        put(stale, "lost")
            .await
            .assert_problem(412, "precondition-failed");
        app.delete(&path)
            .bearer(&token)
            .header("if-match", stale)
            .send()
            .await
            .assert_problem(412, "precondition-failed");
    }
    show(&app, &slug, None)
        .await
        .assert_json("/article/body", "first");
    put("*", "second")
        .await
        .assert_status(200)
        .assert_json("/article/body", "second");

    let last = tag(&app, &token, &slug).await;
    app.delete(&path)
        .bearer(&token)
        .header("if-match", &last)
        .send()
        .await
        .assert_status(204);
    put(&last, "late").await.assert_problem(404, "not-found");
}

#[tokio::test]
async fn of_many_who_change_what_they_saw_one_does() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    let slug = slug_of(&app, &token, draft("Title")).await;
    let path = format!("/api/articles/{slug}");
    let seen = tag(&app, &token, &slug).await;

    let requests = (0..8).map(|number| {
        let request = app.put(&path).bearer(&token).header("if-match", &seen);
        let changes = json!({ "article": { "description": number.to_string() } });
        request.json(&changes).send()
    });
    let answers = join_all(requests).await;

    let won: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status == 200)
        .collect();
    let lost = answers.iter().filter(|answer| answer.status == 412).count();
    assert_eq!((won.len(), lost), (1, 7), "{answers:?}");
    let description = won[0].string_at("/article/description");
    show(&app, &slug, None)
        .await
        .assert_json("/article/description", description);
    assert_eq!(app.sql("SELECT version FROM articles").await, [[2]]);
}
