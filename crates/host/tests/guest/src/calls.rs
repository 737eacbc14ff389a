//! Calls the host again and again, and says in each call for which request.

use std::fmt::Display;

use spin_sdk::http::get;

use crate::stores::spin::variables::variables;
use crate::stores::wasi::config::store as config;

/// Asks for `async_<name>` beside other requests, for `sync_<name>` while nothing else of the
/// instance runs, and the world for `/<name>`, three times over.
pub(crate) async fn of(name: impl Display) -> &'static str {
    for _ in 0..3 {
        _ = variables::get(format!("async_{name}")).await;
        _ = config::get(&format!("sync_{name}"));
        _ = get(&format!("http://world.example/{name}")).await;
    }
    "called"
}

/// Makes one call only, of the kind that `what` begins with.
pub(crate) async fn one(what: &str) -> &'static str {
    match what.split_once('_') {
        Some(("async", _)) => _ = variables::get(what.to_owned()).await,
        Some(("sync", _)) => _ = config::get(what),
        _ => _ = get(&format!("http://world.example/{what}")).await,
    }
    "called"
}
