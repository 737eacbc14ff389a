//! Greets on behalf of hello.
//!
//! | route | who | answer |
//! |---|---|---|
//! | `GET /hello` | anyone | 200 with a greeting |
//!
//! The query's `name`, of 1 to 64 characters, is who is greeted.
//!
//! Errors: 422 for a name that breaks a rule.

mod model;
mod routes;

use shared::openapi::Operations;

fn operations() -> Operations {
    shared::operations![routes::greet]
}

shared::function!(operations);
