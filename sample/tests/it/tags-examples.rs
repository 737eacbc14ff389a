//! The answers of `tags` that the documentation shows.

use jenny_test::Examples;

use crate::articles::{register, slug_of, tagged};

#[tokio::test]
async fn are_what_it_answers() {
    let app = crate::app().build().await;
    let mut examples = Examples::open("../../functions/tags");
    let token = register(&app, "jacob").await;
    for (title, tags) in [
        ("How to train your dragon", &["dragons", "training"][..]),
        ("How to feed your dragon", &["dragons", "food"]),
    ] {
        slug_of(&app, &token, tagged(title, tags)).await;
    }
    examples
        .record(app.get("/api/tags"))
        .await
        .assert_status(200);

    let app = crate::app().failing_database().build().await;
    let failed = examples.record(app.get("/api/tags")).await;
    failed.assert_problem(503, "unavailable");
    examples.finish();
}
