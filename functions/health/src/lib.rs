//! Whether this instance lives, and whether the stores it depends on answer.
//!
//! | route | who may call | answers |
//! |---|---|---|
//! | `GET /health/live` | anyone | 200, from memory: a probe that fails means "restart me" |
//! | `GET /health/ready` | anyone | 200 when every store answers, else 503 naming those that do not: "send me no traffic" |
//!
//! Neither says more than names and verdicts: causes go to the log.

mod model;
mod routes;
mod store;

use shared::openapi::Operations;

fn operations() -> Operations {
    shared::operations![routes::live, routes::ready]
        .layer(shared::conditional::NoStore)
        .layer(shared::db::layer(migrations::ALL))
}

shared::function!(operations);
