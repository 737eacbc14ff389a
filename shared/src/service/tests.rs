use axum::{
    Router,
    body::Body,
    http::{Request, Response, StatusCode, Uri},
    routing::{get, post},
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use tracing::level_filters::LevelFilter;

use super::{Baseline, ClientAddress, baseline};
use crate::{
    config::CorsOrigins,
    log::capture::Captured,
    problem::{Extended, MAX_SHOWN_BYTES, Problem, Violation, testing::Summary},
};

fn router() -> Router {
    let extended = Router::new()
        .route(
            "/api/users",
            post(async || {
                let blank = Violation::new("/user/email", "must not be empty").blank(true);
                Problem::unprocessable([blank]).about("user")
            }),
        )
        .layer(Extended(Summary));
    Router::new()
        .route("/hello/{name}", get(async || "Hello!"))
        .route(
            "/broken",
            get(async || {
                Problem::internal(std::io::Error::other(
                    "the password of the database is hunter2",
                ))
            }),
        )
        .route(
            "/away",
            get(async || Problem::unavailable(7, "no connection")),
        )
        .route(
            "/secret",
            get(async || Problem::invalid_token("The access token has expired.")),
        )
        .route("/rejected", post(async |_: String| "read"))
        .route(
            "/whence",
            get(async |client: ClientAddress| client.ip().to_string()),
        )
        .route("/echo", get(echo))
        .merge(extended)
}

async fn echo(uri: Uri) -> Problem {
    let said = uri.query().unwrap_or_default().to_owned();
    Problem::unprocessable([Violation::new(format!("/{said}"), said.clone())]).with_detail(said)
}

struct Answer {
    response: Response<Body>,
    log: Captured,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.response
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap())
    }

    async fn json(self) -> Value {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json")
        );
        let body = self
            .response
            .into_body()
            .collect()
            .await
            .unwrap()
            .to_bytes();
        serde_json::from_slice(&body).unwrap()
    }
}

async fn answer_with(settings: Baseline, request: http::request::Builder) -> Answer {
    let log = Captured::default();
    // The tests run on one thread each, so that the default holds across the await.
    let _guard = tracing::subscriber::set_default(log.subscriber(LevelFilter::INFO));
    let request = request.body(Body::empty()).unwrap();
    let response = baseline(router(), settings).oneshot(request).await.unwrap();
    Answer { response, log }
}

async fn answer(request: http::request::Builder) -> Answer {
    answer_with(Baseline::default(), request).await
}

const ID: &str = "0190a6c0-5f3e-7c3a-9d5b-1f2e3d4c5b6a";

#[tokio::test]
async fn a_problem_has_all_its_members() {
    let answer = answer(Request::post("/api/users").header("x-request-id", ID)).await;
    assert_eq!(answer.response.status(), 422);
    assert_eq!(answer.header("x-request-id"), Some(ID));
    assert_eq!(
        answer.json().await,
        json!({
            "type": "/problems/validation",
            "title": "The request breaks a rule",
            "status": 422,
            "detail": "One field is invalid.",
            "instance": format!("urn:uuid:{ID}"),
            "requestId": ID,
            "violations": [{"pointer": "/user/email", "detail": "must not be empty"}],
            "summary": {"about": "user", "blank": 1},
        })
    );
}

#[tokio::test]
async fn no_route_is_a_problem() {
    let answer = answer(Request::get("/nowhere").header("x-request-id", "abc")).await;
    assert_eq!(answer.response.status(), 404);
    let body = answer.json().await;
    assert_eq!(body["type"], "/problems/not-found");
    assert_eq!(body["requestId"], "abc");
    assert_eq!(body.get("instance"), None);
}

#[tokio::test]
async fn a_wrong_method_names_those_allowed() {
    let answer = answer(Request::delete("/hello/you")).await;
    assert_eq!(answer.response.status(), 405);
    assert_eq!(answer.header("allow"), Some("GET,HEAD"));
    assert_eq!(answer.json().await["status"], 405);
    let extended = self::answer(Request::get("/api/users")).await;
    assert_eq!(extended.header("allow"), Some("POST"));
    assert_eq!(extended.json().await["summary"]["blank"], 0);
}

#[tokio::test]
async fn options_lists_what_is_allowed_and_head_has_no_body() {
    let options = answer(Request::options("/hello/you")).await;
    assert_eq!(options.response.status(), StatusCode::NO_CONTENT);
    assert_eq!(options.header("allow"), Some("GET,HEAD"));
    let nowhere = answer(Request::options("/nowhere")).await;
    assert_eq!(nowhere.response.status(), 404);
    for (address, status) in [("/hello/you", 200), ("/nowhere", 404)] {
        let head = answer(Request::head(address)).await;
        assert_eq!(head.response.status(), status);
        assert_ne!(head.header("content-length"), Some("0"));
        assert!(
            head.response
                .into_body()
                .collect()
                .await
                .unwrap()
                .to_bytes()
                .is_empty()
        );
    }
}

#[tokio::test]
async fn axums_own_rejections_become_problems() {
    let request = Request::post("/rejected")
        .body(Body::from(vec![0xff]))
        .unwrap();
    let response = baseline(router(), Baseline::default())
        .oneshot(request)
        .await
        .unwrap();
    assert_eq!(response.status(), 400);
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
    let large = Request::post("/rejected")
        .body(Body::from(vec![b'a'; super::MAX_BODY_BYTES + 1]))
        .unwrap();
    let response = baseline(router(), Baseline::default())
        .oneshot(large)
        .await
        .unwrap();
    assert_eq!(response.status(), 413);
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
}

#[tokio::test]
async fn a_server_error_is_logged_once_and_hides_its_cause() {
    let answer = answer(Request::get("/broken").header("x-request-id", ID)).await;
    let errors: Vec<_> = answer
        .log
        .lines()
        .into_iter()
        .filter(|line| line["level"] == "ERROR")
        .collect();
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0]["request_id"], ID);
    assert_eq!(
        errors[0]["cause"],
        "the password of the database is hunter2"
    );
    assert_eq!(answer.response.status(), 500);
    let body = answer.json().await;
    assert_eq!(body.get("summary"), None);
    let body = body.to_string();
    assert!(!body.contains("database"), "{body}");
}

#[tokio::test]
async fn headers_that_a_status_calls_for() {
    let away = answer(Request::get("/away")).await;
    assert_eq!(away.header("retry-after"), Some("7"));
    let secret = answer(Request::get("/secret")).await;
    assert_eq!(
        secret.header("www-authenticate"),
        Some(
            "Bearer realm=\"api\", error=\"invalid_token\", \
             error_description=\"The access token has expired.\""
        )
    );
}

#[tokio::test]
async fn one_line_per_request_names_the_route_and_not_the_address() {
    let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let answer = answer(
        Request::get("/hello/alice?token=hunter2")
            .header("x-request-id", ID)
            .header("traceparent", traceparent),
    )
    .await;
    let lines = answer.log.lines();
    assert_eq!(lines.len(), 1);
    let line = &lines[0];
    assert_eq!(line["method"], "GET");
    assert_eq!(line["route"], "/hello/{name}");
    assert_eq!(line["status"], 200);
    assert!(line["duration_us"].is_u64());
    assert_eq!(line["request_id"], ID);
    assert_eq!(line["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(line["parent_id"], "00f067aa0ba902b7");
    let text = answer.log.text();
    assert!(
        !text.contains("alice") && !text.contains("hunter2"),
        "{text}"
    );
}

#[tokio::test]
async fn the_client_is_who_the_host_and_trusted_proxies_say() {
    let request = || {
        Request::get("/whence")
            .header("spin-client-addr", "6.6.6.6:6")
            .header("spin-client-addr", "10.0.0.1:4711")
            .header("x-forwarded-for", "6.6.6.6, 203.0.113.9")
    };
    for (trusted, client) in [("", "10.0.0.1"), ("10.0.0.0/8", "203.0.113.9")] {
        let settings = Baseline {
            trusted_proxies: trusted.parse().unwrap(),
            ..Baseline::default()
        };
        let answer = answer_with(settings, request()).await;
        assert_eq!(answer.log.lines()[0]["client"], client);
        let body = answer.response.into_body().collect().await.unwrap();
        assert_eq!(body.to_bytes(), client);
    }
    // A host that does not say it: the handler that wants to know fails, and the others do not.
    let unknown = answer(Request::get("/whence")).await;
    assert_eq!(unknown.response.status(), 500);
    let unknown = answer(Request::get("/hello/you")).await;
    assert_eq!(unknown.log.lines()[0].get("client"), None);
}

#[tokio::test]
async fn what_the_caller_said_is_shown_cut() {
    let long = "a".repeat(100 * MAX_SHOWN_BYTES);
    let answer = answer(Request::get(format!("/echo?{long}"))).await;
    let body = answer.json().await.to_string();
    assert!(body.contains("aa") && body.contains('…'), "{body}");
    // The detail; a pointer and its detail.
    assert!(body.len() < 6 * MAX_SHOWN_BYTES, "{}", body.len());
}

#[tokio::test]
async fn answers_carry_security_headers() {
    let answer = answer(Request::get("/hello/you")).await;
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(
        answer.header("content-security-policy"),
        Some("default-src 'none'; frame-ancestors 'none'")
    );
    assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(answer.header("strict-transport-security"), None);
    let https = Baseline {
        https: true,
        ..Baseline::default()
    };
    let answer = answer_with(https, Request::get("/nowhere")).await;
    assert_eq!(
        answer.header("strict-transport-security"),
        Some("max-age=63072000")
    );
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
}

fn preflight(origin: &str) -> http::request::Builder {
    Request::options("/hello/you")
        .header("origin", origin)
        .header("access-control-request-method", "PUT")
        .header("access-control-request-headers", "authorization")
}

#[tokio::test]
async fn other_origins_are_allowed_as_configured() {
    let list = Baseline {
        cors_origins: CorsOrigins::parse("https://app.example.org").unwrap(),
        ..Baseline::default()
    };
    let allowed = answer_with(list.clone(), preflight("https://app.example.org")).await;
    assert_eq!(allowed.response.status(), 200);
    assert_eq!(
        allowed.header("access-control-allow-origin"),
        Some("https://app.example.org")
    );
    assert!(
        allowed
            .header("access-control-allow-headers")
            .unwrap()
            .contains("authorization")
    );
    assert_eq!(allowed.header("access-control-allow-credentials"), None);
    let other = answer_with(list.clone(), preflight("https://evil.example")).await;
    assert_eq!(other.header("access-control-allow-origin"), None);

    // Errors too, or the page could not read them.
    let missing = Request::get("/nowhere").header("origin", "https://app.example.org");
    let missing = answer_with(list, missing).await;
    assert_eq!(
        missing.header("access-control-allow-origin"),
        Some("https://app.example.org")
    );

    let any = Baseline {
        cors_origins: CorsOrigins::Any,
        ..Baseline::default()
    };
    let any = answer_with(any, preflight("https://evil.example")).await;
    assert_eq!(any.header("access-control-allow-origin"), Some("*"));
    assert_eq!(any.header("access-control-allow-credentials"), None);

    let none = answer(preflight("https://app.example.org")).await;
    assert_eq!(none.header("access-control-allow-origin"), None);
}
