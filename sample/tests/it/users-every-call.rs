//! What is left of a registration when any one of its calls of the host goes wrong: see `every_call`, also
//! for what a login writes.

use http::Method;
use serde_json::json;

use crate::every_call::{Write, user};

#[tokio::test]
async fn a_registration() {
    let new = json!({ "username": "eve", "email": "eve@example.com", "password": "correct horse" });
    Write::new(Method::POST, "/api/users", 201)
        .body(user(new))
        .leaves_all_or_nothing()
        .await;
}
