//! The logic of the cache, with a clock, a store and spawned work that the tests rule.

mod fake;
mod freshness;
mod handle;
mod sharing;
mod store;
