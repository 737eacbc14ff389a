//! Whether an instance lives, and whether the stores it depends on answer: the whole of a function
//! `health`, which adds the application's migrations.
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

use crate::db::Migration;
use crate::openapi::Operations;

/// The two operations, on the database that has `migrations`.
///
/// ```
/// # mod migrations { pub const ALL: &[shared::db::Migration] = &[]; }
/// use shared::openapi::Operations;
///
/// fn operations() -> Operations {
///     shared::health::operations(migrations::ALL)
/// }
///
/// shared::function!(operations);
/// # fn main() {}
/// ```
#[must_use]
pub fn operations(migrations: &'static [Migration]) -> Operations {
    crate::operations![routes::live, routes::ready]
        .layer(crate::conditional::NoStore)
        .layer(crate::db::layer(migrations))
}
