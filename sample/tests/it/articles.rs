//! `articles`: writing one and reading it. What the other files about articles arrange and look at is
//! here as well.

use jenny_test::{TestApp, TestResponse};
use serde_json::{Value, json};

/// Registers a user and returns their token.
pub(crate) async fn register(app: &TestApp, username: &str) -> String {
    app.post("/api/users")
        .json(&json!({ "user": {
            "username": username,
            "email": format!("{username}@example.com"),
            "password": "correct horse",
        } }))
        .send()
        .await
        .assert_status(201)
        .string_at("/user/token")
}

/// The fields of an article that has nothing special but its title.
pub(crate) fn draft(title: &str) -> Value {
    json!({ "title": title, "description": "What it is about", "body": "What it says" })
}

/// The same with tags.
pub(crate) fn tagged(title: &str, tags: &[&str]) -> Value {
    let mut article = draft(title);
    article["tagList"] = json!(tags);
    article
}

pub(crate) async fn create(app: &TestApp, token: &str, article: Value) -> TestResponse {
    app.post("/api/articles")
        .bearer(token)
        .json(&json!({ "article": article }))
        .send()
        .await
}

/// Creates an article and returns its slug.
pub(crate) async fn slug_of(app: &TestApp, token: &str, article: Value) -> String {
    create(app, token, article)
        .await
        .assert_status(201)
        .string_at("/article/slug")
}

pub(crate) async fn get(app: &TestApp, path: &str, token: Option<&str>) -> TestResponse {
    let request = app.get(path);
    match token {
        Some(token) => request.bearer(token),
        None => request,
    }
    .send()
    .await
}

pub(crate) async fn show(app: &TestApp, slug: &str, token: Option<&str>) -> TestResponse {
    get(app, &format!("/api/articles/{slug}"), token).await
}

/// The titles of a page, in its order.
#[track_caller]
pub(crate) fn titles(page: &TestResponse) -> Vec<String> {
    page.assert_status(200);
    let body = page.json();
    let articles = body["articles"].as_array().expect("there is a list");
    let title = |article: &Value| article["title"].as_str().expect("a title").to_owned();
    articles.iter().map(title).collect()
}

/// Asserts that every count that is kept is the number of rows that it counts.
pub(crate) async fn assert_counts_hold(app: &TestApp) {
    let wrong = app
        .sql(
            "SELECT 'articles' FROM totals
             WHERE name = 'articles' AND amount <> (SELECT COUNT(*) FROM articles)
             UNION ALL
             SELECT 'articles of ' || u.username FROM users AS u
             WHERE u.articles_count <> (SELECT COUNT(*) FROM articles WHERE author_id = u.id)
             UNION ALL
             SELECT 'favourites of ' || u.username FROM users AS u
             WHERE u.favorites_count <> (SELECT COUNT(*) FROM favorites WHERE user_id = u.id)
             UNION ALL
             SELECT 'articles under ' || n.name FROM tags AS n
             WHERE n.articles_count <> (SELECT COUNT(*) FROM article_tags WHERE tag_id = n.id)
             UNION ALL
             SELECT 'those who favour ' || a.slug FROM articles AS a
             WHERE a.favorites_count <> (SELECT COUNT(*) FROM favorites WHERE article_id = a.id)",
        )
        .await;
    assert!(wrong.is_empty(), "wrong counts: {wrong:?}");
}

#[tokio::test]
async fn a_new_article_is_answered_and_read_in_full() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    let article = json!({
        "title": "How to train your dragon",
        "description": "Ever wonder how?",
        "body": "It takes a Jacobian\n\n- and *patience*",
        "tagList": ["dragons", " training ", "dragons", "angular-js"],
    });

    let created = create(&app, &token, article).await;

    created
        .assert_status(201)
        .assert_json("/article/slug", "how-to-train-your-dragon")
        .assert_json("/article/title", "How to train your dragon")
        .assert_json("/article/description", "Ever wonder how?")
        .assert_json("/article/body", "It takes a Jacobian\n\n- and *patience*")
        .assert_json(
            "/article/tagList",
            json!(["angular-js", "dragons", "training"]),
        )
        .assert_json("/article/favorited", false)
        .assert_json("/article/favoritesCount", 0)
        .assert_json(
            "/article/author",
            json!({ "username": "jacob", "bio": null, "image": null, "following": false }),
        );
    let created_at = created.string_at("/article/createdAt");
    assert_eq!(created_at.len(), "2016-02-18T03:22:56.637Z".len());
    assert!(created_at.ends_with('Z'), "{created_at}");
    assert_eq!(created.string_at("/article/updatedAt"), created_at);
    for token in [None, Some(&*token)] {
        let shown = show(&app, "how-to-train-your-dragon", token).await;
        assert_eq!(shown.assert_status(200).json(), created.json());
    }
    assert_counts_hold(&app).await;
}

#[tokio::test]
async fn tags_are_optional() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    for tags in [None, Some(json!(null)), Some(json!([]))] {
        let mut article = draft("Untagged");
        if let Some(tags) = tags {
            article["tagList"] = tags;
        }
        let slug = slug_of(&app, &token, article).await;
        show(&app, &slug, None)
            .await
            .assert_json("/article/tagList", json!([]));
    }
}

#[tokio::test]
async fn what_a_client_adds_is_ignored() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    let mut article = draft("Extras");
    for (name, value) in [
        ("slug", json!("mine")),
        ("favoritesCount", json!(1000)),
        ("author", json!({ "username": "anna" })),
        ("createdAt", json!("1970-01-01T00:00:00.000Z")),
        ("id", json!("x")),
    ] {
        article[name] = value;
    }
    let created = create(&app, &token, article).await;
    created
        .assert_status(201)
        .assert_json("/article/slug", "extras")
        .assert_json("/article/favoritesCount", 0)
        .assert_json("/article/author/username", "jacob");
    assert!(!created.string_at("/article/createdAt").starts_with("1970"));
}

#[tokio::test]
async fn every_failing_field_is_reported_and_nothing_is_stored() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    for (article, pointers) in [
        (
            json!({}),
            &["/article/title", "/article/description", "/article/body"][..],
        ),
        (
            json!({ "title": "", "description": " ", "body": "\n" }),
            &["/article/title", "/article/description", "/article/body"],
        ),
        (
            json!({ "title": null, "description": 5, "body": ["x"], "tagList": "dragons" }),
            &[
                "/article/title",
                "/article/description",
                "/article/body",
                "/article/tagList",
            ],
        ),
        (
            tagged("t", &["ok", "", "a\0", &"x".repeat(65)]),
            &[
                "/article/tagList/1",
                "/article/tagList/2",
                "/article/tagList/3",
            ],
        ),
        (
            json!({ "title": "t", "description": "d", "body": "b", "tagList": ["a", 1, null] }),
            &["/article/tagList/1", "/article/tagList/2"],
        ),
        (
            json!({
                "title": "é".repeat(256), "description": "é".repeat(1025), "body": "é".repeat(200_001),
                "tagList": (0..33).map(|n| n.to_string()).collect::<Vec<_>>(),
            }),
            &[
                "/article/title",
                "/article/description",
                "/article/body",
                "/article/tagList",
            ],
        ),
        (
            json!({ "title": "a\0b", "description": "\u{1b}[2J", "body": "x\u{7f}" }),
            &["/article/title", "/article/description", "/article/body"],
        ),
    ] {
        create(&app, &token, article)
            .await
            .assert_problem(422, "validation")
            .assert_violations(pointers);
    }
    for body in [
        json!({}),
        json!({ "article": null }),
        json!({ "article": [] }),
        json!([]),
    ] {
        app.post("/api/articles")
            .bearer(&token)
            .json(&body)
            .send()
            .await
            .assert_problem(422, "validation");
    }
    let rows = app
        .sql("SELECT (SELECT COUNT(*) FROM articles), (SELECT COUNT(*) FROM tags)")
        .await;
    assert_eq!(rows, [[0, 0]]);
}

#[tokio::test]
async fn the_longest_of_everything_is_stored() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    let mut tags: Vec<String> = (0..32).map(|n| format!("{n:é>64}")).collect();
    tags.sort_unstable();
    let article = json!({
        "title": "é".repeat(255), "description": "語".repeat(1024), "body": "語".repeat(200_000),
        "tagList": tags,
    });
    let created = create(&app, &token, article.clone()).await;
    let slug = created.assert_status(201).string_at("/article/slug");
    let shown = show(&app, &encoded(&slug), None).await;
    for field in ["title", "description", "body", "tagList"] {
        shown.assert_json(&format!("/article/{field}"), article[field].clone());
    }
}

/// A text as a segment of a path, with every byte percent-encoded.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
