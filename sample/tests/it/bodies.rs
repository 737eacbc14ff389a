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

#[tokio::test]
async fn a_body_that_is_coded_is_not_read_as_if_it_were_not() {
    let app = crate::app().build().await;
    let user =
        r#"{"user":{"username":"jacob","email":"j@example.com","password":"correct horse"}}"#;
    let send = |name: &'static str, value: &'static str| {
        let request = app.post("/api/users").body(user);
        let request = match name {
            "content-type" => request,
            _ => request.header("content-type", "application/json; charset=UTF-8"),
        };
        request.header(name, value).send()
    };
    for coding in ["gzip", "br", "identity, gzip", "x-unknown"] {
        let refused = send("content-encoding", coding).await;
        refused
            .assert_problem(415, "unsupported-media-type")
            .assert_header("accept-encoding", "identity")
            .assert_no_header("accept");
    }
    for content_type in [
        "application/json; charset=iso-8859-1",
        "application/json;charset=utf-16",
        "application/json; Charset=\"us-ascii\"",
    ] {
        let refused = send("content-type", content_type).await;
        refused
            .assert_problem(415, "unsupported-media-type")
            .assert_header("accept", "application/json")
            .assert_no_header("accept-encoding");
    }
    assert_eq!(app.sql("SELECT count(*) FROM users").await, [[0]]);
    send("content-encoding", "identity")
        .await
        .assert_status(201);
}
