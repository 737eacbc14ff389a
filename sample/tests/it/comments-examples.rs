//! The answers of `comments` that the documentation shows.

use jenny_test::Examples;
use serde_json::json;

use crate::articles::{register, slug_of, tagged};

#[tokio::test]
async fn are_what_it_answers() {
    let app = crate::app().build().await;
    let mut examples = Examples::open("../../functions/comments");
    let author = register(&app, "anna").await;
    let reader = register(&app, "jacob").await;
    let article = tagged("How to train your dragon", &["dragons"]);
    let slug = slug_of(&app, &author, article).await;

    let path = format!("/api/articles/{slug}/comments");
    let comment = json!({ "comment": { "body": "Mine prefers *sheep*." } });
    let create = app.post(&path).bearer(&reader).json(&comment);
    examples.record(create).await.assert_status(201);
    examples.record(app.get(&path)).await.assert_status(200);
    examples.finish();
}
