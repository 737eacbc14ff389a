//! Component tests: one module for each function, named after it, and one for each thing that
//! concerns them all. `build.rs` lists them; nothing has to be registered here.

use jenny_test::{Store, TestApp, TestAppBuilder};

/// The store that the tests run on.
pub(crate) const STORE: Store = Store::Sqlite;

/// The application, on that store.
pub(crate) fn app() -> TestAppBuilder {
    TestApp::builder().on(STORE)
}

include!(concat!(env!("OUT_DIR"), "/it.rs"));
