//! The same application without the harness around it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use http::uri::Scheme;
use http::{Request, header};
use http_body_util::{BodyExt as _, Empty};
use jenny_host::capability::{Capabilities, NoOutboundHttp};
use jenny_host::{App, AppOptions, Origin, Runtime, RuntimeOptions};
use jenny_manifest::Manifest;
use jenny_manifest::variables::{Resolver, VariableProvider};
use jenny_stores::Stores;

/// The host alone, with stores in memory.
pub(crate) struct Bare(App);

impl Bare {
    pub(crate) async fn new() -> Self {
        let workspace = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spin.toml");
        let manifest = Manifest::load(workspace.as_ref()).expect("the manifest can be read");
        let variables = VariableProvider::fixed([] as [(String, String); 0]);
        let resolver = Resolver::new(&manifest, &[variables]).expect("the variables are right");
        let capabilities = Capabilities {
            stores: Stores::in_memory(&manifest).expect("the stores can be made"),
            variables: Arc::new(resolver.clone()),
            outbound_http: Arc::new(NoOutboundHttp),
        };
        let runtime = Runtime::new(&RuntimeOptions::default()).expect("wasmtime works here");
        let options = AppOptions {
            quiet: true,
            ..AppOptions::default()
        };
        let app = App::load(&runtime, manifest, resolver, capabilities, options, |_| ())
            .await
            .expect("the application can be loaded");
        Self(app)
    }

    pub(crate) async fn get(&self, path: &str) {
        let request = Request::get(path)
            .header(header::HOST, "localhost:3000")
            .body(Empty::new().map_err(|never| match never {}).boxed_unsync())
            .expect("a request");
        let origin = Origin {
            scheme: Scheme::HTTP,
            peer: SocketAddr::from((Ipv4Addr::LOCALHOST, 50_000)),
            local: SocketAddr::from((Ipv4Addr::LOCALHOST, 3000)),
        };
        let (head, body) = self.0.handle(request, origin).await.into_parts();
        body.collect().await.expect("the answer is whole");
        assert!(head.status.is_success());
    }
}
