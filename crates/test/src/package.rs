//! The package whose tests run.

use std::path::{Path, PathBuf};

/// Its folder, which cargo tells test programs; without cargo, the folder that the program runs in.
pub(crate) fn folder() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from("."), PathBuf::from)
}

/// A path as tests write it: from the package's folder, wherever the program runs.
pub(crate) fn resolve(path: &Path) -> PathBuf {
    folder().join(path)
}
