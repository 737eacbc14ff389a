//! `comments`: what is refused, and why.

use jenny_test::{FAULT, Mint};
use serde_json::json;

use crate::comments::{author, comment, count, create, delete, list, numbers, write_article};
use crate::profiles::register;

#[tokio::test]
async fn a_body_that_breaks_a_rule_is_refused() {
    let app = crate::app().build().await;
    let (jacob, path) = author(&app, "jacob").await;
    let field = ["/comment/body"];
    for (body, pointers) in [
        (json!({}), &["/comment"][..]),
        (json!({ "comment": null }), &["/comment"]),
        (json!({ "comment": [] }), &["/comment"]),
        (json!({ "comment": ["text"] }), &["/comment"]),
        (json!({ "comment": {} }), &field),
        (json!({ "comment": { "body": null } }), &field),
        (json!({ "comment": { "body": 1 } }), &field),
        (json!({ "comment": { "body": ["a"] } }), &field),
        (json!({ "comment": { "body": "" } }), &field),
        (json!({ "comment": { "body": " \n\u{3000}" } }), &field),
        (json!({ "comment": { "body": "a\u{0}b" } }), &field),
        (json!({ "comment": { "body": "\u{1b}[31m" } }), &field),
        (json!({ "comment": { "body": "é".repeat(10_001) } }), &field),
    ] {
        let response = app.post(&path).bearer(&jacob).json(&body).send().await;
        response
            .assert_problem(422, "validation")
            .assert_violations(pointers);
    }
    let blank = create(&app, &path, &jacob, " ").await;
    blank.assert_json("/errors", json!({ "body": ["can't be blank"] }));
    let malformed = app
        .post(&path)
        .bearer(&jacob)
        .header("content-type", "application/json")
        .body("{\"comment\"");
    malformed.send().await.assert_problem(400, "malformed-json");
    create(&app, &path, &jacob, "a".repeat(2 * 1024 * 1024))
        .await
        .assert_problem(413, "content-too-large");
    assert_eq!(count(&app).await, 0);
}

#[tokio::test]
async fn an_article_that_is_not_there_has_no_comments() {
    let app = crate::app().build().await;
    let (jacob, path) = author(&app, "jacob").await;
    let id = comment(&app, &path, &jacob, "here").await;
    for slug in [
        "nothing",
        "%00",
        "a%2Fb",
        "by-jacob%00",
        "By%20jacob",
        "%27%20OR%201",
        "feed",
    ] {
        let path = format!("/api/articles/{slug}/comments");
        for response in [
            list(&app, &path, None).await,
            list(&app, &path, Some(&jacob)).await,
            create(&app, &path, &jacob, "lost").await,
            delete(&app, &path, id, &jacob).await,
        ] {
            response.assert_problem(404, "not-found");
            response.assert_json("/errors", json!({ "article": ["not found"] }));
        }
    }
    list(&app, "/api/articles/%FF/comments", None)
        .await
        .assert_problem(400, "bad-request");
    assert_eq!(count(&app).await, 1);
}

#[tokio::test]
async fn nobody_else_deletes_it() {
    let app = crate::app().build().await;
    let (jacob, path) = author(&app, "jacob").await;
    let anna = register(&app, "anna").await;
    let of_anna = comment(&app, &path, &anna, "hers").await;
    let of_jacob = comment(&app, &path, &jacob, "his").await;

    // Not even the author of the article.
    for (id, token) in [(of_anna, &jacob), (of_jacob, &anna)] {
        delete(&app, &path, id, token)
            .await
            .assert_problem(403, "forbidden")
            .assert_json("/errors", json!({ "comment": ["forbidden"] }));
    }

    assert_eq!(numbers(&list(&app, &path, None).await), [of_jacob, of_anna]);
}

#[tokio::test]
async fn what_is_no_comment_of_the_article_is_not_found() {
    let app = crate::app().build().await;
    let (jacob, path) = author(&app, "jacob").await;
    let other = write_article(&app, &jacob, "Another").await;
    let here = comment(&app, &path, &jacob, "here").await;
    let elsewhere = comment(&app, &other, &jacob, "elsewhere").await;

    for id in [
        &elsewhere.to_string(),
        "0",
        "-1",
        "x",
        "1.0",
        "1%20",
        "%00",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775809",
        "99999999999999999999999999",
        "1%20OR%201=1",
    ] {
        let response = delete(&app, &path, id, &jacob).await;
        response
            .assert_problem(404, "not-found")
            .assert_json("/errors", json!({ "comment": ["not found"] }));
    }

    assert_eq!(numbers(&list(&app, &path, None).await), [here]);
    assert_eq!(numbers(&list(&app, &other, None).await), [elsewhere]);
}

#[tokio::test]
async fn a_token_is_needed_to_write_and_must_be_valid_everywhere() {
    let app = crate::app().build().await;
    let (jacob, path) = author(&app, "jacob").await;
    let one = format!("{path}/{}", comment(&app, &path, &jacob, "kept").await);
    let body = json!({ "comment": { "body": "nobody's" } });

    // Before anything else is looked at: whether there is such an article, or what the body says.
    let nowhere = "/api/articles/nothing/comments";
    for request in [
        app.post(&path).json(&body),
        app.post(&path).json(&json!({})),
        app.post(nowhere).json(&body),
        app.delete(&one),
    ] {
        let response = request.send().await;
        response.assert_problem(401, "unauthorized");
        assert!(
            response.header("www-authenticate").is_some(),
            "{response:?}"
        );
    }
    for request in [
        app.get(&path),
        app.post(&path).json(&body),
        app.delete(&one),
    ] {
        request
            .bearer("not.a.token")
            .send()
            .await
            .assert_problem(401, "unauthorized");
    }
    assert_eq!(count(&app).await, 1);
}

#[tokio::test]
async fn a_caller_whose_user_is_no_more_is_refused() {
    let mint = Mint::new();
    let elsewhere = crate::app().seed(1).signed_by(&mint).build().await;
    let token = register(&elsewhere, "anna").await;
    let app = crate::app().signed_by(&mint).build().await;
    let (jacob, path) = author(&app, "jacob").await;
    let id = comment(&app, &path, &jacob, "kept").await;

    for response in [
        list(&app, &path, Some(&token)).await,
        create(&app, &path, &token, "a ghost's").await,
        delete(&app, &path, id, &token).await,
    ] {
        response.assert_problem(401, "unauthorized");
    }
    assert_eq!(count(&app).await, 1);
}

#[tokio::test]
async fn other_methods_are_told_which_there_are() {
    let app = crate::app().build().await;
    let (jacob, path) = author(&app, "jacob").await;
    let one = format!("{path}/{}", comment(&app, &path, &jacob, "x").await);

    let head = app.head(&path).send().await;
    head.assert_status(200)
        .assert_header("content-type", "application/json");
    assert!(head.body.is_empty(), "{head:?}");
    for (path, allowed) in [(&path, "GET,HEAD,POST"), (&one, "DELETE")] {
        app.options(path)
            .send()
            .await
            .assert_status(204)
            .assert_header("allow", allowed);
        app.put(path)
            .bearer(&jacob)
            .json(&json!({ "comment": { "body": "changed" } }))
            .send()
            .await
            .assert_problem(405, "method-not-allowed")
            .assert_header("allow", allowed);
    }
}

#[tokio::test]
async fn a_failing_database_is_a_503() {
    let mint = Mint::new();
    let token = register(&crate::app().signed_by(&mint).build().await, "anna").await;
    let path = "/api/articles/any/comments";

    for app in crate::failures::without_database(&mint).await {
        for response in [
            list(&app, path, None).await,
            list(&app, path, Some(&token)).await,
            create(&app, path, &token, "lost").await,
            delete(&app, path, 1, &token).await,
        ] {
            response.assert_problem(503, "unavailable");
            assert!(response.header("retry-after").is_some(), "{response:?}");
            assert!(!response.text().contains(FAULT), "{response:?}");
        }
    }
}
