//! The component tests of `it`, on Postgres. Where no server is to be had they say `skipped: …` and
//! succeed, or fail if the variable `JENNY_REQUIRE_POSTGRES` is `1`.

mod server;

use jenny_test::{Store, TestApp, TestAppBuilder};

/// The store that this target tests.
pub(crate) const STORE: Store = Store::Postgres;

/// The application, on the store that this target tests, with its schema.
pub(crate) fn app() -> TestAppBuilder {
    TestApp::builder()
        .on(STORE)
        .prepared_by(|app| Box::pin(prepared::migrated(app)))
}

#[path = "../../../tests/it/coverage.rs"]
mod coverage;

include!(concat!(env!("OUT_DIR"), "/it.rs"));
