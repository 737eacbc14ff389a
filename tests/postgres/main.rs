//! The component tests of `it`, on Postgres. Where there is no server they print `skipped: …` and succeed, or
//! fail if the variable `JENNY_REQUIRE_POSTGRES` is `1`.

use jenny_test::{Store, TestApp, TestAppBuilder};

/// The store that this target tests.
pub(crate) const STORE: Store = Store::Postgres;

/// The application, on the store that this target tests.
pub(crate) fn app() -> TestAppBuilder {
    TestApp::builder().on(STORE)
}

include!(concat!(env!("OUT_DIR"), "/it.rs"));
