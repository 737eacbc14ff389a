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
//!     #[utoipa::path(
//!         get,
//!         path = "/hello/{name}",
//!         operation_id = "Greet",
//!         tag = "Greetings",
//!         params(("name" = String, Path, description = "Whom to greet.")),
//!         responses((status = OK, description = "The greeting."))
//!     )]
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
//! [`function!`](crate::function) then holds the checked-in description, `openapi.json` in the
//! function's folder, against the code in a unit test. `UPDATE_OPENAPI=1` has the test write it:
//!
//! ```sh
//! UPDATE_OPENAPI=1 cargo test --workspace --lib openapi_json
//! ```
//!
//! What an operation can answer beside that, [`NotFound`] or [`Forbidden`] for example, stands among
//! its `responses`, by name. Problems are described once, here.
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
    answer::{Answer, Created},
    describe::{Describe, Description},
    handler::{Checked, Described},
    operations::{Function, Operations},
    problems::{
        Conflict, Forbidden, NotAcceptable, NotFound, Unauthorized, Unavailable, Validation,
    },
    text::{LINES, ONE_LINE, Text},
};
#[cfg(not(target_arch = "wasm32"))]
pub use self::{document::About, snapshot::verify};
