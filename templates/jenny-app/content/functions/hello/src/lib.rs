//! Greets on behalf of hello.

mod model;
mod routes;

use shared::openapi::Operations;

fn operations() -> Operations {
    shared::operations![routes::greet]
}

shared::function!(operations);
