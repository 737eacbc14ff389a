//! What every function of this backend is built from.
//!
//! | module | what it gives |
//! |---|---|
//! | [`problem`] | one error type, answered as RFC 9457 `application/problem+json` |
//! | [`extract`] | request bodies, queries and paths, parsed and validated |
//! | [`openapi`] | the description of a function's operations, made of its code |
//! | [`page`] | pages of long lists: limit, offset, cursor, `Link` |
//! | [`service`] | the entry of a component and the layers around every router |
//! | [`password`] | Argon2id hashes of passwords |
//! | [`token`] | Ed25519 access tokens and their keys |
//! | [`conditional`] | `ETag`, `If-None-Match`, `If-Match`, `Cache-Control`, `Vary` |
//! | [`cache`] | a read-through cache around any async loader |
//! | [`caller`] | the extractor for who is calling |
//! | [`accounts`] | registering, signing in, changing what identifies an account |
//! | [`identity`] | user ids, e-mail addresses and usernames |
//! | [`db`] | portable SQL, typed rows, transactions, migrations |
//! | [`docs`] | the function that describes the application |
//! | [`health`] | the function that says whether an instance lives and its stores answer |
//! | [`config`] | typed settings from Spin variables |
//! | [`log`] | JSON logs with request id and trace context, secrets redacted |
//! | [`time`] | the clock |
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

pub mod accounts;
pub mod cache;
pub mod caller;
pub mod conditional;
pub mod config;
pub mod db;
pub mod docs;
pub mod extract;
pub mod health;
pub mod identity;
pub mod log;
pub mod openapi;
pub mod page;
pub mod password;
pub mod problem;
pub mod service;
pub mod time;
pub mod token;

#[doc(hidden)]
pub use service::private as __private;
