//! The tags that articles have.
//!
//! | route | who | answer |
//! |---|---|---|
//! | `GET /api/tags` | anyone | 200 with the tags in use, the most used first, then by name |
//!
//! At most 1,000 tags are listed. An unused tag is none: one whose last article went is not listed.
//! A token is not looked at, since the answer is the same for everybody: it comes from `shared::cache`,
//! which `articles` makes forget it.
//!
//! Errors: 503 while the database is busy.

mod model;
mod routes;
mod store;

use conduit::RealWorld;
use shared::openapi::Operations;
use shared::problem::Extended;

fn operations() -> Operations {
    shared::operations![routes::list]
        .layer(Extended(RealWorld))
        .layer(shared::cache::layer())
        .layer(shared::db::layer(migrations::ALL))
}

shared::function!(operations);
