//! What only a server can do to an application: to go away, to hand out used connections, to be out
//! of reach.

use jenny_test::{TestApp, TestResponse};
use postgres_server::{PostgresServer, Tls};
use serde_json::json;

use crate::articles::register;

fn assert_try_again(response: &TestResponse) {
    response.assert_problem(503, "unavailable");
    assert!(response.header("retry-after").is_some(), "{response:?}");
}

/// A request that reads, on connections that the instances have kept.
async fn read(app: &TestApp, token: &str) -> TestResponse {
    app.get("/api/user").bearer(token).send().await
}

async fn write(app: &TestApp, token: &str, bio: &str) -> TestResponse {
    app.put("/api/user")
        .bearer(token)
        .json(&json!({ "user": { "bio": bio } }))
        .send()
        .await
}

#[tokio::test]
async fn a_server_that_comes_back_is_found_without_a_restart_of_ours() {
    let Some(server) = PostgresServer::private_or_skip(Tls::Off) else {
        return;
    };
    let database = server.create_database(None);
    let app = TestApp::builder().in_database(database).build().await;
    let token = register(&app, "jacob").await;
    read(&app, &token).await.assert_status(200);

    server.stop();
    assert_try_again(&read(&app, &token).await);
    assert_try_again(&write(&app, &token, "lost").await);
    assert_try_again(&app.get("/health/ready").send().await);
    assert_try_again(&app.get("/api/articles").send().await);

    server.restart();
    read(&app, &token)
        .await
        .assert_status(200)
        .assert_json("/user/bio", json!(null));
    write(&app, &token, "kept").await.assert_status(200);
    app.get("/health/ready").send().await.assert_status(200);

    // Nobody asked while it was away: connections that were kept are dead.
    server.stop();
    server.restart();
    read(&app, &token)
        .await
        .assert_status(200)
        .assert_json("/user/bio", "kept");
}

#[tokio::test]
async fn a_connection_that_somebody_left_in_a_transaction_is_brought_out_of_it() {
    let app = crate::app().left_in_transactions().build().await;

    // Each component opens connections of its own, of both kinds.
    for name in ["jacob", "anna", "sue"] {
        let token = register(&app, name).await;
        write(&app, &token, "is kept").await.assert_status(200);
    }

    // Seen from another connection, and so committed.
    assert_eq!(
        app.sql("SELECT count(*) FROM users WHERE bio = 'is kept'")
            .await,
        [[3]]
    );
}

#[tokio::test]
async fn a_warm_instance_asks_what_it_has_to_and_no_more() {
    let app = crate::app().build().await;
    let token = register(&app, "jacob").await;
    read(&app, &token).await.assert_status(200);

    let answer = read(&app, &token).await;

    answer.assert_status(200);
    let calls = answer.calls();
    assert_eq!(calls.statements().len(), 1, "{calls}");
}

#[tokio::test]
async fn a_host_that_components_may_not_reach_names_the_variable_in_the_log() {
    let app = crate::app().variable("database_endpoint", "").build().await;

    let answer = app.get("/api/articles").send().await;

    answer.assert_problem(500, "internal");
    assert!(!answer.text().contains("database_endpoint"), "{answer:?}");
    let logs = app.logs();
    assert!(
        logs.iter().any(|line| line.contains("database_endpoint")),
        "{logs:?}"
    );
}

#[tokio::test]
async fn no_key_is_made_up_on_postgres() {
    let app = crate::app()
        .variable("signing_key", "")
        .variable("verification_keys", "")
        .build()
        .await;
    let somebody = json!({ "user": {
        "username": "jacob", "email": "jake@example.com", "password": "correct horse"
    } });

    let answer = app.post("/api/users").json(&somebody).send().await;

    answer.assert_problem(500, "internal");
    assert_eq!(app.sql("SELECT count(*) FROM users").await, [[0]]);
    let logs = app.logs();
    assert!(
        logs.iter()
            .any(|line| line.contains("the variable signing_key is not set")),
        "{logs:?}"
    );

    read(&app, "a.b.c").await.assert_problem(500, "internal");
    let logs = app.logs();
    assert!(
        logs.iter()
            .any(|line| line.contains("the variable verification_keys is not set")),
        "{logs:?}"
    );
}

#[tokio::test]
async fn a_password_in_a_wrong_url_stays_out_of_the_log() {
    let app = crate::app()
        .variable("database_url", "postgres://jenny:hunter2@127.0.0.1:1/jenny")
        .variable("database_endpoint", "postgres://127.0.0.1:1")
        .build()
        .await;

    assert_try_again(&app.get("/api/articles").send().await);

    let logs = app.logs();
    assert!(
        logs.iter().any(|line| line.contains("not available")),
        "{logs:?}"
    );
    assert!(
        !logs.iter().any(|line| line.contains("hunter2")),
        "{logs:?}"
    );
}
