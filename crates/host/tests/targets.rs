//! Whom a request is for: one that comes in, and one that goes out.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::net::Ipv4Addr;

use http::{Request, Version};
use jenny_host::AppOptions;
use support::{Fixture, body_text, empty, get};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

async fn fixture() -> Fixture {
    let manifest = format!(
        "{}allowed_outbound_hosts = [\"http://127.0.0.1:*\"]",
        support::GUEST
    );
    let options = AppOptions {
        quiet: true,
        ..AppOptions::default()
    };
    Fixture::load(&manifest, options).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_outside_names_a_component_or_a_user() {
    let fixture = fixture().await;
    for (version, target, host, status) in [
        (Version::HTTP_11, "/headers", "guest.spin.internal", 400),
        (Version::HTTP_11, "/headers", "Guest.Spin.Internal.:80", 400),
        (
            Version::HTTP_11,
            "http://guest.spin.internal/headers",
            "example.com",
            400,
        ),
        (
            Version::HTTP_2,
            "http://guest.spin.internal/headers",
            "",
            400,
        ),
        (
            Version::HTTP_2,
            "http://guest.spin.internal/headers",
            "guest.spin.internal",
            400,
        ),
        (Version::HTTP_2, "http://u:p@example.com/headers", "", 400),
        (
            Version::HTTP_11,
            "http://u:p@example.com/headers",
            "example.com",
            400,
        ),
        (
            Version::HTTP_2,
            "http://example.com/headers",
            "other.example",
            400,
        ),
        (
            Version::HTTP_2,
            "http://example.com/headers",
            "Example.com:80",
            200,
        ),
        (
            Version::HTTP_11,
            "http://example.com/headers",
            "guest.spin.internal",
            200,
        ),
    ] {
        let mut request = Request::get(target).version(version);
        if !host.is_empty() {
            request = request.header("host", host);
        }
        let response = fixture.send(request.body(empty()).unwrap()).await;

        assert_eq!(response.status(), status, "{version:?} {target} {host}");
        if status == 200 {
            let seen = body_text(response).await;
            assert!(
                seen.contains("spin-full-url: http://example.com/headers"),
                "{seen}"
            );
            assert!(!seen.contains("guest"), "{seen}");
        }
    }
}

/// RFC 9112, section 3.2.1.
#[tokio::test(flavor = "multi_thread")]
async fn a_url_without_a_path_is_sent_with_that_of_the_root() {
    let fixture = fixture().await;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();

    for (path, line) in [
        ("", "GET / HTTP/1.1\r\n"),
        ("?a=b", "GET /?a=b HTTP/1.1\r\n"),
        ("/a?b", "GET /a?b HTTP/1.1\r\n"),
    ] {
        let serve = async {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            let mut lines = vec![String::new()];
            while stream.read_line(lines.last_mut().unwrap()).await.unwrap() > 2 {
                lines.push(String::new());
            }
            let answer = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
            stream.write_all(answer).await.unwrap();
            lines.swap_remove(0)
        };
        let mut request = get("/fetch");
        let url = format!("http://{address}{path}").parse().unwrap();
        request.headers_mut().insert("fetch-url", url);

        let (sent, answer) = tokio::join!(serve, fixture.send(request));

        assert_eq!(sent, line, "for {path:?}");
        let answer = body_text(answer).await;
        assert!(answer.starts_with("204"), "{answer}");
    }
}
