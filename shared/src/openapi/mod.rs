//! The description of a function's operations (OpenAPI 3.1), made of the code that answers them.
//!
//! A handler carries `#[utoipa::path]` with what its types cannot say: method, path, name and words.
//! The rest is taken from them. Each argument and the answer [describes](Describe) itself: a
//! [`Caller`](crate::caller::Caller) brings the security schemes and the 401, a
//! [`LenientJson`](crate::extract::LenientJson) the request's schema and the 400, 413, 415 and 422,
//! the answer its status and schema. [`operations!`](crate::operations) makes the router from the
//! same attributes, so that no route is left out and none is made up.
//!
//! ```
//! mod routes {
//!     use axum::Json;
//!     use shared::extract::Path;
//!
//!     /// Greet somebody
//!     ///
//!     /// In English.
//!     #[utoipa::path(get, path = "/hello/{name}")]
//!     pub async fn greet(Path(name): Path<String>) -> Json<String> {
//!         Json(format!("Hello, {name}!"))
//!     }
//! }
//!
//! use shared::openapi::Operations;
//!
//! fn operations() -> Operations {
//!     shared::operations![routes::greet]
//! }
//!
//! shared::function!(operations);
//! # fn main() {}
//! ```
//!
//! The comment is the operation's summary and description. Its id is made of the handler's name and the
//! function's, its tag of the function's, unless `operation_id` and `tag` say otherwise. `params` and
//! `responses` are for what types do not say: another text for an answer, or a problem beside those of the
//! extractors, such as [`Conflict`], by name. Each kind of problem is described once, here.
//!
//! [`function!`](crate::function) then holds the application's `openapi.json`, beside `spin.toml`, against the
//! code in a unit test, and `cargo jenny openapi` writes it anew.
//!
//! Nothing of this is called in a component, so nothing of it is linked there but paths and methods.

mod answer;
mod describe;
mod handler;
mod operations;
mod problems;
mod text;

#[cfg(not(target_arch = "wasm32"))]
mod document;
#[cfg(not(target_arch = "wasm32"))]
mod headers;
#[cfg(not(target_arch = "wasm32"))]
mod operation;
#[cfg(not(target_arch = "wasm32"))]
mod snapshot;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
#[cfg(test)]
mod tests;

pub use self::{
    answer::{
        Answer, Created, Either, Found, MovedPermanently, PermanentRedirect, SeeOther,
        TemporaryRedirect,
    },
    describe::{Describe, Description, PathParameters},
    handler::{Checked, Described},
    operations::{Function, Operations, Transparent},
    problems::*,
    text::{LINES, ONE_LINE, PlainTextError, Text},
};
#[cfg(not(target_arch = "wasm32"))]
pub use self::{document::About, snapshot::verify};
