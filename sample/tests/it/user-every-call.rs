//! What is left of a user's changes when any one of their calls of the host goes wrong: see `every_call`.

use http::Method;
use serde_json::{Value, json};

use crate::every_call::{Write, user};
use crate::world::ANNA;

fn change_of_anna(change: Value) -> Write {
    Write::new(Method::PUT, "/api/user", 200)
        .by(ANNA)
        .body(user(change))
}

#[tokio::test]
async fn a_change_of_what_a_user_says() {
    change_of_anna(json!({ "bio": "I fly", "image": "https://example.com/a.png" }))
        .leaves_all_or_nothing()
        .await;
}

#[tokio::test]
async fn a_change_of_what_a_user_is_called() {
    change_of_anna(json!({ "username": "berta", "email": "berta@example.com" }))
        .leaves_all_or_nothing()
        .await;
}

#[tokio::test]
async fn a_change_of_a_password() {
    change_of_anna(json!({ "password": "another horse" }))
        .leaves_all_or_nothing()
        .await;
}

#[tokio::test]
async fn a_change_of_a_user_that_nobody_else_has_changed() {
    change_of_anna(json!({ "bio": "I fly" }))
        .conditional()
        .leaves_all_or_nothing()
        .await;
}
