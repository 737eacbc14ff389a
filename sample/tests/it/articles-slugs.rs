//! `articles`: the names of articles in URLs.

use std::collections::HashSet;

use futures::future::join_all;
use jenny_test::TestApp;
use serde_json::json;

use crate::articles::{
    assert_counts_hold, create, draft, encoded, register, show, slug_of, titles,
};

async fn rename(app: &TestApp, token: &str, slug: &str, title: &str) -> String {
    app.put(&format!("/api/articles/{slug}"))
        .bearer(token)
        .json(&json!({ "article": { "title": title } }))
        .send()
        .await
        .assert_status(200)
        .assert_json("/article/title", title)
        .string_at("/article/slug")
}

#[tokio::test]
async fn a_slug_of_any_script_is_found_percent_encoded() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    for (title, slug) in [
        ("日本語のタイトル!", "日本語のタイトル"),
        ("Mu\u{308}ller & Söhne", "müller-söhne"),
        ("हिन्दी में", "हिन्दी-में"),
        ("كيف تدرب تنينك", "كيف-تدرب-تنينك"),
        ("<script>alert('1')</script>", "script-alert-1-script"),
        ("../../etc/passwd", "etc-passwd"),
    ] {
        assert_eq!(slug_of(&app, &token, draft(title)).await, slug);
        for path in [encoded(slug), encoded(slug).to_lowercase()] {
            show(&app, &path, None)
                .await
                .assert_status(200)
                .assert_json("/article/title", title);
        }
    }
    // Composed or not, it is the same text.
    show(&app, &encoded("mu\u{308}ller-so\u{308}hne"), None)
        .await
        .assert_status(200);
}

#[tokio::test]
async fn titles_may_collide_and_slugs_do_not() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    let mut slugs = HashSet::new();
    for title in ["Dragons", "Dragons", "dragons!", "DRAGONS?"] {
        let slug = slug_of(&app, &token, draft(title)).await;
        assert!(slug.starts_with("dragons"), "{slug}");
        show(&app, &slug, None)
            .await
            .assert_status(200)
            .assert_json("/article/title", title);
        slugs.insert(slug);
    }
    assert_eq!(slugs.len(), 4);
    assert!(slugs.contains("dragons"));
}

#[tokio::test]
async fn a_title_without_letters_gets_a_slug_all_the_same() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    let mut slugs = HashSet::new();
    for title in ["🐉🐉🐉", "?!", ".", "..", "🐉🐉🐉"] {
        let slug = slug_of(&app, &token, draft(title)).await;
        assert!(
            !slug.is_empty() && slug.bytes().all(|b| b.is_ascii_hexdigit()),
            "{slug}"
        );
        show(&app, &slug, None)
            .await
            .assert_status(200)
            .assert_json("/article/title", title);
        slugs.insert(slug);
    }
    assert_eq!(slugs.len(), 5);
}

#[tokio::test]
async fn an_article_called_feed_is_not_hidden_by_the_feed() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    for title in ["feed", "Feed!"] {
        let slug = slug_of(&app, &token, draft(title)).await;
        assert!(slug.starts_with("feed-"), "{slug}");
        show(&app, &slug, None)
            .await
            .assert_status(200)
            .assert_json("/article/title", title);
    }
    let slug = slug_of(&app, &token, draft("Something else")).await;
    assert!(
        rename(&app, &token, &slug, "FEED")
            .await
            .starts_with("feed-")
    );
    assert_eq!(titles(&show(&app, "feed", Some(&token)).await), [""; 0]);
    show(&app, "feed", None)
        .await
        .assert_problem(401, "unauthorized");
    show(&app, "%66eed", None)
        .await
        .assert_problem(404, "not-found");
}

#[tokio::test]
async fn a_new_title_brings_a_new_slug_and_an_old_one_keeps_it() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    let slug = slug_of(&app, &token, draft("First title")).await;

    let renamed = rename(&app, &token, &slug, "Second title").await;
    assert_eq!(renamed, "second-title");
    show(&app, "first-title", None)
        .await
        .assert_problem(404, "not-found");
    show(&app, "second-title", None).await.assert_status(200);

    assert_eq!(
        rename(&app, &token, &renamed, "Second title").await,
        "second-title"
    );
    assert_eq!(
        rename(&app, &token, &renamed, "Second: title!").await,
        "second-title"
    );
    // The first one is free again, also for another article.
    assert_eq!(
        slug_of(&app, &token, draft("First title")).await,
        "first-title"
    );
}

#[tokio::test]
async fn a_new_title_that_is_taken_gets_a_suffix_that_stays() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    slug_of(&app, &token, draft("Taken")).await;
    let slug = slug_of(&app, &token, draft("Other")).await;

    let renamed = rename(&app, &token, &slug, "Taken").await;
    assert!(renamed.starts_with("taken-"), "{renamed}");
    assert_eq!(rename(&app, &token, &renamed, "Taken").await, renamed);
    assert_eq!(rename(&app, &token, &renamed, "taken!").await, renamed);
    assert_eq!(
        titles(&crate::articles::get(&app, "/api/articles", None).await),
        ["taken!", "Taken"]
    );
}

#[tokio::test]
async fn of_many_who_create_one_title_at_once_each_gets_a_slug() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    let create = || create(&app, &token, draft("One title"));

    let answers = join_all((0..12).map(|_| create())).await;

    let slugs: HashSet<String> = answers
        .iter()
        .map(|answer| answer.assert_status(201).string_at("/article/slug"))
        .collect();
    assert_eq!(slugs.len(), 12);
    assert!(slugs.contains("one-title"));
    assert_counts_hold(&app).await;
}

#[tokio::test]
async fn of_many_who_change_to_one_title_at_once_each_gets_a_slug() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    let mut slugs = Vec::new();
    for number in 0..8 {
        slugs.push(slug_of(&app, &token, draft(&format!("Title {number}"))).await);
    }

    let renamed = join_all(
        slugs
            .iter()
            .map(|slug| rename(&app, &token, slug, "One title")),
    )
    .await;

    let renamed: HashSet<String> = renamed.into_iter().collect();
    assert_eq!(renamed.len(), 8);
    assert!(renamed.contains("one-title"), "{renamed:?}");
}
