//! `articles`: text that would like to be more than text, and too much of it.

use jenny_test::TestApp;
use serde_json::{Value, json};

use crate::articles::{assert_counts_hold, create, draft, encoded, get, register, show, tagged};

const TEXTS: [&str; 12] = [
    "'; DROP TABLE articles; --",
    "\" OR \"1\"=\"1",
    "$1 $2 ?1 :name %s {0} ${jndi:ldap://example.com}",
    "\\'; DELETE FROM users; \\",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "مرحبا بالعالم",
    "\u{202E}txt.exe",
    "👨\u{200D}👩\u{200D}👧 🏳\u{FE0F}\u{200D}🌈",
    "Z\u{351}\u{36b}a\u{343}\u{363}l\u{350}g\u{34c}o",
    "\u{FEFF}\u{200B}invisible",
    "ﷺ \u{10FFFF} \u{FFFD}",
];

#[tokio::test]
async fn text_is_stored_and_returned_as_it_came() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    for text in TEXTS {
        let tag: String = text.chars().take(64).collect();
        let article = json!({
            "title": text, "description": text, "body": text, "tagList": [tag.trim()],
        });
        let created = create(&app, &token, article.clone()).await;
        let slug = created.assert_status(201).string_at("/article/slug");
        let shown = show(&app, &encoded(&slug), None).await;
        let listed = get(
            &app,
            &format!("/api/articles?tag={}", encoded(tag.trim())),
            None,
        )
        .await;
        listed.assert_status(200).assert_json("/articlesCount", 1);
        for field in ["title", "description", "body", "tagList"] {
            shown.assert_json(&format!("/article/{field}"), article[field].clone());
            if field != "body" {
                listed.assert_json(&format!("/articles/0/{field}"), article[field].clone());
            }
        }
        shown.assert_header("content-type", "application/json");
        app.put(&format!("/api/articles/{}", encoded(&slug)))
            .bearer(&token)
            .json(&json!({ "article": { "title": format!("{text}{text}") } }))
            .send()
            .await
            .assert_status(200)
            .assert_json("/article/title", format!("{text}{text}"));
    }
    assert_eq!(
        app.sql("SELECT COUNT(*) FROM articles").await,
        [[TEXTS.len()]]
    );
    assert_counts_hold(&app).await;
}

#[tokio::test]
async fn what_cannot_be_text_is_refused() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    for body in [
        &b"{\"article\":{\"title\":\"\xff\xfe\",\"description\":\"d\",\"body\":\"b\"}}"[..],
        br#"{"article":{"title":"\ud800","description":"d","body":"b"}}"#,
        br#"{"article":{"title":"a","title":"b","description":"d","body":"b"}}"#,
    ] {
        app.post("/api/articles")
            .bearer(&token)
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await
            .assert_problem(400, "malformed-json");
    }
    for text in ["\0", "a\0b", "\u{1}"] {
        for field in ["title", "description", "body"] {
            let mut article = draft("Title");
            article[field] = json!(text);
            create(&app, &token, article)
                .await
                .assert_problem(422, "validation")
                .assert_violations(&[&format!("/article/{field}")]);
        }
    }
    assert_eq!(app.sql("SELECT COUNT(*) FROM articles").await, [[0]]);
}

#[tokio::test]
async fn too_much_is_refused() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    create(&app, &token, draft(&"x".repeat(10 * 1024 * 1024)))
        .await
        .assert_problem(413, "content-too-large");
    create(&app, &token, draft(&"x".repeat(1000 * 1000)))
        .await
        .assert_problem(422, "validation")
        .assert_violations(&["/article/title"]);
    let tags: Vec<String> = (0..9_900).map(|number| number.to_string()).collect();
    let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
    create(&app, &token, tagged("Tags", &tags))
        .await
        .assert_problem(422, "validation")
        .assert_violations(&["/article/tagList"]);
    create(&app, &token, tagged("Tags", &["x"; 10_000]))
        .await
        .assert_problem(413, "content-too-large");
    still_answers(&app, &token).await;
}

#[tokio::test]
async fn a_deep_document_is_refused() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    let mut deep = Value::Null;
    for _ in 0..100 {
        deep = json!([deep]);
    }
    let mut article = draft("Deep");
    article["tagList"] = deep.clone();
    create(&app, &token, article)
        .await
        .assert_problem(422, "validation")
        .assert_violations(&["/article/tagList/0"]);
    // Where nobody looks it is an extra like any other.
    let mut article = draft("Deep");
    article["deep"] = deep;
    create(&app, &token, article).await.assert_status(201);
    still_answers(&app, &token).await;
}

async fn still_answers(app: &TestApp, token: &str) {
    create(app, token, draft("Still")).await.assert_status(201);
}
