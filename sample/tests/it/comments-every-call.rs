//! What is left of a comment when any one of the calls of the host goes wrong: see `every_call`.

use http::Method;
use serde_json::json;

use crate::every_call::Write;
use crate::world::JACOB;

#[tokio::test]
async fn a_comment() {
    let comment = json!({ "comment": { "body": "Who doesn't?" } });
    Write::new(Method::POST, "/api/articles/rain/comments", 201)
        .by(JACOB)
        .body(comment)
        .leaves_all_or_nothing()
        .await;
}

#[tokio::test]
async fn the_end_of_a_comment() {
    Write::new(Method::DELETE, "/api/articles/dragons/comments/1", 204)
        .by(JACOB)
        .leaves_all_or_nothing()
        .await;
}
