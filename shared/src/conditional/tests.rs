//! Conditions and cacheability, through the baseline.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    response::{IntoResponse, NoContent, Response},
    routing::{get, put},
};
use http::{HeaderMap, HeaderValue, Method, Request, header, request::Builder};
use serde_json::json;
use tower::ServiceExt;

use super::{EntityTag, NoStore, Preconditions, Version, Versioned};
use crate::{
    config::CorsOrigins,
    extract::Path,
    openapi::Function,
    problem::{Extended, Problem, testing::Summary},
    service::{Baseline, baseline},
};

const LINK: (header::HeaderName, &str) = (header::LINK, "</api/tags?cursor=x>; rel=\"next\"");
const PUBLIC: (header::HeaderName, &str) = (header::CACHE_CONTROL, "public, max-age=2");

fn version() -> Version {
    Version::of([b"tags", b"1"])
}

async fn show() -> impl IntoResponse {
    let tags = Json(json!({ "tags": [] }));
    ([LINK], Versioned::new(version(), tags))
}

async fn update(conditions: Preconditions) -> Result<Versioned<&'static str>, Problem> {
    conditions.check(Some(&version()))?;
    Ok(Versioned::new(version(), "changed"))
}

async fn create(conditions: Preconditions) -> Result<&'static str, Problem> {
    conditions.check(None)?;
    Ok("created")
}

const OWN: (header::HeaderName, &str) = (header::ETAG, "\"r7\"");

async fn update_own(conditions: Preconditions) -> Result<&'static str, Problem> {
    conditions.check_tag(EntityTag::parse(&HeaderValue::from_static(OWN.1)).as_ref())?;
    Ok("changed")
}

fn router() -> Router {
    let extended = Router::new()
        .route("/api/tags", get(show).put(update))
        .layer(Extended(Summary));
    Router::new()
        .merge(extended)
        .route("/public", get(async || ([PUBLIC], "for all")))
        .route(
            "/broken",
            get(async || ([PUBLIC], Problem::not_found("No."))),
        )
        .route("/new", put(create))
        .route("/own", get(async || ([OWN], "own")).put(update_own))
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
    let tag = EntityTag::of_version(&version(), br#"{"tags":[]}"#).to_header();
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

/// The status that a `PUT` with this header gets.
async fn put_with(path: &str, name: &str, value: &str) -> u16 {
    let response = answer(Request::put(path).header(name, value)).await;
    if response.status() == 412 {
        assert_eq!(text(response.headers(), "etag"), None);
    }
    response.status().as_u16()
}

#[tokio::test]
async fn an_update_is_refused_when_something_else_was_seen() {
    let tag = tags_tag();
    let response = answer(Request::put("/api/tags")).await;
    // Of what it left, in the representation that it shows.
    let left = EntityTag::of_version(&version(), b"changed").to_header();
    assert_eq!(response.headers()[header::ETAG], left);
    let left = left.to_str().expect("ASCII").to_owned();

    // Whatever else the caller was shown: of a tag, the version counts.
    let seen = ["*", &tag, &left, &format!("\"other\",{tag}")];
    for value in seen {
        assert_eq!(
            put_with("/api/tags", "if-match", value).await,
            200,
            "{value}"
        );
        assert_eq!(
            put_with("/api/tags", "if-none-match", value).await,
            412,
            "{value}"
        );
    }
    // A weak tag matches as the standard says for each, and an empty list names nothing.
    let weak = format!("W/{tag}");
    assert_eq!(put_with("/api/tags", "if-none-match", &weak).await, 412);
    let old = EntityTag::of_version(&Version::of([b"tags", b"0"]), b"").to_header();
    for value in ["\"other\"", "", &weak, old.to_str().expect("ASCII")] {
        assert_eq!(
            put_with("/api/tags", "if-match", value).await,
            412,
            "{value}"
        );
        if value != weak {
            assert_eq!(
                put_with("/api/tags", "if-none-match", value).await,
                200,
                "{value}"
            );
        }
    }
    for value in ["nonsense", "\"a\" \"b\""] {
        for name in ["if-match", "if-none-match"] {
            assert_eq!(put_with("/api/tags", name, value).await, 400, "{value}");
        }
    }
}

#[tokio::test]
async fn what_is_not_there_matches_nothing() {
    for value in ["*", "\"a\""] {
        assert_eq!(put_with("/new", "if-match", value).await, 412);
        assert_eq!(put_with("/new", "if-none-match", value).await, 200);
    }
}

#[tokio::test]
async fn a_handler_may_give_a_tag_of_its_own() {
    let response = answer(Request::get("/own")).await;
    assert_eq!(text(response.headers(), "etag"), Some(OWN.1));
    let known = answer(Request::get("/own").header("if-none-match", OWN.1)).await;
    assert_eq!(known.status(), 304);
    let other = answer(Request::get("/own").header("if-match", "\"r6\"")).await;
    assert_eq!(other.status(), 412);
    assert_eq!(text(other.headers(), "etag"), None);
    for (name, value, status) in [
        ("if-match", OWN.1, 200),
        ("if-match", "W/\"r7\"", 412),
        ("if-match", "\"r6\"", 412),
        ("if-none-match", OWN.1, 412),
        ("if-none-match", "W/\"r7\"", 412),
        ("if-none-match", "\"r6\"", 200),
    ] {
        assert_eq!(
            put_with("/own", name, value).await,
            status,
            "{name}: {value}"
        );
    }
}

/// How often a handler was called that knows of no conditions.
static PERFORMED: AtomicUsize = AtomicUsize::new(0);

mod routes {
    use super::*;

    #[utoipa::path(delete, path = "/all", responses((status = 204, description = "Gone.")))]
    pub(super) async fn remove_all() -> NoContent {
        PERFORMED.fetch_add(1, Ordering::Relaxed);
        NoContent
    }

    #[utoipa::path(
        delete,
        path = "/one/{id}",
        params(("id" = u8, Path)),
        responses((status = 204, description = "Gone."))
    )]
    pub(super) async fn remove(Path(_): Path<u8>) -> NoContent {
        PERFORMED.fetch_add(1, Ordering::Relaxed);
        NoContent
    }

    #[utoipa::path(
        put,
        path = "/one/{id}",
        params(("id" = u8, Path)),
        responses((status = OK, description = "Written."))
    )]
    pub(super) async fn write(
        Path(_): Path<u8>,
        conditions: Preconditions,
    ) -> Result<Versioned<Json<String>>, Problem> {
        conditions.check(Some(&version()))?;
        Ok(Versioned::new(version(), Json("written".to_owned())))
    }
}

#[tokio::test]
async fn what_knows_no_condition_does_nothing_under_one() {
    let operations = crate::operations![routes::remove_all, routes::remove, routes::write];
    let plain = Router::new()
        .route("/all", put(create).delete(routes::remove_all))
        .route("/one/{id}", put(update).delete(routes::remove));
    let routers = [operations.into_served(), plain.into_served()];
    for (router, evaluates) in routers.into_iter().zip([true, false]) {
        let service = baseline(router.layer(Extended(Summary)), Baseline::default());
        let send = async |method: Method, path: &str, name: &str, value: &str| {
            let request = Request::builder().method(method).uri(path);
            let request = request.header(name, value).body(Body::empty());
            let request = request.expect("a request");
            let response = service.clone().oneshot(request).await;
            response.expect("routers are infallible")
        };
        let before = PERFORMED.load(Ordering::Relaxed);
        for path in ["/all", "/one/7"] {
            for (name, value) in [
                ("if-match", "*"),
                ("if-match", "\"a\""),
                ("if-match", "nonsense"),
                ("if-none-match", "*"),
            ] {
                let response = send(Method::DELETE, path, name, value).await;
                assert_eq!(response.status(), 412, "{path} {name}: {value}");
                let problem = String::from_utf8(body(response).await).expect("UTF-8");
                assert!(problem.contains("\"summary\":{"), "{problem}");
            }
        }
        assert_eq!(PERFORMED.load(Ordering::Relaxed), before);
        // A tag that the resource does not have is no obstacle.
        for path in ["/all", "/one/7"] {
            let response = send(Method::DELETE, path, "if-none-match", "\"a\"").await;
            assert_eq!(response.status(), 204);
        }
        assert_eq!(PERFORMED.load(Ordering::Relaxed), before + 2);
        let write = send(Method::PUT, "/one/7", "if-match", &tags_tag()).await;
        assert_eq!(write.status(), if evaluates { 200 } else { 412 });
    }
}

#[tokio::test]
async fn what_is_no_success_anyway_is_answered_as_without_conditions() {
    let router = crate::operations![routes::remove_all, routes::remove].into_served();
    let service = baseline(router, Baseline::default());
    for (method, path, status) in [
        (Method::DELETE, "/one/many", 404),
        (Method::DELETE, "/nowhere", 404),
        (Method::POST, "/all", 405),
        (Method::OPTIONS, "/all", 204),
    ] {
        let request = Request::builder().method(method).uri(path);
        let request = request.header("if-match", "\"a\"").body(Body::empty());
        let request = request.expect("a request");
        let response = service.clone().oneshot(request).await;
        let response = response.expect("routers are infallible");
        assert_eq!(response.status(), status, "{path}");
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
    assert!(problem.contains("\"summary\":{"), "{problem}");
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
    for request in [Request::put("/new"), Request::options("/api/tags")] {
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
