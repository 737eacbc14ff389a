//! `articles`: who favours which.

use futures::future::join_all;
use http::Method;
use jenny_test::{TestApp, TestResponse};

use crate::articles::{assert_counts_hold, draft, get, register, show, slug_of, titles};

async fn mark(app: &TestApp, method: Method, token: &str, slug: &str) -> TestResponse {
    app.request(method, &format!("/api/articles/{slug}/favorite"))
        .bearer(token)
        .send()
        .await
}

#[tokio::test]
async fn a_favourite_is_the_readers_own() {
    let app = crate::app().build().await;
    let anna = register(&app, "anna").await;
    let jacob = register(&app, "jacob").await;
    let slug = slug_of(&app, &anna, draft("Liked")).await;

    let liked = mark(&app, Method::POST, &jacob, &slug).await;

    liked
        .assert_status(200)
        .assert_json("/article/favorited", true)
        .assert_json("/article/favoritesCount", 1)
        .assert_json("/article/author/username", "anna");
    assert_eq!(show(&app, &slug, Some(&jacob)).await.json(), liked.json());
    for (token, favorited) in [(None, false), (Some(&*anna), false), (Some(&*jacob), true)] {
        show(&app, &slug, token)
            .await
            .assert_json("/article/favorited", favorited)
            .assert_json("/article/favoritesCount", 1);
        get(&app, "/api/articles", token)
            .await
            .assert_json("/articles/0/favorited", favorited)
            .assert_json("/articles/0/favoritesCount", 1);
    }

    mark(&app, Method::DELETE, &jacob, &slug)
        .await
        .assert_status(200)
        .assert_json("/article/favorited", false)
        .assert_json("/article/favoritesCount", 0);
    assert_eq!(
        titles(&get(&app, "/api/articles?favorited=jacob", None).await),
        [""; 0]
    );
    assert_counts_hold(&app).await;
}

#[tokio::test]
async fn marking_twice_counts_once() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    let slug = slug_of(&app, &token, draft("Liked")).await;
    for (method, favorited, count) in [
        (Method::DELETE, false, 0),
        (Method::POST, true, 1),
        (Method::POST, true, 1),
        (Method::DELETE, false, 0),
        (Method::DELETE, false, 0),
    ] {
        mark(&app, method, &token, &slug)
            .await
            .assert_status(200)
            .assert_json("/article/favorited", favorited)
            .assert_json("/article/favoritesCount", count);
        assert_counts_hold(&app).await;
    }
}

#[tokio::test]
async fn a_favourite_does_not_change_the_article() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    let slug = slug_of(&app, &token, draft("Liked")).await;
    let before = show(&app, &slug, None)
        .await
        .string_at("/article/updatedAt");
    mark(&app, Method::POST, &token, &slug)
        .await
        .assert_json("/article/updatedAt", before);
    assert_eq!(app.sql("SELECT version FROM articles").await, [[1]]);
}

#[tokio::test]
async fn favourites_that_race_count_once_for_each_reader() {
    let app = crate::app().build().await;
    let anna = register(&app, "anna").await;
    let jacob = register(&app, "jacob").await;
    let slug = slug_of(&app, &anna, draft("Liked")).await;

    for (method, count) in [(Method::POST, 2), (Method::DELETE, 0)] {
        let requests = (0..12).map(|index| {
            let token = if index % 2 == 0 { &anna } else { &jacob };
            mark(&app, method.clone(), token, &slug)
        });
        for answer in join_all(requests).await {
            answer.assert_status(200);
        }
        show(&app, &slug, None)
            .await
            .assert_json("/article/favoritesCount", count);
        assert_counts_hold(&app).await;
    }
}
