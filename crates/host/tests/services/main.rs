//! Spin's interfaces to servers other than Postgres, called by a component, on real servers.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod mqtt;
mod mysql;
mod mysql_access;
mod redis;
mod redis_store;
#[path = "../support/mod.rs"]
mod support;
