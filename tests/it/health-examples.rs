//! The answers of `health` that the documentation shows.

use jenny_test::Examples;

#[tokio::test]
async fn are_what_it_answers() {
    let app = crate::app().build().await;
    let mut examples = Examples::open("../functions/health");
    for path in ["/health/live", "/health/ready"] {
        examples.record(app.get(path)).await.assert_status(200);
    }
    let other = app
        .get("/health/live")
        .header("if-match", "\"what-it-was\"");
    let refused = examples.record(other).await;
    refused.assert_problem(412, "precondition-failed");

    let app = crate::app().failing_database().build().await;
    let failed = examples.record(app.get("/health/ready")).await;
    failed.assert_problem(503, "unavailable");
    let app = crate::app().variable("log_level", "loud").build().await;
    let failed = examples.record(app.get("/health/live")).await;
    failed.assert_problem(500, "internal");
    examples.finish();
}
