//! What every application of these tests begins with.

use jenny_test::TestApp;
use serde_json::json;

/// Has the application lay its schema.
pub(crate) async fn migrated(app: &TestApp) {
    // Nobody is called so; to say that, the database has to be asked.
    app.post("/api/users/login")
        .json(&json!({ "user": { "email": "nobody@example.com", "password": "wrong-password" } }))
        .send()
        .await
        .assert_status(401);
}
