//! Why a component cannot be loaded.

use std::io;

/// Why a component cannot be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ComponentError {
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
    /// It is no WebAssembly component.
    #[error("is not a WebAssembly component that this host can compile: {0}")]
    Invalid(String),
    /// It imports an interface that the host does not have.
    #[error("imports {0}, which this host does not provide yet")]
    UnknownImport(String),
    /// It imports an interface that looks different here.
    #[error("does not fit this host: {0}")]
    Mismatch(String),
    /// It does not answer HTTP requests.
    #[error("exports neither wasi:http/handler@0.3 nor wasi:http/incoming-handler@0.2")]
    NotHttp,
}

impl ComponentError {
    #[expect(clippy::needless_pass_by_value, reason = "it is passed to `map_err`")]
    pub(crate) fn invalid(error: wasmtime::Error) -> Self {
        Self::Invalid(format!("{error:#}"))
    }

    /// wasmtime tells a missing interface only in words.
    pub(crate) fn cannot_link(error: &wasmtime::Error) -> Self {
        let text = format!("{error:#}");
        if text.contains("was not found in the linker")
            && let Some((_, rest)) = text.split_once("component imports instance `")
            && let Some((interface, _)) = rest.split_once('`')
        {
            return Self::UnknownImport(interface.to_owned());
        }
        Self::Mismatch(text)
    }
}
