//! `If-Match` and `If-None-Match` of requests that change something: what they are compared with, and what
//! becomes of them where nothing evaluates them.

use std::time::Duration;

use http::Method;
use jenny_test::TestApp;
use serde_json::{Value, json};

use crate::articles::{register, slug_of, tagged};
use crate::conditional::{Arranged, tag};

/// What a stranger or another route changes of what an article or a user is shown with.
#[tokio::test]
async fn who_writes_needs_to_have_seen_what_is_written_and_no_more() {
    let arranged = Arranged::new().await;
    let article = arranged.article();
    let seen = arranged.tag(&article).await;
    let stranger = register(&arranged.app, "anna").await;
    let favorite = arranged.app.post(&format!("{article}/favorite"));
    favorite.bearer(&stranger).send().await.assert_status(200);
    arranged
        .put("/api/user", &json!({ "user": { "bio": "Trains." } }))
        .send()
        .await
        .assert_status(200);
    // For a cache it is another answer.
    assert_ne!(arranged.tag(&article).await, seen);

    let change = json!({ "article": { "body": "new" } });
    let changed = arranged.put(&article, &change).header("if-match", &seen);
    let changed = changed.send().await;
    changed
        .assert_status(200)
        .assert_json("/article/favoritesCount", 1);

    // A token of another login is no other user.
    let seen = arranged.tag("/api/user").await;
    arranged.app.clock().advance(Duration::from_secs(1));
    let login = json!({ "user": { "email": "jacob@example.com", "password": "correct horse" } });
    let login = arranged
        .app
        .post("/api/users/login")
        .json(&login)
        .send()
        .await;
    let token = login.assert_status(200).string_at("/user/token");
    assert_ne!(token, arranged.token);
    let change = json!({ "user": { "bio": "Trains dragons." } });
    let change = arranged.app.put("/api/user").bearer(&token).json(&change);
    change
        .header("if-match", &seen)
        .send()
        .await
        .assert_status(200);
}

#[tokio::test]
async fn a_change_is_answered_with_the_tag_that_it_made() {
    let arranged = Arranged::new().await;
    let article = arranged.article();
    for (path, change) in [
        ("/api/user", json!({ "user": { "bio": "new" } })),
        (article.as_str(), json!({ "article": { "body": "new" } })),
    ] {
        let seen = arranged.tag(path).await;
        let changed = arranged.put(path, &change).send().await;
        let made = tag(changed.assert_status(200));
        assert_ne!(made, seen);
        assert_eq!(arranged.tag(path).await, made);
        arranged
            .put(path, &change)
            .header("if-match", &made)
            .send()
            .await
            .assert_status(200);
    }
    let created = arranged.app.post("/api/articles").bearer(&arranged.token);
    let created = created.json(&json!({ "article": tagged("Rain", &["water"]) }));
    let created = created.send().await;
    let path = format!("/api/articles/{}", created.string_at("/article/slug"));
    assert_eq!(arranged.tag(&path).await, tag(&created));
}

#[tokio::test]
async fn an_article_in_the_place_of_one_that_was_seen_is_another() {
    let arranged = Arranged::new().await;
    let path = arranged.article();
    let seen = arranged.tag(&path).await;
    let delete = arranged.app.delete(&path).bearer(&arranged.token);
    delete.send().await.assert_status(204);
    let again = tagged("How to train your dragon", &["dragons"]);
    let slug = slug_of(&arranged.app, &arranged.token, again).await;
    assert_eq!(slug, arranged.slug);

    arranged
        .put(&path, &json!({ "article": { "body": "new" } }))
        .header("if-match", &seen)
        .send()
        .await
        .assert_problem(412, "precondition-failed");
}

#[tokio::test]
async fn a_change_of_what_must_not_be_there_or_as_it_was_is_refused() {
    let arranged = Arranged::new().await;
    let article = arranged.article();
    for (path, change) in [
        ("/api/user", json!({ "user": { "bio": "new" } })),
        (article.as_str(), json!({ "article": { "body": "new" } })),
    ] {
        let seen = arranged.tag(path).await;
        for value in ["*".to_owned(), seen.clone(), format!("W/{seen}")] {
            arranged
                .put(path, &change)
                .header("if-none-match", value)
                .send()
                .await
                .assert_problem(412, "precondition-failed");
        }
        assert_eq!(arranged.tag(path).await, seen);
        arranged
            .put(path, &change)
            .header("if-none-match", "\"other\"")
            .send()
            .await
            .assert_status(200);
    }
    let delete = arranged.app.delete(&article).bearer(&arranged.token);
    let delete = delete.header("if-none-match", "*").send().await;
    delete.assert_problem(412, "precondition-failed");
    arranged.app.get(&article).send().await.assert_status(200);
}

/// What evaluates no condition: method, path, whether it is for who has a token, body, status.
fn unconditional(slug: &str, comment: &Value) -> Vec<(Method, String, bool, Option<Value>, u16)> {
    let article = format!("/api/articles/{slug}");
    let user =
        json!({ "username": "carl", "email": "carl@example.com", "password": "correct horse" });
    let login = json!({ "email": "jacob@example.com", "password": "correct horse" });
    let follow = "/api/profiles/anna/follow";
    let remark = json!({ "comment": { "body": "Indeed." } });
    vec![
        (
            Method::POST,
            "/api/users".to_owned(),
            false,
            Some(json!({ "user": user })),
            201,
        ),
        (
            Method::POST,
            "/api/users/login".to_owned(),
            false,
            Some(json!({ "user": login })),
            200,
        ),
        (Method::POST, follow.to_owned(), true, None, 200),
        (Method::DELETE, follow.to_owned(), true, None, 200),
        (
            Method::POST,
            "/api/articles".to_owned(),
            true,
            Some(json!({ "article": tagged("Rain", &[]) })),
            201,
        ),
        (Method::POST, format!("{article}/favorite"), true, None, 200),
        (
            Method::DELETE,
            format!("{article}/favorite"),
            true,
            None,
            200,
        ),
        (
            Method::POST,
            format!("{article}/comments"),
            true,
            Some(remark),
            201,
        ),
        (
            Method::DELETE,
            format!("{article}/comments/{comment}"),
            true,
            None,
            204,
        ),
    ]
}

async fn rows(app: &TestApp) -> Value {
    let tables = ["users", "articles", "favorites", "follows", "comments"];
    let counts = tables.map(|table| format!("(SELECT count(*) FROM {table})"));
    let counts = app.sql(&format!("SELECT {}", counts.join(", "))).await;
    json!(counts)
}

#[tokio::test]
async fn what_knows_no_condition_does_nothing_under_one() {
    let arranged = Arranged::new().await;
    let Arranged { app, token, slug } = &arranged;
    register(app, "anna").await;
    let comments = app
        .get(&format!("/api/articles/{slug}/comments"))
        .send()
        .await;
    let comment = &comments.json()["comments"][0]["id"];
    for (method, path, needs_token, body, status) in unconditional(slug, comment) {
        let request = || {
            let request = app.request(method.clone(), &path);
            match &body {
                Some(body) => request.json(body),
                None => request,
            }
        };
        let by_jacob = || match needs_token {
            true => request().bearer(token),
            false => request(),
        };
        let before = rows(app).await;
        for (name, value) in [
            ("if-match", "*"),
            ("if-match", "\"a\""),
            ("if-none-match", "*"),
        ] {
            let refused = by_jacob().header(name, value).send().await;
            refused.assert_problem(412, "precondition-failed");
        }
        assert_eq!(rows(app).await, before, "{method} {path}");
        if needs_token {
            // Without the condition it would be no success either (RFC 9110, section 13.2.1).
            let stranger = request().header("if-match", "*").send().await;
            stranger.assert_problem(401, "unauthorized");
        }
        let performed = by_jacob().header("if-none-match", "\"a\"").send().await;
        performed.assert_status(status);
    }
}
