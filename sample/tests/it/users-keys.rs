//! `users`: users whose comparison keys are by earlier rules.

use futures::future::join_all;
use jenny_test::{TestApp, TestResponse};
use serde_json::json;

/// Users as earlier rules registered them, before the migration that lists them: name, address, and the keys
/// that both had.
async fn before_the_migration(users: &[[&str; 4]]) -> TestApp {
    // Each request is the first one of an instance.
    let app = crate::app().reuse_instances(false).build().await;
    for (index, [username, email, username_key, email_key]) in users.iter().enumerate() {
        register(
            &app,
            &format!("user{index}"),
            &format!("user{index}@example.com"),
        )
        .await
        .assert_status(201);
        app.sql(&format!(
            "UPDATE users SET username = '{username}', email = '{email}',
                 username_key = '{username_key}', email_key = '{email_key}'
             WHERE username_key = 'user{index}'"
        ))
        .await;
    }
    app.sql("DROP TABLE outdated_user_keys").await;
    app.sql("DELETE FROM schema_migrations WHERE name = 'comparison_keys'")
        .await;
    app
}

async fn register(app: &TestApp, username: &str, email: &str) -> TestResponse {
    let user = json!({ "username": username, "email": email, "password": "correct horse" });
    app.post("/api/users")
        .json(&json!({ "user": user }))
        .send()
        .await
}

async fn log_in(app: &TestApp, email: &str) -> TestResponse {
    app.post("/api/users/login")
        .json(&json!({ "user": { "email": email, "password": "correct horse" } }))
        .send()
        .await
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn first_requests_bring_the_keys_of_all_users_up_to_date() {
    let app = before_the_migration(&[
        [
            "Straße",
            "j@xn--bcher-kva.example",
            "straße",
            "j@xn--bcher-kva.example",
        ],
        ["用户", "ΝΊΚΟΣ@example.com", "用户", "νίκοσ@example.com"],
        ["jacob", "jake@example.com", "jacob", "jake@example.com"],
    ])
    .await;

    let addresses = ["J@Bücher.example", "νίκος@example.com", "jake@example.com"];
    let answers = join_all(addresses.map(|address| log_in(&app, address))).await;

    for answer in answers {
        answer.assert_status(200);
    }
    let keys = app
        .sql("SELECT username_key, email_key FROM users ORDER BY created_at, id")
        .await;
    assert_eq!(
        keys,
        [
            ["strasse", "j@bücher.example"],
            ["用户", "νίκοσ@example.com"],
            ["jacob", "jake@example.com"],
        ]
    );
    assert_eq!(
        app.sql("SELECT count(*) FROM outdated_user_keys").await,
        [[0]]
    );
    app.get("/api/profiles/STRASSE")
        .send()
        .await
        .assert_status(200)
        .assert_json("/profile/username", "Straße");
    register(&app, "STRASSE", "j@xn--bcher-kva.example")
        .await
        .assert_problem(409, "conflict")
        .assert_violations(&["/user/email", "/user/username"]);
}

#[tokio::test]
async fn of_two_that_collide_both_keep_what_they_have() {
    let users = [
        [
            "straße",
            "j@xn--bcher-kva.example",
            "straße",
            "j@xn--bcher-kva.example",
        ],
        ["STRASSE", "j@bücher.example", "strasse", "j@bücher.example"],
    ];
    let app = before_the_migration(&users).await;

    for [username, email, ..] in users {
        let answer = log_in(&app, email).await;
        answer
            .assert_status(200)
            .assert_json("/user/username", username)
            .assert_json("/user/email", email);
        app.get(&format!("/api/profiles/{}", encoded(username)))
            .send()
            .await
            .assert_status(200)
            .assert_json("/profile/username", username);
        app.get(&format!("/api/articles?author={}", encoded(username)))
            .send()
            .await
            .assert_status(200);
    }

    let keys = app
        .sql("SELECT username_key, email_key FROM users ORDER BY created_at, id")
        .await;
    assert_eq!(
        keys,
        users.map(|[.., username_key, email_key]| [username_key, email_key])
    );
    let logs = app.logs();
    let told: Vec<_> = logs
        .iter()
        .filter(|line| line.contains("both keep it"))
        .collect();
    assert_eq!(told.len(), 2, "{logs:?}");
    for line in told {
        assert!(line.contains("user_id"), "{line}");
        assert!(
            !line.contains("example") && !line.contains("stra"),
            "{line}"
        );
    }
}

#[tokio::test]
async fn names_of_earlier_rules_are_found() {
    let app = before_the_migration(&[["аdmin", "x＠y@b.example", "аdmin", "x@y@b.example"]]).await;

    log_in(&app, "x＠y@b.example").await.assert_status(200);
    app.get(&format!("/api/profiles/{}", encoded("аdmin")))
        .send()
        .await
        .assert_status(200);
    register(&app, "аdmin", "z＠y@b.example")
        .await
        .assert_problem(422, "validation")
        .assert_violations(&["/user/username", "/user/email"]);
}
