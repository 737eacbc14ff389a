//! The caller's own user.
//!
//! | route | who | answer |
//! |---|---|---|
//! | `GET /api/user` | whoever has a valid token | 200 with the user and that token |
//! | `PUT /api/user` | the same | 200 with the user as changed, and that token |
//!
//! The answers hold a token, so nobody may keep them. Their `ETag` serves `If-None-Match` and, for the
//! change of what was seen and nothing else, `If-Match`.
//!
//! Errors: 401 without a valid token, also when its user is no more; 412 when the user is not as
//! `If-Match` says; 409 with the address and the name that another user has; 422 with every field that
//! breaks a rule, or for a change of nothing; 503 while the database is busy.
//!
//! What `articles` caches shows users, so a change of what others see makes `shared::cache` forget it.
//!
//! Verifies tokens and never signs, so it is granted public keys alone. It hashes a password only
//! when one is changed.

mod model;
mod routes;
mod store;

use conduit::{RealWorld, TokenScheme};
use shared::conditional::NoStore;
use shared::openapi::Operations;
use shared::problem::Extended;

fn operations() -> Operations {
    shared::operations![routes::show, routes::update]
        .layer(Extended(RealWorld))
        .layer(TokenScheme)
        .layer(NoStore)
        .layer(shared::cache::layer())
        .layer(shared::identity::layer(migrations::ALL))
}

shared::function!(operations);
