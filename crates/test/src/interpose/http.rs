//! Requests to other hosts.

use async_trait::async_trait;
use jenny_host::HttpError;
use jenny_host::capability::{OutboundHttp, OutboundRequest, OutboundResponse};

use super::Interposed;
use crate::ledger::{HostCall, without_password};

#[async_trait]
impl OutboundHttp for Interposed<dyn OutboundHttp> {
    async fn send(&self, request: OutboundRequest) -> Result<OutboundResponse, HttpError> {
        let what = HostCall::Http {
            method: request.request.method().clone(),
            url: without_password(&request.request.uri().to_string()),
        };
        self.by.call(what, self.real.send(request)).await
    }
}
