//! `profiles`: what is refused, and why.

use jenny_test::{FAULT, Mint};
use serde_json::json;

use crate::profiles::{follow, follows, register, show, unfollow};

#[tokio::test]
async fn a_name_that_nobody_has_is_not_found() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    let long = "a".repeat(4000);
    for name in [
        "nobody",
        "%00",
        "%20",
        "%2E%2E",
        "a%2Fb",
        "jacob%00",
        "%E2%80%AEjacob",
        "jacob'--",
        "%25",
        &long,
    ] {
        let path = format!("/api/profiles/{name}");
        let follow = format!("{path}/follow");
        for request in [
            app.get(&path),
            app.get(&path).bearer(&token),
            app.post(&follow).bearer(&token),
            app.delete(&follow).bearer(&token),
        ] {
            let response = request.send().await;
            response.assert_problem(404, "not-found");
            response.assert_json("/errors", json!({ "profile": ["not found"] }));
        }
    }
    show(&app, "%FF%FE", None)
        .await
        .assert_problem(400, "bad-request");
    assert_eq!(follows(&app).await, 0);
}

#[tokio::test]
async fn nobody_follows_themselves() {
    let app = crate::app().build().await;
    let jacob = register(&app, "jacob").await;

    let refused = follow(&app, "JACOB", &jacob).await;

    refused
        .assert_problem(422, "validation")
        .assert_violations(&["/username"])
        .assert_json("/detail", "Nobody can follow themselves.")
        .assert_json(
            "/errors",
            json!({ "username": ["must be another user: nobody can follow themselves"] }),
        );
    assert_eq!(follows(&app).await, 0);
    unfollow(&app, "jacob", &jacob)
        .await
        .assert_status(200)
        .assert_json("/profile/following", false);
}

#[tokio::test]
async fn a_token_is_needed_to_follow_and_must_be_valid_everywhere() {
    let app = crate::app().build().await;
    register(&app, "jacob").await;
    let path = "/api/profiles/jacob/follow";

    for request in [app.post(path), app.delete(path)] {
        let response = request.send().await;
        response.assert_problem(401, "unauthorized");
        assert!(
            response.header("www-authenticate").is_some(),
            "{response:?}"
        );
    }
    for request in [
        app.post(path),
        app.delete(path),
        app.get("/api/profiles/jacob"),
    ] {
        request
            .bearer("not.a.token")
            .send()
            .await
            .assert_problem(401, "unauthorized");
    }
    // Another scheme's credentials are no token, and here none is needed.
    app.get("/api/profiles/jacob")
        .header("authorization", "Basic amFrZTpqYWtl")
        .send()
        .await
        .assert_status(200);
    assert_eq!(follows(&app).await, 0);
}

#[tokio::test]
async fn a_caller_whose_user_is_no_more_is_refused() {
    let mint = Mint::new();
    let elsewhere = crate::app().seed(1).signed_by(&mint).build().await;
    let token = register(&elsewhere, "anna").await;
    let app = crate::app().signed_by(&mint).build().await;
    register(&app, "jacob").await;

    for name in ["jacob", "nobody"] {
        for response in [
            show(&app, name, Some(&token)).await,
            follow(&app, name, &token).await,
            unfollow(&app, name, &token).await,
        ] {
            response.assert_problem(401, "unauthorized");
        }
    }
    assert_eq!(follows(&app).await, 0);
}

#[tokio::test]
async fn a_failing_database_is_a_503() {
    let mint = Mint::new();
    let token = register(&crate::app().signed_by(&mint).build().await, "anna").await;

    for app in crate::failures::without_database(&mint).await {
        for response in [
            show(&app, "jacob", None).await,
            show(&app, "jacob", Some(&token)).await,
            follow(&app, "jacob", &token).await,
            unfollow(&app, "jacob", &token).await,
        ] {
            response.assert_problem(503, "unavailable");
            assert!(response.header("retry-after").is_some(), "{response:?}");
            assert!(!response.text().contains(FAULT), "{response:?}");
        }
    }
}
