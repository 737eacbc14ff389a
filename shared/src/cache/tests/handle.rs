//! The cache as handlers and clients see it.

use axum::extract::Request;
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use http::{HeaderName, StatusCode, header};
use tower::ServiceExt;

use super::fake::{Instance, World};
use crate::cache::handle::{Cache, CacheLayer, Cached};
use crate::cache::{Key, Policy};
use crate::identity::UserId;
use crate::problem::Problem;
use crate::service::{Baseline, baseline};

const POLICY: Policy = Policy::seconds(30)
    .negative_seconds(5)
    .clients_seconds(2, 8);

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

async fn tags(cache: Cache, request: Request) -> Result<Json<Cached<String>>, Problem> {
    // A loader that looks at its caller although the key is public.
    let names = [header::AUTHORIZATION, header::COOKIE, API_KEY];
    let caller = format!("{:?}", names.map(|name| request.headers().get(name)));
    let load = async move || Ok::<_, Problem>(caller);
    let key = Key::public("tags", "all");
    Ok(Json(cache.get_or_load(key, &POLICY, load).await?))
}

async fn missing(cache: Cache) -> Result<Json<Cached<String>>, Problem> {
    let load = async || Ok::<_, Problem>(None);
    let found = cache
        .find_or_load(Key::public("article", "secret-name"), &POLICY, load)
        .await?;
    found.map(Json).ok_or_else(|| Problem::not_found("No."))
}

/// What [`missing`] looks for, made if need be.
async fn made(cache: Cache) -> Result<Json<Cached<String>>, Problem> {
    let key = Key::public("article", "secret-name");
    let load = async || Ok::<_, Problem>("made".to_owned());
    Ok(Json(cache.get_or_load(key, &POLICY, load).await?))
}

async fn own(cache: Cache) -> Result<Json<Cached<String>>, Problem> {
    let caller = UserId::from(uuid::Uuid::nil());
    let key = Key::for_caller(caller, "feed", "all");
    let load = async || Ok::<_, Problem>("mine".to_owned());
    Ok(Json(cache.get_or_load(key, &POLICY, load).await?))
}

async fn change(cache: Cache) -> StatusCode {
    cache.invalidate_tags(&["tags", "articles", "tags"]).await;
    StatusCode::NO_CONTENT
}

fn router(instance: &Instance) -> Router {
    let router = Router::new()
        .route("/tags", get(tags).put(change))
        .route("/missing", get(missing))
        .route("/made", get(made))
        .route("/own", get(own))
        .layer(CacheLayer::of(instance.engine.clone()).credentials(API_KEY));
    baseline(router, Baseline::default())
}

async fn send(router: &Router, request: http::request::Builder) -> Response {
    let request = request.body(axum::body::Body::empty()).unwrap();
    router.clone().oneshot(request).await.unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    let value = response.headers().get(name);
    value.map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn an_answer_for_everybody_says_so_and_where_it_came_from() {
    let router = router(&World::new().instance());
    let first = send(&router, Request::get("/tags")).await;
    let status = header(&first, "cache-status");
    assert!(
        status.starts_with("jenny; fwd=miss; stored; ttl="),
        "{status}"
    );
    let public = "public, max-age=2, stale-while-revalidate=8";
    assert_eq!(header(&first, "cache-control"), public);
    let vary = "cookie, x-api-key, authorization";
    assert_eq!(header(&first, "vary"), vary);
    assert!(first.headers().contains_key("etag"));

    let again = Request::head("/tags").header("if-none-match", header(&first, "etag"));
    let again = send(&router, again).await;
    assert_eq!(again.status(), 304);
    let status = header(&again, "cache-status");
    assert!(status.starts_with("jenny; hit; ttl=") && status.ends_with("; detail=memory"));
    assert_eq!(header(&again, "cache-control"), public);
}

#[tokio::test]
async fn a_request_with_credentials_has_nothing_to_do_with_the_shared_cache() {
    let router = router(&World::new().instance());
    for (name, token) in [
        ("authorization", "Bearer a"),
        ("authorization", "Basic b"),
        ("cookie", "session=c"),
        ("x-api-key", "d"),
    ] {
        let request = Request::get("/tags").header(name, token);
        let response = send(&router, request).await;
        assert_eq!(header(&response, "cache-status"), "jenny; fwd=bypass");
        assert_eq!(header(&response, "cache-control"), "private, no-cache");
        // Or a cache on the way would give it to one who has none.
        assert_eq!(
            header(&response, "vary"),
            "cookie, x-api-key, authorization"
        );
        let body = axum::body::to_bytes(response.into_body(), 1000)
            .await
            .unwrap();
        assert!(String::from_utf8_lossy(&body).contains(token));
    }
    let anonymous = send(&router, Request::get("/tags")).await;
    assert!(header(&anonymous, "cache-status").contains("fwd=miss"));
    let body = axum::body::to_bytes(anonymous.into_body(), 1000)
        .await
        .unwrap();
    assert_eq!(body, "\"[None, None, None]\"");
}

#[tokio::test]
async fn something_is_loaded_where_it_was_kept_that_there_is_nothing() {
    let router = router(&World::new().instance());
    for path in ["/missing", "/missing", "/made", "/missing"] {
        let response = send(&router, Request::get(path)).await;
        let status = header(&response, "cache-status");
        match path {
            "/made" => assert!(status.contains("fwd=stale; stored"), "{status}"),
            _ => assert!(status.contains("jenny; "), "{status}"),
        }
    }
    // What was loaded has taken the place.
    let found = send(&router, Request::get("/missing")).await;
    assert_eq!(found.status(), 200);
    assert!(header(&found, "cache-status").contains("; hit"));
}

#[tokio::test]
async fn what_is_not_there_and_what_is_ones_own_is_for_nobody_else_to_keep() {
    let router = router(&World::new().instance());
    for hit in [false, true] {
        let missing = send(&router, Request::get("/missing")).await;
        assert_eq!(missing.status(), 404);
        assert_eq!(header(&missing, "cache-control"), "no-store");
        assert_eq!(
            header(&missing, "cache-status").contains("; hit"),
            hit,
            "{missing:?}"
        );
        assert!(!header(&missing, "cache-status").contains("secret"));

        let own = send(&router, Request::get("/own")).await;
        assert_eq!(header(&own, "cache-control"), "private, no-cache");
        assert_eq!(header(&own, "cache-status").contains("; hit"), hit);
    }
    let change = send(&router, Request::put("/tags")).await;
    assert_eq!(change.status(), 204);
    assert_eq!(header(&change, "cache-status"), "");
}

#[tokio::test]
async fn a_router_without_a_cache_is_our_mistake() {
    let router = Router::new().route("/", get(change));
    let response = send(&baseline(router, Baseline::default()), Request::get("/")).await;
    assert_eq!(response.status(), 500);
}
