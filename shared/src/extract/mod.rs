//! Request bodies, queries and paths, parsed and validated; every failure is a
//! [`Problem`](crate::problem::Problem).
//!
//! ```
//! use serde::Deserialize;
//! use shared::extract::ValidJson;
//! use validator::Validate;
//!
//! #[derive(Deserialize, Validate)]
//! struct NewUser {
//!     #[validate(email)]
//!     email: String,
//!     #[validate(length(min = 8))]
//!     password: String,
//! }
//!
//! async fn register(ValidJson(user): ValidJson<NewUser>) -> String {
//!     user.email
//! }
//! ```
//!
//! A body with several faults is answered once, with all of them: wrong types, missing fields,
//! unknown fields (where those are refused) and broken rules, each at its JSON pointer.

mod decode;
mod document;
mod json;
mod media;
mod member;
mod parameters;
mod pointer;
mod rules;
mod strict;

pub use self::{
    json::{LenientJson, ValidJson},
    member::not_null,
    parameters::{Path, Query},
};
