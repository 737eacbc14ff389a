//! What is cached: the tags, and lists and articles for callers who do not say who they are.

use futures::future::join_all;
use jenny_test::{FAULT, TestApp, TestResponse};
use serde_json::json;

use crate::articles::{draft, get, register, show, slug_of, tagged, titles};

#[track_caller]
fn assert_cache_status(response: &TestResponse, beginning: &str) {
    let status = response.header("cache-status").unwrap_or_default();
    assert!(
        status.starts_with(&format!("jenny; {beginning}")),
        "expected {beginning}: {response:?}"
    );
}

#[tokio::test]
async fn the_second_reader_costs_the_database_nothing() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    let slug = slug_of(&app, &token, tagged("Dragons", &["fire"])).await;
    let paths = [
        "/api/tags".to_owned(),
        "/api/articles".to_owned(),
        "/api/articles?tag=fire&limit=5".to_owned(),
        format!("/api/articles/{slug}"),
        "/api/articles/there-is-none".to_owned(),
    ];
    for path in paths {
        let first = app.get(&path).send().await;
        assert_cache_status(&first, "fwd=miss; stored; ttl=");
        let second = app.get(&path).send().await;
        assert_cache_status(&second, "hit; ttl=");
        second.calls().none_to_sql();
        if first.status == 200 {
            assert_eq!(first.body, second.body);
            let cache_control = second.header("cache-control").unwrap_or_default();
            assert!(cache_control.starts_with("public, max-age="), "{second:?}");
        } else {
            second
                .assert_problem(404, "not-found")
                .assert_header("cache-control", "no-store");
        }
        assert_eq!(second.header("link"), first.header("link"));
        assert_eq!(second.header("etag"), first.header("etag"));
        assert!(
            !second
                .header("cache-status")
                .unwrap_or_default()
                .contains(&slug)
        );
    }
}

#[tokio::test]
async fn whoever_says_who_he_is_gets_nothing_from_the_shared_cache() {
    let app = crate::app().build().await;
    let (anna, jacob) = (register(&app, "anna").await, register(&app, "jacob").await);
    let slug = slug_of(&app, &jacob, draft("Dragons")).await;
    let path = format!("/api/articles/{slug}");
    app.post(&format!("{path}/favorite"))
        .bearer(&anna)
        .send()
        .await
        .assert_status(200);

    for _ in 0..2 {
        for (token, favorited) in [(None, false), (Some(&anna), true), (Some(&jacob), false)] {
            let token = token.map(String::as_str);
            let article = get(&app, &path, token).await;
            article.assert_json("/article/favorited", favorited);
            let list = get(&app, "/api/articles", token).await;
            list.assert_json("/articles/0/favorited", favorited);
            for response in [article, list] {
                match token {
                    Some(_) => assert_cache_status(&response, "fwd=bypass"),
                    None => assert_ne!(response.header("cache-status"), None),
                }
            }
        }
    }
    // Cookies are credentials as well, for whoever has a function that reads them.
    for _ in 0..2 {
        let with_cookie = app.get(&path).cookie("session", "anna").send().await;
        assert_cache_status(&with_cookie, "fwd=bypass");
        with_cookie
            .assert_header("cache-control", "private, no-cache")
            .assert_header("vary", "cookie, authorization");
    }
    // A token that is not valid is no way to the shared cache either.
    get(&app, &path, Some("forged"))
        .await
        .assert_problem(401, "unauthorized");
}

#[tokio::test]
async fn a_write_is_seen_by_the_next_reader_whichever_component_made_it() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    let slug = slug_of(&app, &token, tagged("Dragons", &["fire"])).await;
    let path = format!("/api/articles/{slug}");
    let read = async || {
        let article = get(&app, &path, None).await;
        let list = get(&app, "/api/articles", None).await;
        let tags = get(&app, "/api/tags", None).await;
        (article, list, tags)
    };
    read().await;

    // By another instance of the same component or by this one.
    let change = json!({ "article": { "description": "About fire" } });
    let updated = app.put(&path).bearer(&token).json(&change).send().await;
    updated.assert_status(200);
    let (article, list, _) = read().await;
    article.assert_json("/article/description", "About fire");
    list.assert_json("/articles/0/description", "About fire");

    for (method, count) in [("POST", 1), ("DELETE", 0)] {
        let method = method.parse().expect("a method");
        app.request(method, &format!("{path}/favorite"))
            .bearer(&token)
            .send()
            .await
            .assert_status(200);
        let (article, list, _) = read().await;
        article.assert_json("/article/favoritesCount", count);
        list.assert_json("/articles/0/favoritesCount", count);
    }

    // By another component: `user` changes what `articles` shows.
    let change = json!({ "user": { "username": "jake", "image": "https://example.com/j.png" } });
    app.put("/api/user")
        .bearer(&token)
        .json(&change)
        .send()
        .await
        .assert_status(200);
    let (article, list, _) = read().await;
    article.assert_json("/article/author/username", "jake");
    list.assert_json("/articles/0/author/image", "https://example.com/j.png");

    // And `articles` what `tags` shows.
    slug_of(&app, &token, tagged("Rain", &["water"])).await;
    let (_, list, tags) = read().await;
    assert_eq!(titles(&list), ["Rain", "Dragons"]);
    tags.assert_json("/tags", json!(["fire", "water"]));

    app.delete(&path)
        .bearer(&token)
        .send()
        .await
        .assert_status(204);
    let (article, list, tags) = read().await;
    article.assert_problem(404, "not-found");
    assert_eq!(titles(&list), ["Rain"]);
    tags.assert_json("/tags", json!(["water"]));

    // What was not there comes into being.
    show(&app, "snow", None)
        .await
        .assert_problem(404, "not-found");
    assert_eq!(slug_of(&app, &token, draft("Snow")).await, "snow");
    show(&app, "snow", None).await.assert_status(200);
    // A title moves an article to another address.
    let change = json!({ "article": { "title": "Ice" } });
    show(&app, "ice", None)
        .await
        .assert_problem(404, "not-found");
    app.put("/api/articles/snow")
        .bearer(&token)
        .json(&change)
        .send()
        .await
        .assert_status(200);
    show(&app, "snow", None)
        .await
        .assert_problem(404, "not-found");
    show(&app, "ice", None).await.assert_status(200);
}

#[tokio::test]
async fn different_questions_have_different_answers() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    for title in ["One", "Two", "Three"] {
        slug_of(&app, &token, tagged(title, &["number"])).await;
    }
    for _ in 0..2 {
        let pages = [
            ("/api/articles", vec!["Three", "Two", "One"]),
            ("/api/articles?limit=1", vec!["Three"]),
            ("/api/articles?limit=1&offset=1", vec!["Two"]),
            ("/api/articles?tag=number&limit=2", vec!["Three", "Two"]),
            ("/api/articles?tag=letter", vec![]),
            ("/api/articles?author=jacob&offset=2", vec!["One"]),
            ("/api/articles?favorited=jacob", vec![]),
        ];
        for (path, expected) in pages {
            assert_eq!(titles(&get(&app, path, None).await), expected, "{path}");
        }
        let next = get(&app, "/api/articles?limit=2", None).await;
        let link = next.header("link").unwrap_or_default();
        let (next, _) = link
            .trim_start_matches('<')
            .split_once('>')
            .expect("there is a next page");
        assert_eq!(titles(&get(&app, next, None).await), ["One"]);
    }
}

#[tokio::test]
async fn a_failing_key_value_store_fails_no_request() {
    let app = crate::app().failing_key_value().build().await;
    let token = register(&app, "jacob").await;
    for title in ["Dragons", "Rain", "Snow"] {
        let slug = slug_of(&app, &token, tagged(title, &[title])).await;
        show(&app, &slug, None).await.assert_status(200);
        let list = get(&app, "/api/articles", None).await;
        assert_eq!(titles(&list)[0], title);
        let tags = get(&app, "/api/tags", None).await;
        tags.assert_status(200);
        assert!(tags.text().contains(title), "{tags:?}");
    }
    app.put("/api/user")
        .bearer(&token)
        .json(&json!({ "user": { "bio": "new" } }))
        .send()
        .await
        .assert_status(200);
    let logs = app.logs();
    let named = logs.iter().filter(|line| line.contains(FAULT)).count();
    assert!(
        (1..=3).contains(&named),
        "once for each component: {logs:?}"
    );
}

const STAYING: usize = 12;

/// Requests that come together, few enough for one instance, some of whose clients leave.
async fn crowd(app: &TestApp, path: &str) -> Vec<TestResponse> {
    let staying = join_all((0..STAYING).map(|_| app.get(path).send()));
    let leaving = join_all((0..4).map(|n| async move {
        let request = Box::pin(app.get(path).may_be_abandoned().send());
        let left = async {
            for _ in 0..10 * n {
                tokio::task::yield_now().await;
            }
        };
        futures::future::select(request, Box::pin(left)).await;
    }));
    futures::future::join(leaving, staying).await.1
}

#[tokio::test]
async fn readers_that_come_together_load_once_and_nobody_waits_for_one_who_left() {
    const ROUNDS: usize = 5;
    let app = crate::app()
        .hesitant_key_value()
        .one_instance_each()
        .build()
        .await;
    let token = register(&app, "jacob").await;
    let mut loads = 0;
    for round in 0..ROUNDS {
        let slug = slug_of(&app, &token, draft(&format!("Dragons {round}"))).await;
        app.clear_calls();
        for path in ["/api/articles".to_owned(), format!("/api/articles/{slug}")] {
            for response in crowd(&app, &path).await {
                response.assert_status(200);
                assert!(response.text().contains(&slug), "{response:?}");
            }
        }
        let statements = app.calls().statements();
        let is_load =
            |sql: &&String| sql.contains("FROM articles AS a") || sql.contains("AS matches");
        loads += statements.iter().filter(is_load).count();
    }
    // One for each crowd, and one for whoever finds that the one who loads for all has left.
    let crowds = 2 * ROUNDS;
    assert!(
        (crowds..=3 * crowds).contains(&loads),
        "{loads} loads for {crowds} crowds of {STAYING}"
    );
}
