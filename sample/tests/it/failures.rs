//! What every function answers when what it depends on fails.

use jenny_test::{FAULT, Mint, TestApp};
use serde_json::json;

/// The application without its database: one to which no connection can be opened, and one whose every
/// statement fails. Tokens of `mint` are good there.
pub(crate) async fn without_database(mint: &Mint) -> [TestApp; 2] {
    let app = || crate::app().signed_by(mint);
    [
        app().failing_database().build().await,
        app().unreadable_database().build().await,
    ]
}

#[tokio::test]
async fn a_failing_database_is_a_503_that_says_nothing_of_its_cause() {
    let mint = Mint::new();
    let user = json!({
        "user": { "username": "jacob", "email": "jake@example.com", "password": "correct horse" }
    });
    let token = crate::app()
        .signed_by(&mint)
        .build()
        .await
        .post("/api/users")
        .json(&user)
        .send()
        .await
        .assert_status(201)
        .string_at("/user/token");

    let app = crate::app()
        .signed_by(&mint)
        .failing_database()
        .build()
        .await;
    let requests = [
        app.post("/api/users").json(&user),
        app.post("/api/users/login").json(&user),
        app.get("/api/user").bearer(&token),
        app.put("/api/user").bearer(&token).json(&user),
    ];
    for request in requests {
        let response = request.send().await;
        response.assert_problem(503, "unavailable");
        assert!(response.header("retry-after").is_some(), "{response:?}");
        assert!(!response.text().contains(FAULT), "{response:?}");
    }
    let logs = app.logs();
    let causes = logs.iter().filter(|line| line.contains(FAULT)).count();
    assert_eq!(causes, 4, "each cause is logged once: {logs:?}");
}

#[tokio::test]
async fn a_wrong_variable_is_named_in_the_log_and_nowhere_else() {
    for path in ["/health/live", "/api/user"] {
        let app = crate::app().variable("log_level", "loud").build().await;

        let response = app.get(path).send().await;

        response.assert_problem(500, "internal");
        assert!(!response.text().contains("log_level"), "{response:?}");
        let logs = app.logs();
        assert!(
            logs.iter().any(|line| line.contains("log_level")),
            "{logs:?}"
        );
    }
}
