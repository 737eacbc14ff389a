//! Conditions and cacheability, through the baseline.

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    response::Response,
    routing::get,
};
use http::{HeaderMap, Request, header, request::Builder};
use serde_json::json;
use tower::ServiceExt;

use super::{EntityTag, IfMatch, NoStore};
use crate::{
    config::CorsOrigins,
    problem::{Problem, RealWorld},
    service::{Baseline, baseline},
};

const LINK: (header::HeaderName, &str) = (header::LINK, "</api/tags?cursor=x>; rel=\"next\"");
const PUBLIC: (header::HeaderName, &str) = (header::CACHE_CONTROL, "public, max-age=2");

async fn update(if_match: IfMatch) -> Result<&'static str, Problem> {
    if_match.check_json(&json!({ "tags": [] }))?;
    Ok("changed")
}

fn router() -> Router {
    let conduit = Router::new()
        .route(
            "/api/tags",
            get(async || ([LINK], Json(json!({ "tags": [] })))).put(update),
        )
        .layer(RealWorld);
    Router::new()
        .merge(conduit)
        .route("/public", get(async || ([PUBLIC], "for all")))
        .route(
            "/broken",
            get(async || ([PUBLIC], Problem::not_found("No."))),
        )
        .route("/live", get(async || "alive").layer(NoStore))
        .route(
            "/stream",
            get(async || Body::from_stream(futures::stream::iter([Ok::<_, std::io::Error>("a")]))),
        )
}

async fn send(settings: Baseline, request: Builder) -> Response {
    let request = request.body(Body::empty()).expect("a request");
    baseline(router(), settings)
        .oneshot(request)
        .await
        .expect("routers are infallible")
}

async fn answer(request: Builder) -> Response {
    send(Baseline::default(), request).await
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().expect("text"))
}

async fn body(response: Response) -> Vec<u8> {
    to_bytes(response.into_body(), usize::MAX)
        .await
        .expect("is whole")
        .to_vec()
}

fn tags_tag() -> String {
    let tag = EntityTag::of(br#"{"tags":[]}"#).to_header();
    tag.to_str().expect("ASCII").to_owned()
}

#[tokio::test]
async fn get_and_head_have_the_same_tag_and_only_one_a_body() {
    let get = answer(Request::get("/api/tags")).await;
    let head = answer(Request::head("/api/tags")).await;
    for response in [&get, &head] {
        assert_eq!(response.status(), 200);
        let headers = response.headers();
        assert_eq!(text(headers, "etag"), Some(tags_tag().as_str()));
        assert_eq!(text(headers, "content-length"), Some("11"));
        assert_eq!(text(headers, "cache-control"), Some("private, no-cache"));
        assert_eq!(text(headers, "vary"), Some("authorization"));
    }
    assert_eq!(body(get).await, br#"{"tags":[]}"#);
    assert!(body(head).await.is_empty());
}

#[tokio::test]
async fn what_the_client_has_is_not_sent_again() {
    let tag = tags_tag();
    let known = [
        tag.clone(),
        format!("W/{tag}"),
        format!("\"other\", {tag}"),
        "*".to_owned(),
    ];
    for value in known {
        for method in ["GET", "HEAD"] {
            let request = Request::builder().method(method).uri("/api/tags");
            let response = answer(request.header("if-none-match", &value)).await;
            assert_eq!(response.status(), 304, "{value}");
            let headers = response.headers();
            assert_eq!(text(headers, "etag"), Some(tag.as_str()));
            assert_eq!(text(headers, "link"), Some(LINK.1));
            assert_eq!(text(headers, "cache-control"), Some("private, no-cache"));
            assert_eq!(text(headers, "vary"), Some("authorization"));
            assert_eq!(text(headers, "content-type"), None);
            assert!(headers.contains_key("x-request-id"));
            assert!(body(response).await.is_empty());
        }
    }
    for value in ["\"other\"", "nonsense", ""] {
        let request = Request::get("/api/tags").header("if-none-match", value);
        assert_eq!(answer(request).await.status(), 200, "{value}");
    }
}

#[tokio::test]
async fn an_update_is_refused_when_something_else_was_seen() {
    let tag = tags_tag();
    let put = || Request::put("/api/tags");
    assert_eq!(answer(put()).await.status(), 200);
    for value in [tag.as_str(), "*", &format!("\"other\",{tag}")] {
        let response = answer(put().header("if-match", value)).await;
        assert_eq!(response.status(), 200, "{value}");
    }
    // A weak tag never matches, as the comparison is strong, and an empty list names nothing.
    for value in ["\"other\"", &format!("W/{tag}"), ""] {
        let response = answer(put().header("if-match", value)).await;
        assert_eq!(response.status(), 412, "{value}");
        let problem = String::from_utf8(body(response).await).expect("UTF-8");
        assert!(
            problem.contains("/problems/precondition-failed"),
            "{problem}"
        );
    }
    for value in ["nonsense", "\"a\" \"b\""] {
        let response = answer(put().header("if-match", value)).await;
        assert_eq!(response.status(), 400, "{value}");
    }
}

#[tokio::test]
async fn a_read_of_something_else_is_refused_as_well() {
    let request = Request::get("/api/tags").header("if-match", "\"other\"");
    let response = answer(request).await;
    assert_eq!(response.status(), 412);
    assert_eq!(text(response.headers(), "cache-control"), Some("no-store"));
    assert_eq!(text(response.headers(), "etag"), None);
    let problem = String::from_utf8(body(response).await).expect("UTF-8");
    assert!(problem.contains("\"errors\":{\"body\":["), "{problem}");
}

#[tokio::test]
async fn only_what_may_be_kept_is_kept() {
    let public = answer(Request::get("/public")).await;
    assert_eq!(text(public.headers(), "cache-control"), Some(PUBLIC.1));
    assert_eq!(text(public.headers(), "vary"), Some("authorization"));

    for path in ["/broken", "/nowhere", "/live"] {
        let response = answer(Request::get(path)).await;
        let headers = response.headers();
        assert_eq!(text(headers, "cache-control"), Some("no-store"), "{path}");
        assert_eq!(text(headers, "vary"), None, "{path}");
        assert_eq!(headers.contains_key("etag"), path == "/live", "{path}");
    }
    for request in [Request::put("/api/tags"), Request::options("/api/tags")] {
        let response = answer(request).await;
        assert_eq!(text(response.headers(), "cache-control"), Some("no-store"));
        assert_eq!(text(response.headers(), "etag"), None);
    }
    let stream = answer(Request::get("/stream")).await;
    assert_eq!(text(stream.headers(), "etag"), None);
    assert_eq!(body(stream).await, b"a");
}

#[tokio::test]
async fn an_answer_that_depends_on_the_origin_says_so() {
    let settings = Baseline {
        cors_origins: CorsOrigins::parse("https://app.example.org").expect("an origin"),
        ..Baseline::default()
    };
    let request = Request::get("/api/tags")
        .header("origin", "https://app.example.org")
        .header("if-none-match", "*");
    let response = send(settings, request).await;
    assert_eq!(response.status(), 304);
    let vary = text(response.headers(), "vary").expect("varies");
    assert!(
        vary.contains("origin") && vary.ends_with("authorization"),
        "{vary}"
    );
    assert_eq!(response.headers().get_all("vary").iter().count(), 1);
    assert_eq!(
        text(response.headers(), "access-control-allow-origin"),
        Some("https://app.example.org")
    );
}
