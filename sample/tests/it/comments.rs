//! `comments`: what users remark on articles.

use std::collections::HashSet;

use futures::future::join_all;
use jenny_test::{TestApp, TestResponse};
use serde_json::{Value, json};

use crate::measured::{Measured, measured, remark};
use crate::profiles::register;

/// Writes an article and returns the path of its comments.
pub(crate) async fn write_article(app: &TestApp, token: &str, title: &str) -> String {
    let slug = app
        .post("/api/articles")
        .bearer(token)
        .json(&json!({ "article": { "title": title, "description": "d", "body": "b" } }))
        .send()
        .await
        .assert_status(201)
        .string_at("/article/slug");
    assert!(slug.is_ascii(), "{slug} needs no encoding");
    format!("/api/articles/{slug}/comments")
}

/// A user, their token, and the path of the comments on their article.
pub(crate) async fn author(app: &TestApp, username: &str) -> (String, String) {
    let token = register(app, username).await;
    let path = write_article(app, &token, &format!("By {username}")).await;
    (token, path)
}

pub(crate) async fn list(app: &TestApp, path: &str, token: Option<&str>) -> TestResponse {
    let request = app.get(path);
    match token {
        Some(token) => request.bearer(token),
        None => request,
    }
    .send()
    .await
}

pub(crate) async fn create(
    app: &TestApp,
    path: &str,
    token: &str,
    body: impl Into<Value>,
) -> TestResponse {
    app.post(path)
        .bearer(token)
        .json(&json!({ "comment": { "body": body.into() } }))
        .send()
        .await
}

/// Comments and returns the number.
pub(crate) async fn comment(app: &TestApp, path: &str, token: &str, body: &str) -> i64 {
    let response = create(app, path, token, body).await;
    response.assert_status(201);
    response.json()["comment"]["id"].as_i64().expect("a number")
}

pub(crate) async fn delete(
    app: &TestApp,
    path: &str,
    id: impl std::fmt::Display,
    token: &str,
) -> TestResponse {
    app.delete(&format!("{path}/{id}"))
        .bearer(token)
        .send()
        .await
}

pub(crate) async fn count(app: &TestApp) -> Value {
    app.sql("SELECT count(*) FROM comments").await[0][0].clone()
}

pub(crate) fn numbers(response: &TestResponse) -> Vec<i64> {
    let body = response.assert_status(200).json();
    let comments = body["comments"].as_array().expect("a list").iter();
    comments
        .map(|comment| comment["id"].as_i64().expect("a number"))
        .collect()
}

#[tokio::test]
async fn a_comment_is_answered_with_its_author_and_listed() {
    let app = crate::app().build().await;
    let (_, path) = author(&app, "jacob").await;
    let anna = register(&app, "anna").await;
    app.put("/api/user")
        .bearer(&anna)
        .json(&json!({ "user": { "bio": "reads", "image": "https://e.com/a.png" } }))
        .send()
        .await
        .assert_status(200);

    let response = create(&app, &path, &anna, "It takes a Jacobian").await;

    let body = response.assert_status(201).json();
    let comment = &body["comment"];
    assert!(comment["id"].is_i64(), "{response:?}");
    assert_eq!(comment["createdAt"], comment["updatedAt"]);
    let time = comment["createdAt"].as_str().expect("a time");
    assert!(time.len() == 24 && time.ends_with('Z'), "{time}");
    assert_eq!(
        (&comment["body"], &comment["author"]),
        (
            &json!("It takes a Jacobian"),
            &json!({
                "username": "anna", "bio": "reads", "image": "https://e.com/a.png",
                "following": false,
            })
        )
    );
    let listed = list(&app, &path, None).await;
    listed.assert_status(200);
    assert_eq!(listed.json(), json!({ "comments": [comment] }));
    assert_eq!(listed.header("link"), None);
}

#[tokio::test]
async fn the_newest_comes_first_and_each_article_has_its_own() {
    let app = crate::app().build().await;
    let (jacob, path) = author(&app, "jacob").await;
    let other = write_article(&app, &jacob, "Another").await;
    assert_eq!(numbers(&list(&app, &path, None).await), [0; 0]);

    let first = comment(&app, &path, &jacob, "first").await;
    let elsewhere = comment(&app, &other, &jacob, "elsewhere").await;
    let second = comment(&app, &path, &jacob, "second").await;

    assert_eq!(numbers(&list(&app, &path, None).await), [second, first]);
    assert_eq!(numbers(&list(&app, &other, None).await), [elsewhere]);
}

#[tokio::test]
async fn following_is_the_viewers_own() {
    let app = crate::app().build().await;
    let (jacob, path) = author(&app, "jacob").await;
    let anna = register(&app, "anna").await;
    app.post("/api/profiles/jacob/follow")
        .bearer(&anna)
        .send()
        .await
        .assert_status(200);
    comment(&app, &path, &jacob, "mine").await;
    comment(&app, &path, &anna, "hers").await;

    for (token, of_anna, of_jacob) in [
        (None, false, false),
        (Some(&anna), false, true),
        (Some(&jacob), false, false),
    ] {
        list(&app, &path, token.map(String::as_str))
            .await
            .assert_json("/comments/0/author/username", "anna")
            .assert_json("/comments/0/author/following", of_anna)
            .assert_json("/comments/1/author/username", "jacob")
            .assert_json("/comments/1/author/following", of_jacob);
    }
}

#[tokio::test]
async fn whatever_a_comment_says_is_text() {
    let app = crate::app().build().await;
    let (jacob, path) = author(&app, "jacob").await;
    let longest = "é".repeat(10_000);
    for text in [
        "'); DROP TABLE comments; --",
        "</script><script>alert(1)</script>",
        "\u{202E}txet",
        "تعليق",
        "👩\u{200D}💻🐉",
        " one\r\n\ttwo ",
        "\"\\u0000\\",
        "$1 ? %s {}",
        &longest,
    ] {
        create(&app, &path, &jacob, text)
            .await
            .assert_status(201)
            .assert_json("/comment/body", text);
        list(&app, &path, None)
            .await
            .assert_status(200)
            .assert_json("/comments/0/body", text);
    }
    assert_eq!(count(&app).await, 9);
}

#[tokio::test]
async fn fields_that_are_not_the_clients_are_ignored() {
    let app = crate::app().build().await;
    let (jacob, path) = author(&app, "jacob").await;
    let body = json!({ "comment": {
        "body": "mine", "id": 7_000_000, "createdAt": "1970-01-01T00:00:00.000Z",
        "author": { "username": "anna" },
    } });

    let response = app.post(&path).bearer(&jacob).json(&body).send().await;

    response
        .assert_status(201)
        .assert_json("/comment/author/username", "jacob");
    assert_ne!(response.json()["comment"]["id"], 7_000_000);
    assert!(response.string_at("/comment/createdAt").starts_with("20"));
}

#[tokio::test]
async fn the_author_of_a_comment_deletes_it_once() {
    let app = crate::app().build().await;
    let (jacob, path) = author(&app, "jacob").await;
    let kept = comment(&app, &path, &jacob, "kept").await;
    let gone = comment(&app, &path, &jacob, "gone").await;

    let response = delete(&app, &path, gone, &jacob).await;

    response.assert_status(204);
    assert!(response.body.is_empty(), "{response:?}");
    delete(&app, &path, gone, &jacob)
        .await
        .assert_problem(404, "not-found");
    assert_eq!(numbers(&list(&app, &path, None).await), [kept]);
    // A number is not given again: a client that kept it must not meet another comment under it.
    let next = comment(&app, &path, &jacob, "next").await;
    assert!(next > gone, "{next} follows {gone}");
}

#[tokio::test]
async fn comments_go_with_their_article() {
    let app = crate::app().build().await;
    let (jacob, path) = author(&app, "jacob").await;
    comment(&app, &path, &jacob, "gone").await;

    let article = path.strip_suffix("/comments").expect("the article's path");
    app.delete(article)
        .bearer(&jacob)
        .send()
        .await
        .assert_status(204);

    list(&app, &path, None)
        .await
        .assert_problem(404, "not-found");
    assert_eq!(count(&app).await, 0);
}

#[tokio::test]
async fn those_that_race_all_get_numbers_of_their_own() {
    let app = crate::app().build().await;
    let (jacob, path) = author(&app, "jacob").await;

    let texts: Vec<String> = (0..16).map(|index| index.to_string()).collect();
    let ids = join_all(texts.iter().map(|text| comment(&app, &path, &jacob, text))).await;

    let distinct: HashSet<i64> = ids.iter().copied().collect();
    assert_eq!(distinct.len(), 16, "{ids:?}");
    let listed = numbers(&list(&app, &path, None).await);
    assert!(
        listed.len() == 16 && listed.is_sorted_by(|a, b| a > b),
        "{listed:?}"
    );

    let answers = join_all((0..8).map(|_| delete(&app, &path, ids[0], &jacob))).await;
    let deleted = answers.iter().filter(|answer| answer.status == 204).count();
    let missed = answers.iter().filter(|answer| answer.status == 404).count();
    assert_eq!((deleted, missed), (1, 7), "{answers:?}");
}

#[tokio::test]
async fn a_comment_that_races_with_the_end_of_its_article_is_taken_or_finds_none() {
    let app = crate::app().build().await;
    let jacob = register(&app, "jacob").await;
    for round in 0..4 {
        let path = write_article(&app, &jacob, &format!("Round {round}")).await;
        let article = path.strip_suffix("/comments").expect("the article's path");
        let comments = join_all((0..12).map(|_| create(&app, &path, &jacob, "late")));
        let end = app.delete(article).bearer(&jacob).send();

        let (comments, end) = futures::join!(comments, end);

        end.assert_status(204);
        for answer in comments {
            assert!(matches!(answer.status.as_u16(), 201 | 404), "{answer:?}");
        }
        assert_eq!(count(&app).await, 0);
    }
}

#[tokio::test]
async fn keeps_to_its_budget() {
    let Some(Measured {
        app,
        mut budgets,
        token,
    }) = measured("comments").await
    else {
        return;
    };
    let (route, path) = (
        "/api/articles/:slug/comments",
        "/api/articles/article-0/comments",
    );
    budgets
        .measure(&app, &format!("GET {route}"), 200, |app, _| app.get(path))
        .await;
    budgets
        .measure(&app, &format!("POST {route}"), 201, |app, turn| {
            let comment = remark(&turn.to_string());
            app.post(path).bearer(&token).json(&comment)
        })
        .await;
    let last = "SELECT id FROM comments ORDER BY id DESC LIMIT 2";
    let last = app.sql(last).await;
    budgets
        .measure(&app, &format!("DELETE {route}/:id"), 204, |app, turn| {
            let id = &last[turn as usize][0];
            app.delete(&format!("{path}/{id}")).bearer(&token)
        })
        .await;
    budgets.finish();
}
