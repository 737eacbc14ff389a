//! A read-through cache around any async loader.
//!
//! ```
//! use axum::Json;
//! use serde::{Deserialize, Serialize};
//! use shared::cache::{Cache, Cached, Key, Policy};
//! use shared::db::{Db, DbError};
//! use shared::problem::Problem;
//!
//! #[derive(Serialize, Deserialize)]
//! struct Tags { tags: Vec<String> }
//!
//! const TAGS: Policy = Policy::seconds(60).stale_while_revalidate_seconds(60);
//!
//! async fn load(db: &Db) -> Result<Tags, DbError> {
//!     Ok(Tags { tags: Vec::new() })
//! }
//!
//! async fn list(cache: Cache, db: Db) -> Result<Json<Cached<Tags>>, Problem> {
//!     let key = Key::public("tags", "all").tagged("tags");
//!     let tags = cache.get_or_load(key, &TAGS, async move || load(&db).await).await?;
//!     Ok(Json(tags))
//! }
//!
//! async fn create(cache: Cache, db: Db) -> Result<(), Problem> {
//!     // … write and commit …
//!     cache.invalidate_tags(&["tags"]).await;
//!     Ok(())
//! }
//!
//! # let _: axum::Router = axum::Router::new()
//! #     .route("/", axum::routing::get(list).post(create))
//! #     .layer(shared::cache::layer());
//! ```
//!
//! # Levels
//!
//! An instance's own memory comes first, bounded in entries and bytes; the least recently used goes.
//! The key-value store `default`, which all instances share, comes second. It forgets nothing by
//! itself, so entries carry their times, lie in a fixed number of places, and an instance writes few
//! of them at a time, after the answer. What is not there, and what is one caller's own, stays in
//! memory.
//!
//! # How stale an answer may be
//!
//! Each tag has a generation in the store: a random number that a write replaces, between its commit
//! and its answer. An entry remembers the generations that its tags had before its load began, and
//! is served while they are the same. So a load that raced with a write is never taken for fresh.
//! After a write was answered, what it changed is served no more
//!
//! - by the instance that wrote: from that moment on, whatever the store does;
//! - by others: after [`Policy::unchecked_milliseconds`], for which an instance does not ask the
//!   store again. It is zero unless a policy says otherwise: every lookup asks;
//! - where the store lost the invalidation, as it failed or the request was dropped between commit
//!   and answer, and where something else than this backend wrote: after the policy's seconds and
//!   its seconds of stale-while-revalidate, together.
//!
//! This holds for a store in which a write is seen by reads that begin after it. Replicas that lag
//! add their lag.
//!
//! An instance that cannot ask the store loads anew.

mod engine;
mod entry;
mod flight;
mod handle;
mod invalidations;
mod json_text;
mod key;
mod memory;
mod platform;
mod policy;
mod second_level;
mod spin;
mod status;

#[cfg(test)]
mod tests;

pub use self::{
    engine::Cacheable,
    handle::{Cache, CacheLayer, CacheService, Cached, layer},
    json_text::JsonText,
    key::Key,
    policy::Policy,
};
