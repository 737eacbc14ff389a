//! The answers of `docs` that the documentation shows.

use jenny_test::Examples;

#[tokio::test]
async fn are_what_it_answers() {
    let app = crate::app().build().await;
    let mut examples = Examples::open("../functions/docs");
    // The document would hold itself.
    examples.without("GetOpenApi");

    for (path, status, kind) in [
        ("/problems/%FF", 400, "bad-request"),
        ("/problems/no-such-kind", 404, "not-found"),
        ("/docs/swagger-ui.css", 406, "not-acceptable"),
    ] {
        let request = app.get(path).header("accept-encoding", "identity");
        examples.record(request).await.assert_problem(status, kind);
    }
    examples.finish();
}
