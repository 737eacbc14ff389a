//! What is left of following when any one of its calls of the host goes wrong: see `every_call`.

use http::Method;

use crate::every_call::Write;
use crate::world::{ANNA, JACOB};

#[tokio::test]
async fn following() {
    Write::new(Method::POST, "/api/profiles/jacob/follow", 200)
        .by(ANNA)
        .leaves_all_or_nothing()
        .await;
}

#[tokio::test]
async fn following_no_longer() {
    Write::new(Method::DELETE, "/api/profiles/anna/follow", 200)
        .by(JACOB)
        .leaves_all_or_nothing()
        .await;
}
