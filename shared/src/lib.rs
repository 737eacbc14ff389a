//! What every function of this backend is built from.
//!
//! | module | what it gives |
//! |---|---|
//! | [`problem`] | one error type, answered as RFC 9457 `application/problem+json` |
//! | [`extract`] | request bodies, queries and paths, parsed and validated |
//! | [`service`] | the entry of a component and the layers around every router |
//! | [`config`] | typed settings from Spin variables |
//! | [`log`] | JSON logs with request id and trace context, secrets redacted |
//!
//! A function is a router and one line:
//!
//! ```
//! use axum::{Router, routing::get};
//!
//! fn router() -> Router {
//!     Router::new().route("/hello", get(async || "Hello!"))
//! }
//!
//! shared::function!(router);
//! # fn main() {}
//! ```

pub mod config;
pub mod extract;
pub mod log;
pub mod problem;
pub mod service;

#[doc(hidden)]
pub use service::private as __private;
