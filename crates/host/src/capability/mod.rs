//! What a component can ask of its host: stores, variables, outbound HTTP.

mod outbound_http;
mod variables;

use std::sync::Arc;

use jenny_stores::Stores;

pub use outbound_http::{
    NoOutboundHttp, OutboundHttp, OutboundIo, OutboundRequest, OutboundResponse,
};
pub use variables::{VariableError, Variables};

/// The capabilities of one application: what its components' imports are connected to.
///
/// Cloning is cheap, and clones share the same stores.
#[derive(Clone)]
pub struct Capabilities {
    /// Stores on this machine and on the network.
    pub stores: Stores,
    /// The values of each component's variables.
    pub variables: Arc<dyn Variables>,
    /// Requests that leave the application. Local service chaining never comes here.
    pub outbound_http: Arc<dyn OutboundHttp>,
}

impl std::fmt::Debug for Capabilities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Capabilities").finish_non_exhaustive()
    }
}
