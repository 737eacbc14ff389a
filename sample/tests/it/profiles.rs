//! `profiles`: users as others see them, and who follows whom.

use futures::future::join_all;
use http::Method;
use jenny_test::{TestApp, TestResponse, Turn};
use serde_json::{Value, json};

use crate::measured::{Measured, measured};

/// Registers a user of any name and returns their token.
pub(crate) async fn register(app: &TestApp, username: &str) -> String {
    // Names may hold what addresses may not.
    let mailbox: String = username.bytes().map(|byte| format!("{byte:02x}")).collect();
    app.post("/api/users")
        .json(&json!({ "user": {
            "username": username,
            "email": format!("{mailbox:.60}@example.com"),
            "password": "correct horse",
        } }))
        .send()
        .await
        .assert_status(201)
        .string_at("/user/token")
}

/// A text as a segment of a path, with every byte percent-encoded.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

pub(crate) async fn show(app: &TestApp, username: &str, token: Option<&str>) -> TestResponse {
    let request = app.get(&format!("/api/profiles/{username}"));
    match token {
        Some(token) => request.bearer(token),
        None => request,
    }
    .send()
    .await
}

pub(crate) async fn follow(app: &TestApp, username: &str, token: &str) -> TestResponse {
    app.post(&format!("/api/profiles/{username}/follow"))
        .bearer(token)
        .send()
        .await
}

pub(crate) async fn unfollow(app: &TestApp, username: &str, token: &str) -> TestResponse {
    app.delete(&format!("/api/profiles/{username}/follow"))
        .bearer(token)
        .send()
        .await
}

pub(crate) async fn follows(app: &TestApp) -> Value {
    app.sql("SELECT count(*) FROM follows").await[0][0].clone()
}

#[tokio::test]
async fn anyone_sees_a_profile() {
    let app = crate::app().build().await;
    let jacob = register(&app, "jacob").await;
    app.put("/api/user")
        .bearer(&jacob)
        .json(&json!({ "user": { "bio": "I work at statefarm", "image": "https://e.com/j.png" } }))
        .send()
        .await
        .assert_status(200);
    let anna = register(&app, "anna").await;

    for token in [None, Some(anna.as_str()), Some(jacob.as_str())] {
        let response = show(&app, "jacob", token).await;
        response
            .assert_status(200)
            .assert_header("content-type", "application/json");
        assert_eq!(
            response.json(),
            json!({ "profile": {
                "username": "jacob",
                "bio": "I work at statefarm",
                "image": "https://e.com/j.png",
                "following": false,
            } })
        );
    }
}

#[tokio::test]
async fn a_name_counts_in_any_case_width_and_composition() {
    let app = crate::app().build().await;
    register(&app, "Jörg").await;
    for name in ["Jörg", "jÖRG", "Jo\u{308}rg", "ＪÖＲＧ", " jörg "] {
        show(&app, &encoded(name), None)
            .await
            .assert_status(200)
            .assert_json("/profile/username", "Jörg");
    }
}

#[tokio::test]
async fn whatever_a_name_may_hold_is_text() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    for name in [
        "'; DROP TABLE users; --",
        "<img src=x onerror=alert(1)>",
        "كيف",
        "用户",
        "👨\u{200D}👩\u{200D}👧",
        "a b",
        "100%25?x#y&z=%00",
        "follow",
    ] {
        register(&app, name).await;
        follow(&app, &encoded(name), &token)
            .await
            .assert_status(200)
            .assert_json("/profile/username", name)
            .assert_json("/profile/following", true);
    }
    assert_eq!(follows(&app).await, 8);
}

#[tokio::test]
async fn following_is_seen_by_the_follower_alone() {
    let app = crate::app().build().await;
    let anna = register(&app, "anna").await;
    let jacob = register(&app, "jacob").await;

    let followed = follow(&app, "jacob", &anna).await;

    followed
        .assert_status(200)
        .assert_json("/profile/username", "jacob")
        .assert_json("/profile/following", true);
    let seen = |token| show(&app, "jacob", token);
    seen(Some(&anna))
        .await
        .assert_json("/profile/following", true);
    seen(Some(&jacob))
        .await
        .assert_json("/profile/following", false);
    seen(None).await.assert_json("/profile/following", false);
    show(&app, "anna", Some(&jacob))
        .await
        .assert_json("/profile/following", false);

    unfollow(&app, "jacob", &anna)
        .await
        .assert_status(200)
        .assert_json("/profile/username", "jacob")
        .assert_json("/profile/following", false);
    seen(Some(&anna))
        .await
        .assert_json("/profile/following", false);
}

#[tokio::test]
async fn doing_it_twice_is_doing_it_once() {
    let app = crate::app().build().await;
    let anna = register(&app, "anna").await;
    register(&app, "jacob").await;

    unfollow(&app, "jacob", &anna)
        .await
        .assert_status(200)
        .assert_json("/profile/following", false);
    for _ in 0..2 {
        follow(&app, "Jacob", &anna)
            .await
            .assert_status(200)
            .assert_json("/profile/following", true);
        assert_eq!(follows(&app).await, 1);
    }
    for _ in 0..2 {
        unfollow(&app, "JACOB", &anna)
            .await
            .assert_status(200)
            .assert_json("/profile/following", false);
        assert_eq!(follows(&app).await, 0);
    }
}

#[tokio::test]
async fn of_many_that_race_one_follows() {
    let app = crate::app().build().await;
    let anna = register(&app, "anna").await;
    register(&app, "jacob").await;

    for answer in join_all((0..16).map(|_| follow(&app, "jacob", &anna))).await {
        answer
            .assert_status(200)
            .assert_json("/profile/following", true);
    }
    assert_eq!(follows(&app).await, 1);

    for answer in join_all((0..16).map(|_| unfollow(&app, "jacob", &anna))).await {
        answer
            .assert_status(200)
            .assert_json("/profile/following", false);
    }
    assert_eq!(follows(&app).await, 0);

    let both = join_all((0..16).map(|index| {
        let method = [Method::POST, Method::DELETE][index % 2].clone();
        app.request(method, "/api/profiles/jacob/follow")
            .bearer(&anna)
            .send()
    }))
    .await;
    for (index, answer) in both.iter().enumerate() {
        answer
            .assert_status(200)
            .assert_json("/profile/following", index % 2 == 0);
    }
    let seen = show(&app, "jacob", Some(&anna)).await;
    let expected = u8::from(seen.json()["profile"]["following"] == true);
    assert_eq!(follows(&app).await, expected);
}

#[tokio::test]
async fn one_statement_reads_and_two_write() {
    let app = crate::app().build().await;
    let anna = register(&app, "anna").await;
    register(&app, "jacob").await;
    show(&app, "jacob", Some(&anna)).await.assert_status(200);
    let answers = [
        show(&app, "jacob", None).await,
        show(&app, "jacob", Some(&anna)).await,
        follow(&app, "jacob", &anna).await,
        follow(&app, "jacob", &anna).await,
        unfollow(&app, "jacob", &anna).await,
        unfollow(&app, "jacob", &anna).await,
    ];

    let counted = answers.each_ref().map(|answer| {
        answer.assert_status(200);
        answer.calls().statements().len()
    });
    assert_eq!(counted, [1, 1, 2, 1, 2, 1]);
}

#[tokio::test]
async fn other_methods_are_told_which_there_are() {
    let app = crate::app().build().await;
    register(&app, "jacob").await;
    let (profile, follow) = ("/api/profiles/jacob", "/api/profiles/jacob/follow");

    let head = app.head(profile).send().await;
    head.assert_status(200)
        .assert_header("content-type", "application/json");
    assert!(head.body.is_empty(), "{head:?}");
    app.head("/api/profiles/nobody")
        .send()
        .await
        .assert_status(404);
    for (path, allowed) in [(profile, "GET,HEAD"), (follow, "POST,DELETE")] {
        app.options(path)
            .send()
            .await
            .assert_status(204)
            .assert_header("allow", allowed);
        app.put(path)
            .send()
            .await
            .assert_problem(405, "method-not-allowed")
            .assert_header("allow", allowed);
    }
    app.get(follow)
        .send()
        .await
        .assert_problem(405, "method-not-allowed");
}

#[tokio::test]
async fn keeps_to_its_budget() {
    let Some(Measured {
        app,
        mut budgets,
        token,
    }) = measured("profiles").await
    else {
        return;
    };
    budgets
        .measure(&app, "GET /api/profiles/:username", 200, |app, _| {
            app.get("/api/profiles/anna")
        })
        .await;
    for method in [Method::POST, Method::DELETE] {
        let name = format!("{method} /api/profiles/:username/follow");
        budgets
            .measure(&app, &name, 200, |app, turn| {
                let followed = match turn {
                    Turn::Cold => "anna",
                    Turn::Warm => "carol",
                };
                let path = format!("/api/profiles/{followed}/follow");
                app.request(method.clone(), &path).bearer(&token)
            })
            .await;
    }
    budgets.finish();
}
