//! `articles`: who may do what, and what the addresses answer to.

use http::Method;
use jenny_test::{FAULT, Mint, TestResponse};
use serde_json::json;

use crate::articles::{assert_counts_hold, create, draft, get, register, show, slug_of};

#[tokio::test]
async fn writing_takes_a_token_that_holds() {
    let mint = Mint::new();
    let app = crate::app().signed_by(&mint).build().await;
    let token = register(&app, "jacob").await;
    let slug = slug_of(&app, &token, draft("Mine")).await;
    let path = format!("/api/articles/{slug}");
    let favorite = format!("{path}/favorite");

    for (method, path) in [
        (Method::POST, "/api/articles"),
        (Method::GET, "/api/articles/feed"),
        (Method::PUT, &path),
        (Method::DELETE, &path),
        (Method::POST, &favorite),
        (Method::DELETE, &favorite),
    ] {
        let request = || {
            app.request(method.clone(), path)
                .json(&json!({ "article": draft("Changed") }))
        };
        let missing = request().send().await;
        missing
            .assert_problem(401, "unauthorized")
            .assert_header("www-authenticate", "Bearer realm=\"api\"");
        missing.assert_json("/errors", json!({ "token": ["is missing"] }));
        request()
            .bearer("a.b.c")
            .send()
            .await
            .assert_problem(401, "unauthorized")
            .assert_json("/errors", json!({ "token": ["is invalid"] }));
    }
    // Where nobody has to say who they are, nobody may lie about it.
    for path in ["/api/articles", &path] {
        get(&app, path, Some("a.b.c"))
            .await
            .assert_problem(401, "unauthorized");
        app.get(path)
            .header("authorization", "Basic amFrZTpqYWtl")
            .send()
            .await
            .assert_status(200);
    }
    show(&app, &slug, None)
        .await
        .assert_json("/article/title", "Mine")
        .assert_json("/article/favoritesCount", 0);
}

#[tokio::test]
async fn a_user_who_is_no_more_writes_nothing() {
    let app = crate::app().build().await;
    let anna = register(&app, "anna").await;
    let slug = slug_of(&app, &anna, draft("Anna's")).await;
    let token = register(&app, "jacob").await;
    app.sql("DELETE FROM users WHERE username = 'jacob'").await;

    create(&app, &token, draft("Late"))
        .await
        .assert_problem(401, "unauthorized");
    get(&app, "/api/articles/feed", Some(&token))
        .await
        .assert_problem(401, "unauthorized");
    let path = format!("/api/articles/{slug}");
    for (method, path) in [
        (Method::PUT, path.clone()),
        (Method::DELETE, path.clone()),
        (Method::POST, format!("{path}/favorite")),
        (Method::DELETE, format!("{path}/favorite")),
    ] {
        app.request(method, &path)
            .bearer(&token)
            .json(&json!({ "article": draft("Late") }))
            .send()
            .await
            .assert_problem(401, "unauthorized");
    }
    assert_eq!(app.sql("SELECT title FROM articles").await, [["Anna's"]]);
    assert_counts_hold(&app).await;
}

#[tokio::test]
async fn an_unknown_slug_is_not_found() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    let long = "a".repeat(5000);
    for slug in [
        "none",
        "a.b",
        "%00",
        "%F0%9F%90%89",
        "a%20b",
        "A",
        &long,
        ":slug",
    ] {
        let path = format!("/api/articles/{slug}");
        for (method, path) in [
            (Method::GET, path.clone()),
            (Method::PUT, path.clone()),
            (Method::DELETE, path.clone()),
            (Method::POST, format!("{path}/favorite")),
            (Method::DELETE, format!("{path}/favorite")),
        ] {
            app.request(method, &path)
                .bearer(&token)
                .json(&json!({ "article": draft("New") }))
                .send()
                .await
                .assert_problem(404, "not-found");
        }
    }
    show(&app, "%FF", None)
        .await
        .assert_problem(400, "bad-request");
}

#[tokio::test]
async fn every_address_answers_head_and_options() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    let slug = slug_of(&app, &token, draft("Head")).await;
    let path = format!("/api/articles/{slug}");
    for path in ["/api/articles", "/api/articles/feed", &path] {
        let full = get(&app, path, Some(&token)).await;
        let head = app.head(path).bearer(&token).send().await;
        head.assert_status(200);
        assert!(head.body.is_empty() && !full.body.is_empty(), "{head:?}");
        let type_of = |response: &TestResponse| response.header("content-type").map(str::to_owned);
        assert_eq!(type_of(&head), type_of(&full));
    }
    let favorite = format!("{path}/favorite");
    for (path, methods) in [
        ("/api/articles", &["GET", "HEAD", "POST"][..]),
        ("/api/articles/feed", &["GET", "HEAD"]),
        (&path, &["GET", "HEAD", "PUT", "DELETE"]),
        (&favorite, &["POST", "DELETE"]),
    ] {
        let options = app.options(path).send().await;
        let allow = options
            .assert_status(204)
            .header("allow")
            .unwrap_or_default();
        let mut allowed: Vec<&str> = allow.split(',').map(str::trim).collect();
        let mut expected = methods.to_vec();
        allowed.sort_unstable();
        expected.sort_unstable();
        assert_eq!(allowed, expected, "{path}");
        app.patch(path)
            .send()
            .await
            .assert_problem(405, "method-not-allowed");
    }
}

#[tokio::test]
async fn a_failing_database_is_a_503_everywhere() {
    let mint = Mint::new();
    let app = crate::app().signed_by(&mint).build().await;
    let token = register(&app, "jacob").await;
    let slug = slug_of(&app, &token, draft("Title")).await;
    let path = format!("/api/articles/{slug}");
    let favorite = format!("{path}/favorite");

    for app in crate::failures::without_database(&mint).await {
        for (method, path) in [
            (Method::GET, "/api/articles"),
            (Method::GET, "/api/articles?tag=a&author=b&favorited=c"),
            (Method::POST, "/api/articles"),
            (Method::GET, "/api/articles/feed"),
            (Method::GET, &path),
            (Method::PUT, &path),
            (Method::DELETE, &path),
            (Method::POST, &favorite),
            (Method::DELETE, &favorite),
        ] {
            let response = app
                .request(method, path)
                .bearer(&token)
                .json(&json!({ "article": draft("New") }))
                .send()
                .await;
            response.assert_problem(503, "unavailable");
            assert!(response.header("retry-after").is_some(), "{response:?}");
            assert!(!response.text().contains(FAULT), "{response:?}");
        }
    }
}
