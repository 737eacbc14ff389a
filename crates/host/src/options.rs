//! How an application is run.

use std::path::PathBuf;
use std::sync::Arc;

use jenny_client_address::TrustedProxies;

use crate::clock::Clock;
use crate::limits::Limits;
use crate::logs::LogSink;
use crate::observer::Observer;
use jenny_manifest::runtime_config::BlockedNetworks;

/// How an application is run.
#[derive(Clone, Default)]
pub struct AppOptions {
    /// Bounds on time, memory and concurrency.
    pub limits: Limits,
    /// Where components' output is kept, one file for each stream; `None` keeps none. Spin's
    /// place is `.spin/logs` beside the manifest.
    pub log_directory: Option<PathBuf>,
    /// Do not repeat components' output on the terminal.
    pub quiet: bool,
    /// Receives every line that components print.
    pub log_sink: Option<Arc<dyn LogSink>>,
    /// Environment variables for all components. They win over the manifest's.
    pub environment: Vec<(String, String)>,
    /// Networks that no socket of a component may reach. Requests over HTTP are checked by
    /// [`HttpClient`](crate::HttpClient).
    pub blocked_networks: BlockedNetworks,
    /// The proxies whose word on a client's address counts, for the share of each client.
    pub trusted_proxies: TrustedProxies,
    /// The time that components see and wait by; `None` is the system's.
    pub clock: Option<Arc<dyn Clock>>,
    /// Makes what components draw from `wasi:random` follow from this number, the secure kind
    /// included. For tests alone: keys and passwords that come of it can be foretold.
    pub random_seed: Option<u64>,
    /// Lets capabilities ask on whose behalf they are called ([`Caller`](crate::Caller)). It costs
    /// some time at every call of the host.
    pub attribute_calls: bool,
    /// Is told what becomes of instances; `None` costs nothing.
    pub observer: Option<Arc<dyn Observer>>,
}

impl std::fmt::Debug for AppOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppOptions")
            .field("limits", &self.limits)
            .field("log_directory", &self.log_directory)
            .field("quiet", &self.quiet)
            .field(
                "environment",
                &self.environment.iter().map(|(k, _)| k).collect::<Vec<_>>(),
            )
            .finish_non_exhaustive()
    }
}
