//! Bodies that are not what a function reads.

#[tokio::test]
async fn what_is_not_json_is_refused_with_a_problem() {
    let app = crate::app().build().await;
    let cases: [(&str, &[u8], u16, &str); 6] = [
        ("application/json", b"{\"user\": ", 400, "malformed-json"),
        ("application/json", b"", 400, "malformed-json"),
        (
            "application/json",
            b"{\"user\": \"\xff\xfe\"}",
            400,
            "malformed-json",
        ),
        ("application/json", b"[1, 2]", 422, "validation"),
        ("text/plain", b"{}", 415, "unsupported-media-type"),
        (
            "application/x-www-form-urlencoded",
            b"user=1",
            415,
            "unsupported-media-type",
        ),
    ];
    for (content_type, body, status, kind) in cases {
        app.post("/api/users")
            .header("content-type", content_type)
            .body(body)
            .send()
            .await
            .assert_problem(status, kind);
    }
    app.post("/api/users")
        .body(&b"{}"[..])
        .send()
        .await
        .assert_problem(415, "unsupported-media-type");
}

#[tokio::test]
async fn deeply_nested_json_is_refused() {
    let app = crate::app().build().await;
    app.post("/api/users")
        .header("content-type", "application/json")
        .body("[".repeat(200_000))
        .send()
        .await
        .assert_problem(400, "malformed-json");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let app = crate::app().build().await;
    app.post("/api/users")
        .header("content-type", "application/json")
        .body(vec![b' '; 2 * 1024 * 1024])
        .send()
        .await
        .assert_problem(413, "content-too-large");
}
