//! What the harness knows of calls has no secrets in it.

use jenny_test::{Mint, TestApp};
use serde_json::json;

#[tokio::test]
async fn values_of_variables_and_private_keys_are_not_kept() {
    let mint = Mint::new();
    let app = TestApp::builder().signed_by(&mint).build().await;

    app.get("/api/user")
        .bearer("nonsense")
        .send()
        .await
        .assert_status(401);
    let answer = app
        .post("/api/users/login")
        .json(&json!({ "user": { "email": "a@example.com", "password": "wrong-password" } }))
        .send()
        .await;

    let calls = answer.calls();
    assert!(!calls.variables().is_empty(), "{calls}");
    let secret = mint.private_pem();
    let secret = secret.lines().nth(1).expect("a key has a line");
    for shown in [
        format!("{calls:#}"),
        format!("{:?}", calls.iter().collect::<Vec<_>>()),
    ] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
