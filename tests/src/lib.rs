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
//! app.post("/api/users/login")
//!     .json(&json!({ "user": { "email": "nobody@example.com", "password": "wrong-password" } }))
//!     .send()
//!     .await
//!     .assert_status(401)
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
mod builder;
mod database;
mod fault;
mod key_value_fault;
mod mint;
mod output;
mod record;
mod request;
mod response;

pub use app::TestApp;
pub use builder::TestAppBuilder;
pub use database::{Session, Store};
pub use fault::FAULT;
pub use mint::Mint;
pub use request::TestRequest;
pub use response::TestResponse;
