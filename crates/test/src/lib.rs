//! Tests compiled components in process.
//!
//! [`TestApp`] runs the components of a Spin manifest, the very files that ship, on `jenny-host`,
//! with stores of its own: nothing that one test writes is seen by another, so tests run in
//! parallel and in any order.
//!
//! ```no_run
//! use jenny_test::TestApp;
//! use serde_json::json;
//!
//! # async fn example() {
//! let app = TestApp::new().await;
//! app.post("/api/notes")
//!     .json(&json!({ "text": "" }))
//!     .send()
//!     .await
//!     .assert_status(422)
//!     .assert_header("content-type", "application/problem+json");
//! # }
//! ```
//!
//! The same tests run on SQLite and on Postgres ([`Store`]), where each application has a database of
//! its own, copied from one that was migrated once.
//!
//! Components that are missing or older than their sources are built before the first test of a
//! process runs; `cargo jenny test` builds them once for all processes instead.

mod app;
mod bleed;
mod budget;
mod builder;
mod clock;
mod database;
mod draw;
mod every_call;
mod examples;
mod failure;
mod fault;
mod interpose;
mod ledger;
mod leftovers;
mod mint;
mod outbound;
mod output;
mod package;
mod request;
mod response;
mod settle;
mod stores;
mod template;
mod watch;

pub use app::TestApp;
pub use bleed::{Client, Mingled, StateBleed};
pub use budget::{Budgets, Cost, Turn};
pub use builder::TestAppBuilder;
pub use clock::TestClock;
pub use database::{Session, Store};
pub use every_call::{Checked, EveryCall, Hit, Mishap};
pub use examples::Examples;
pub use expect_test::{Expect, expect};
pub use failure::GuestFailure;
pub use fault::{FAULT, Fault, Odd};
pub use jenny_host::{FailureKind, HttpError, RequestTag};
pub use jiff::Timestamp;
pub use ledger::{
    Call, Calls, HostCall, KeyValueCall, MqttCall, Outcome, RedisCall, SqlCall, SqlKind, SqlValue,
};
pub use mint::Mint;
pub use outbound::{Answer, Expectation, Outbound, SentRequest};
pub use request::{BodySender, NotTaken, RunningRequest, Sending, SendingHead, TestRequest};
pub use response::{BrokenBody, Snapshot, StreamingResponse, TestResponse};
pub use template::Preparation;

/// The guide, whose examples are compiled and run as this crate's own.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/testing.md")]
struct Guide;
