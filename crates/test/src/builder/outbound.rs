//! What becomes of requests that leave the application.

use std::sync::Arc;

use jenny_host::HttpClient;
use jenny_host::capability::OutboundHttp;

use crate::builder::TestAppBuilder;
use crate::outbound::Outbound;

impl TestAppBuilder {
    /// Says what requests to the outside are expected, before the application begins:
    /// [`TestApp::outbound`](crate::TestApp::outbound) says it afterwards.
    ///
    /// ```no_run
    /// # use jenny_test::TestApp;
    /// # async fn example() {
    /// let app = TestApp::builder()
    ///     .outbound(|outbound| {
    ///         outbound.get("https://keys.example.com/jwks").body("{}");
    ///     })
    ///     .build()
    ///     .await;
    /// # }
    /// ```
    #[must_use]
    pub fn outbound(self, expect: impl FnOnce(&Outbound)) -> Self {
        expect(&self.outbound);
        self
    }

    /// Sends what nobody expects over the network, as `jenny up` does.
    #[must_use]
    pub fn real_outbound_http(self) -> Self {
        self.outbound_http(Arc::new(HttpClient::default()))
    }

    /// Hands what nobody expects to this client.
    #[must_use]
    pub fn outbound_http(self, client: Arc<dyn OutboundHttp>) -> Self {
        self.outbound.otherwise_to(client);
        self
    }
}
