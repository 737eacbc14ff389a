//! HTTP requests that leave the application.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::BoxFuture;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

/// A request that a component sends to another host. The allowlist has been checked.
pub struct OutboundRequest {
    /// The id of the component that sends it.
    pub component: Arc<str>,
    /// The request, with an absolute URI.
    pub request: http::Request<WasiBody>,
    /// Time-outs that the component asked for.
    pub options: Option<RequestOptions>,
}

/// The part of an exchange that goes on after the response's head: sending the rest of the
/// request, driving the connection. It is polled for as long as the exchange lasts.
pub type OutboundIo = BoxFuture<'static, Result<(), Error>>;

/// The answer to an [`OutboundRequest`].
pub struct OutboundResponse {
    /// The response; its body may still be arriving.
    pub response: http::Response<WasiBody>,
    /// Drives what is left of the exchange.
    pub io: OutboundIo,
}

/// Sends requests on behalf of components.
#[async_trait]
pub trait OutboundHttp: Send + Sync {
    /// Sends a request and waits for the head of its response.
    ///
    /// # Errors
    ///
    /// The `error-code` of `wasi:http` that the component is to see.
    async fn send(&self, request: OutboundRequest) -> Result<OutboundResponse, Error>;
}

/// Refuses every request, for applications and tests that have no business outside.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoOutboundHttp;

#[async_trait]
impl OutboundHttp for NoOutboundHttp {
    async fn send(&self, _request: OutboundRequest) -> Result<OutboundResponse, Error> {
        Err(Error::HttpRequestDenied)
    }
}
