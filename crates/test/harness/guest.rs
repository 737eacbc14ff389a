//! The component of the host's own tests, which does what its path says.

use jenny_test::{TestApp, TestAppBuilder};

/// An application of that component alone, which may reach all of `example.com`.
pub(crate) fn builder() -> TestAppBuilder {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/harness/guest/spin.toml");
    TestApp::builder().manifest(manifest)
}

pub(crate) async fn app() -> TestApp {
    builder().build().await
}
