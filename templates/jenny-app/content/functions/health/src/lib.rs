//! Whether this instance lives, and whether the stores it depends on answer.
//!
//! | route | who may call | answers |
//! |---|---|---|
//! | `GET /health/live` | anyone | 200, from memory: a probe that fails means "restart me" |
//! | `GET /health/ready` | anyone | 200 when every store answers, else 503 naming those that do not: "send me no traffic" |
//!
//! The routes are [`shared::health`]'s.

use shared::openapi::Operations;

fn operations() -> Operations {
    shared::health::operations(migrations::ALL)
}

shared::function!(operations);
