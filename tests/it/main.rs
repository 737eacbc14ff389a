//! Component tests: one module for each function, named after it, and one for each thing that
//! concerns them all. `build.rs` lists them; nothing has to be registered here.
//!
//! The target `postgres` has the same modules: a test that makes its application by [`app`] holds
//! on both stores.

use jenny_test::{Store, TestApp, TestAppBuilder};

/// The store that this target tests.
pub(crate) const STORE: Store = Store::Sqlite;

/// The application, on the store that this target tests.
pub(crate) fn app() -> TestAppBuilder {
    TestApp::builder().on(STORE)
}

include!(concat!(env!("OUT_DIR"), "/it.rs"));
