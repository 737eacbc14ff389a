//! Component tests: one module for each function, named after it, and one for each thing that
//! concerns them all. `build.rs` lists them; nothing has to be registered here.

use jenny_test::{TestApp, TestAppBuilder};

/// The application, on the store that this target tests.
pub(crate) fn app() -> TestAppBuilder {
    TestApp::builder()
}

include!(concat!(env!("OUT_DIR"), "/it.rs"));
