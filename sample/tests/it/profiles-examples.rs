//! The answers of `profiles` that the documentation shows.

use jenny_test::Examples;

use crate::articles::register;

#[tokio::test]
async fn are_what_it_answers() {
    let app = crate::app().build().await;
    let mut examples = Examples::open("../../functions/profiles");
    register(&app, "anna").await;
    let token = register(&app, "jacob").await;

    let path = "/api/profiles/anna";
    let follow = "/api/profiles/anna/follow";
    for request in [
        app.post(follow).bearer(&token),
        app.get(path).bearer(&token),
        app.delete(follow).bearer(&token),
    ] {
        examples.record(request).await.assert_status(200);
    }
    examples.finish();
}
