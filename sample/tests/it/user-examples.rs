//! The answers of `user` that the documentation shows.

use jenny_test::Examples;
use serde_json::json;

use crate::articles::register;

#[tokio::test]
async fn are_what_it_answers() {
    let app = crate::app().build().await;
    let mut examples = Examples::open("../../functions/user");
    let token = register(&app, "jacob").await;

    let changes = json!({ "user": {
        "bio": "Trains dragons.",
        "image": "https://example.com/jacob.png",
    } });
    let change = app.put("/api/user").bearer(&token).json(&changes);
    examples.record(change).await.assert_status(200);
    let shown = app.get("/api/user").bearer(&token);
    examples.record(shown).await.assert_status(200);

    let nobody = examples.record(app.get("/api/user")).await;
    nobody.assert_problem(401, "unauthorized");
    let stale = app.put("/api/user").bearer(&token).json(&changes);
    let stale = stale.header("if-match", "\"what-it-was\"");
    let refused = examples.record(stale).await;
    refused.assert_problem(412, "precondition-failed");
    examples.finish();
}
