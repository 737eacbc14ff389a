//! The same over HTTP/1.1 on one connection that is kept.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use jenny_host::server::{self, ServerOptions};

use crate::operation::Sent;
use crate::world::World;

/// A client of a world's server.
pub(crate) struct Socket {
    base: String,
    agent: ureq::Agent,
}

impl Socket {
    /// Serves a world for as long as the process lives.
    pub(crate) async fn open(world: &World) -> Self {
        let address = (Ipv4Addr::LOCALHOST, 0).into();
        let listener = server::bind(address).await.expect("there is a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let app = world.app.clone();
        let options = ServerOptions::default();
        tokio::spawn(server::serve(
            listener,
            app,
            options,
            std::future::pending::<()>(),
        ));
        Self {
            base,
            agent: ureq::Agent::new_with_defaults(),
        }
    }

    /// Sends one request and says how long the answer took.
    pub(crate) fn run(&self, sent: Sent) -> Duration {
        let mut request = http::Request::builder()
            .method(sent.method)
            .uri(format!("{}{}", self.base, sent.path));
        if let Some(token) = &sent.token {
            request = request.header("authorization", format!("Token {token}"));
        }
        if sent.body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let start = Instant::now();
        let response = match sent.body {
            Some(body) => self.agent.run(request.body(body).expect("a request")),
            None => self.agent.run(request.body(()).expect("a request")),
        };
        let mut response = response.expect("the server answers with a success");
        response
            .body_mut()
            .read_to_vec()
            .expect("the answer is whole");
        start.elapsed()
    }
}
