//! The calls of one request, from its answer.

use std::sync::Arc;

use jenny_host::RequestTag;

use super::{Calls, Ledger};
use crate::response::TestResponse;

/// Where the calls of a request are to be found: an extension of its answer.
#[derive(Clone)]
pub(crate) struct CallsOfRequest {
    ledger: Arc<Ledger>,
    request: RequestTag,
}

impl CallsOfRequest {
    pub(crate) fn new(ledger: Arc<Ledger>, request: RequestTag) -> Self {
        Self { ledger, request }
    }
}

impl TestResponse {
    /// What components asked of their host so far on behalf of the request, in that order. Components
    /// that were asked by the first one are among them, and so is what happened after the answer.
    ///
    /// ```no_run
    /// # async fn example(app: jenny_test::TestApp) {
    /// let response = app.get("/api/notes").send().await;
    /// assert_eq!(response.calls().sql().len(), 1, "{}", response.calls());
    /// # }
    /// ```
    pub fn calls(&self) -> Calls {
        let CallsOfRequest { ledger, request } = &self.calls;
        let calls = ledger.calls(|call| call.request == Some(*request) || call.unattributed);
        calls.of_request(*request)
    }

    /// What the request is called among the application's [`calls`](crate::TestApp::calls).
    pub fn tag(&self) -> RequestTag {
        self.calls.request
    }
}
