//! Runs a Spin 4 HTTP application from its manifest, on wasmtime.
//!
//! A [`Runtime`] compiles components, an [`App`] is one `spin.toml` with its components loaded, and
//! [`server::serve`] puts an application behind a listener. Tests skip the listener and call
//! [`App::handle`].
//!
//! ```no_run
//! use std::path::Path;
//! use std::sync::Arc;
//!
//! use jenny_host::capability::Capabilities;
//! use jenny_manifest::Manifest;
//! use jenny_host::{App, AppOptions, Runtime, RuntimeOptions};
//!
//! # async fn run(
//! #     resolver: jenny_manifest::variables::Resolver,
//! #     capabilities: Capabilities,
//! # ) -> Result<(), Box<dyn std::error::Error>> {
//! let runtime = Runtime::new(&RuntimeOptions::default())?;
//! let manifest = Manifest::load(Path::new("spin.toml"))?;
//! // `resolver` knows the values of variables, `capabilities` holds the stores.
//! let app = App::load(
//!     &runtime,
//!     manifest,
//!     resolver,
//!     capabilities,
//!     AppOptions::default(),
//!     |progress| eprintln!("{progress:?}"),
//! )
//! .await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What a component may do, and for how long
//!
//! The manifest's grants are enforced by the bindings and by [`AppOptions::limits`]. A component
//! that traps, loops for ever or asks for too much memory costs the requests of its own instance:
//! they get a problem (RFC 9457) with status 500 or 504, and every other instance goes on.

mod admission;
mod answer;
mod app;
mod authority;
mod bindings;
mod body;
mod busy;
mod caller;
pub mod capability;
mod chain;
mod clock;
mod component_error;
mod engine;
mod entry;
mod exchange;
mod files;
mod fuel;
mod instance;
mod limits;
mod live;
mod load;
mod logs;
mod observer;
mod options;
mod origin;
mod outbound;
mod places;
mod problem;
mod randomness;
mod request;
pub mod server;
mod state;

pub use app::App;
pub use busy::Activity;
pub use caller::{Caller, HostTrap};
pub use clock::Clock;
pub use component_error::ComponentError;
pub use engine::{CompileCache, Runtime, RuntimeError, RuntimeOptions};
pub use jenny_client_address::TrustedProxies;
pub use limits::Limits;
pub use live::Live;
pub use load::{LoadError, LoadProgress};
pub use logs::{LogSink, LogStream, QueuedStderr, flush_log_files, flush_output};
pub use observer::{
    Failure, FailureKind, Frame, InstanceEnd, InstanceId, Observer, RequestTag, Usage,
};
pub use options::AppOptions;
pub use origin::Origin;
pub use outbound::HttpClient;

/// The body of a request or response, as wasmtime's HTTP machinery has it.
pub type Body = wasmtime_wasi_http::WasiBody;

/// What can go wrong with a request or a body: the `error-code` of `wasi:http`.
pub type HttpError = wasmtime_wasi_http::Error;

/// How long a component waits for what it sends a request to.
pub use wasmtime_wasi_http::RequestOptions;
