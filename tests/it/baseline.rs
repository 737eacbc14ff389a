//! What every function does for every request, whatever its routes: the baseline of `shared`.

use std::net::IpAddr;

use http::{HeaderMap, Method};
use jenny_host::AppOptions;
use jenny_test::TestApp;
use serde_json::Value;

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let app = crate::app().build().await;
    for path in app.routes() {
        let response = app.get(&path).send().await;
        response
            .assert_header("x-content-type-options", "nosniff")
            .assert_header("referrer-policy", "no-referrer");
        let policy = response
            .header("content-security-policy")
            .unwrap_or_default();
        assert!(policy.contains("default-src 'none'"), "{response:?}");
    }
}

#[tokio::test]
async fn every_answer_names_its_request() {
    let app = crate::app().build().await;
    for path in app.routes() {
        let first = app.get(&path).send().await;
        let second = app.get(&path).send().await;
        let id = first.header("x-request-id").unwrap_or_default();
        assert!(!id.is_empty(), "{first:?}");
        assert_ne!(Some(id), second.header("x-request-id"));

        app.get(&path)
            .header("x-request-id", "given-by-the-caller-1")
            .send()
            .await
            .assert_header("x-request-id", "given-by-the-caller-1");
        let response = app
            .get(&path)
            .header("x-request-id", "\"injected\": {}")
            .send()
            .await;
        assert_ne!(response.header("x-request-id"), Some("\"injected\": {}"));
    }
}

#[tokio::test]
async fn an_unknown_route_is_a_problem_of_the_host() {
    let app = crate::app().build().await;
    // No function has this route, so that the host answers.
    app.get("/nowhere")
        .send()
        .await
        .assert_problem(404, "not-found");
}

#[tokio::test]
async fn foreign_origins_are_not_allowed_unless_configured() {
    let app = crate::app().build().await;
    let response = app
        .request(Method::OPTIONS, "/health/live")
        .header("origin", "https://front.example")
        .header("access-control-request-method", "GET")
        .send()
        .await;
    assert_eq!(
        response.header("access-control-allow-origin"),
        None,
        "{response:?}"
    );

    let app = crate::app()
        .variable("cors_origins", "https://front.example")
        .build()
        .await;
    let preflight = app
        .request(Method::OPTIONS, "/health/live")
        .header("origin", "https://front.example")
        .header("access-control-request-method", "GET")
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        )
        .send()
        .await;
    preflight.assert_header("access-control-allow-origin", "https://front.example");
    assert!(preflight.status.is_success(), "{preflight:?}");
    let other = app
        .get("/health/live")
        .header("origin", "https://evil.example")
        .send()
        .await;
    assert_ne!(
        other.header("access-control-allow-origin"),
        Some("https://evil.example"),
        "{other:?}"
    );
}

/// The address that the last request came from, as the log says.
fn client(app: &TestApp) -> Option<String> {
    let logs = app.logs();
    let lines = logs
        .iter()
        .filter_map(|line| serde_json::from_str(line).ok());
    let mut lines = lines.filter(|line: &Value| line["target"] == "access");
    Some(lines.next_back()?["client"].as_str()?.to_owned())
}

#[tokio::test]
async fn the_log_says_where_each_request_came_from() {
    for (trusted, expected) in [("", "127.0.0.1"), ("10.0.0.0/8, 127.0.0.1", "203.0.113.9")] {
        let app = crate::app().variable("trusted_proxies", trusted);
        let app = app.build().await;
        for path in app.routes() {
            app.get(&path)
                .header("spin-client-addr", "6.6.6.6:6")
                .header("x-forwarded-for", "6.6.6.6, 203.0.113.9, 10.1.2.3")
                .send()
                .await;
            assert_eq!(client(&app).as_deref(), Some(expected), "{path}");
        }
    }
}

/// The flag of the host and the variable of functions are one list, for limits and for log lines.
#[tokio::test]
async fn the_host_reads_trusted_proxies_as_functions_do() {
    let peer = IpAddr::from([127, 0, 0, 1]);
    for trusted in ["", "127.0.0.1", "127.0.0.0/8, 10.0.0.0/8", "10.0.0.0/8"] {
        let options = AppOptions {
            trusted_proxies: trusted.parse().expect("a list of proxies"),
            ..AppOptions::default()
        };
        let app = crate::app().variable("trusted_proxies", trusted);
        let app = app.build().await;
        for forwarded in [
            "203.0.113.9",
            "6.6.6.6, 203.0.113.9, 10.1.2.3",
            "203.0.113.9, unknown",
            "[2001:db8::1]:443, 10.0.0.1:80",
            "::ffff:203.0.113.9",
        ] {
            let mut headers = HeaderMap::new();
            let value = forwarded.parse().expect("a value");
            headers.insert("x-forwarded-for", value);
            let host = options.trusted_proxies.client_address(peer, &headers);

            let request = app.get("/health/live");
            request.header("x-forwarded-for", forwarded).send().await;

            let expected = host.to_string();
            assert_eq!(client(&app), Some(expected), "{trusted}: {forwarded}");
        }
    }
}
