//! The answers of `articles` that the documentation shows.

use jenny_test::Examples;
use serde_json::json;

use crate::articles::{register, slug_of, tagged};

#[tokio::test]
async fn are_what_it_answers() {
    let app = crate::app().build().await;
    let mut examples = Examples::open("../../functions/articles");
    let author = register(&app, "anna").await;
    let reader = register(&app, "jacob").await;
    let follow = app.post("/api/profiles/anna/follow").bearer(&reader);
    follow.send().await.assert_status(200);

    let article = json!({ "article": {
        "title": "How to train your dragon",
        "description": "How it is done",
        "body": "Gently, and with *fish*.",
        "tagList": ["dragons", "training"],
    } });
    let create = app.post("/api/articles").bearer(&author).json(&article);
    examples.record(create).await.assert_status(201);
    slug_of(
        &app,
        &author,
        tagged("How to feed your dragon", &["dragons"]),
    )
    .await;

    let path = "/api/articles/how-to-train-your-dragon";
    let favorite = format!("{path}/favorite");
    let update = json!({ "article": { "body": "Gently, and with much *fish*." } });
    for request in [
        app.put(path).bearer(&author).json(&update),
        app.post(&favorite).bearer(&reader),
        app.get(path).bearer(&reader),
        app.get("/api/articles?tag=dragons&limit=2").bearer(&reader),
        app.get("/api/articles/feed?limit=1").bearer(&reader),
        app.delete(&favorite).bearer(&reader),
    ] {
        examples.record(request).await.assert_status(200);
    }

    for (request, status, kind) in [
        (app.get("/api/articles/how-to-tame-a-cat"), 404, "not-found"),
        (app.get("/api/articles/%FF"), 400, "bad-request"),
        (
            app.put("/api/articles/%FF").bearer(&author).json(&update),
            400,
            "bad-request",
        ),
        (app.delete(path).bearer(&reader), 403, "forbidden"),
    ] {
        let refused = examples.record(request).await;
        refused.assert_problem(status, kind);
    }
    examples.finish();
}
