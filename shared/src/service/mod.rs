//! The entry of a component, and the layers around every router.
//!
//! [`function!`](crate::function) exports a router as the component's HTTP handler. [`baseline`]
//! is what surrounds it; tests call it natively:
//!
//! ```
//! use axum::{Router, body::Body, routing::get};
//! use http::Request;
//! use shared::service::{Baseline, baseline};
//! use tower::ServiceExt;
//!
//! # async fn run() {
//! let router = Router::new().route("/hello", get(async || "Hello!"));
//! let service = baseline(router, Baseline::default());
//! let request = Request::post("/hello").body(Body::empty()).expect("a request");
//! let response = service.oneshot(request).await.expect("routers are infallible");
//! assert_eq!(response.status(), 405);
//! assert_eq!(response.headers()["content-type"], "application/problem+json");
//! # }
//! ```

mod baseline;
mod client_address;
mod cors;
mod entry;
mod request_id;
pub(crate) mod security_headers;
mod trace_context;

#[cfg(test)]
mod tests;

pub use self::{
    baseline::{Baseline, MAX_BODY_BYTES, baseline},
    client_address::ClientAddress,
    entry::{Entry, private},
    request_id::RequestId,
    trace_context::TraceContext,
};
