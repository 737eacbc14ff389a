//! Requests that components send: to each other, to the application itself, to the world.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::FutureExt as _;
use http::uri::{PathAndQuery, Scheme, Uri};
use http::{Request, Response, header};
use http_body_util::BodyExt as _;
use tokio::sync::Semaphore;
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::sockets::SocketAddrUse;
use wasmtime_wasi_http::{Error, RequestOptions};

use crate::Body;
use crate::admission::MAX_PERMITS;
use crate::allowed_hosts::service_chaining_target;
use crate::capability::{OutboundHttp, OutboundIo, OutboundRequest, OutboundResponse};
use crate::instance::Component;
use crate::runtime_config::{BlockedNetworks, RuntimeConfig};

/// Refused destinations beyond this many are no longer logged: a component that makes up names
/// must fill neither the log nor the host's memory.
const MAX_LOGGED_REFUSALS: usize = 64;

/// Requests to this host are requests to the application itself, for SDKs that insist on one.
const SELF_HOST: &str = "self.alt";

/// Sends HTTP requests over the network: HTTP/1.1, with TLS for `https`, each on a connection of
/// its own. Certificates are checked against Mozilla's roots.
#[derive(Debug, Clone, Default)]
pub struct HttpClient {
    blocked: BlockedNetworks,
    connections: Option<Arc<Semaphore>>,
}

impl HttpClient {
    /// A client that keeps to the runtime configuration's `block_networks` and to its limits of
    /// connections.
    pub fn new(config: &RuntimeConfig) -> Self {
        let limits = [
            config.outbound_http.max_connections,
            config.max_total_connections,
        ];
        let limit = limits.into_iter().flatten().min();
        Self {
            blocked: config.blocked_networks.clone(),
            connections: limit.map(|limit| Arc::new(Semaphore::new(limit.min(MAX_PERMITS)))),
        }
    }

    /// Makes sure that the request's host is not in a blocked network.
    async fn check_address(&self, request: &mut Request<Body>) -> Result<(), Error> {
        if self.blocked.is_empty() {
            return Ok(());
        }
        let uri = request.uri().clone();
        let (Some(host), is_https) = (uri.host(), uri.scheme() == Some(&Scheme::HTTPS)) else {
            return Err(Error::HttpRequestUriInvalid);
        };
        let port = uri.port_u16().unwrap_or(if is_https { 443 } else { 80 });
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let mut addresses =
            tokio::net::lookup_host((host, port))
                .await
                .map_err(|_| Error::DnsError {
                    rcode: Some("address not available".to_owned()),
                    info_code: None,
                })?;
        let Some(address) = addresses.find(|address| !self.blocked.blocks(address.ip())) else {
            tracing::warn!("a request to {host} was refused: its address is in block_networks");
            return Err(Error::DestinationIpProhibited);
        };
        // The address that was checked is the one to connect to: asked again, the name could
        // lead elsewhere. With TLS the name is needed, and a certificate for it does the same.
        if !is_https {
            let mut parts = std::mem::take(request.uri_mut()).into_parts();
            parts.authority = address.to_string().parse().ok();
            *request.uri_mut() =
                Uri::from_parts(parts).map_err(|_| Error::HttpRequestUriInvalid)?;
        }
        Ok(())
    }
}

#[async_trait]
impl OutboundHttp for HttpClient {
    async fn send(&self, sent: OutboundRequest) -> Result<OutboundResponse, Error> {
        let OutboundRequest {
            mut request,
            options,
            ..
        } = sent;
        let permit = match &self.connections {
            Some(connections) => Arc::clone(connections).acquire_owned().await.ok(),
            None => None,
        };
        self.check_address(&mut request).await?;
        let (response, io) = wasmtime_wasi_http::default_send_request(request, options).await?;
        // The connection lasts as long as this future, which ends with it.
        let io = async move {
            let result = io.await;
            drop(permit);
            result
        };
        Ok(OutboundResponse {
            response: response.map(|body| body.boxed_unsync()),
            io: io.boxed(),
        })
    }
}

/// The destinations that a component was refused, each logged once.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<HashSet<String>>);

impl Refusals {
    /// Logs what to add to the manifest for `entry` to be allowed.
    fn note(&self, component: &Component, entry: &str) {
        let first = {
            let mut logged = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            logged.len() < MAX_LOGGED_REFUSALS && logged.insert(entry.to_owned())
        };
        if first {
            let id = &component.id;
            let sentence = format!(
                "component `{id}` was refused a request to {entry}: add \"{entry}\" to \
                 allowed_outbound_hosts under [component.{id}] in spin.toml"
            );
            tracing::warn!(component = %id, "{sentence}");
            component.logs.note(&sentence);
        }
    }
}

/// Where a request goes.
enum Destination {
    /// A component of the application, by id.
    Component(String),
    /// The application itself, through its routes.
    Application,
    World,
}

/// Sends `request` on behalf of `component`, if the manifest allows its destination.
pub(crate) async fn send(
    component: &Arc<Component>,
    mut request: Request<Body>,
    options: Option<RequestOptions>,
) -> Result<(Response<Body>, OutboundIo), Error> {
    let destination = destination(request.uri());
    check_allowed(component, request.uri(), &destination)?;
    // nginx refuses HTTP/2 requests with a `host` field, and HTTP/1.1 connections add their own.
    request.headers_mut().remove(header::HOST);
    let app = || component.app.upgrade().ok_or(Error::ConnectionTerminated);
    let response = match destination {
        Destination::World => {
            restore_host(&mut request)?;
            let id = Arc::clone(&component.id);
            let request = OutboundRequest {
                component: id,
                request,
                options,
            };
            let sent = component.capabilities.outbound_http.send(request).await?;
            return Ok((sent.response, sent.io));
        }
        Destination::Component(id) => app()?.handle_chained(&id, request).await,
        Destination::Application => {
            *request.uri_mut() = relative(request.uri());
            app()?.handle_own(request).await
        }
    };
    Ok((response, async { Ok(()) }.boxed()))
}

/// The `host` field is the host's to set: a component cannot choose one that differs from where
/// the request goes.
fn restore_host(request: &mut Request<Body>) -> Result<(), Error> {
    let authority = request
        .uri()
        .authority()
        .ok_or(Error::HttpRequestUriInvalid)?;
    let host = authority.as_str().rsplit('@').next().unwrap_or_default();
    let host = host.parse().map_err(|_| Error::HttpRequestUriInvalid)?;
    request.headers_mut().insert(header::HOST, host);
    Ok(())
}

fn destination(uri: &Uri) -> Destination {
    // wasmtime gives a relative URI a scheme and an authority of a bare port or nothing.
    match uri.host() {
        None | Some("" | SELF_HOST) => Destination::Application,
        Some(host) => match service_chaining_target(host) {
            Some(id) => Destination::Component(id.to_owned()),
            None => Destination::World,
        },
    }
}

fn relative(uri: &Uri) -> Uri {
    let path = uri.path_and_query().cloned();
    Uri::from(path.unwrap_or(PathAndQuery::from_static("/")))
}

fn check_allowed(component: &Component, uri: &Uri, destination: &Destination) -> Result<(), Error> {
    let hosts = &component.allowed_hosts;
    let allowed = match destination {
        Destination::Application => hosts.allows_self("http") || hosts.allows_self("https"),
        Destination::Component(_) | Destination::World => {
            let scheme = uri.scheme_str().unwrap_or("https");
            hosts.allows(scheme, uri.host().unwrap_or_default(), uri.port_u16())
        }
    };
    if allowed {
        return Ok(());
    }
    let entry = match destination {
        Destination::Application => "http://self".to_owned(),
        Destination::Component(_) | Destination::World => format!(
            "{}://{}",
            uri.scheme_str().unwrap_or("https"),
            // Without user information, which may be secret.
            uri.authority().map_or("", |authority| {
                authority.as_str().rsplit('@').next().unwrap_or_default()
            }),
        ),
    };
    component.refusals.note(component, &entry);
    Err(Error::HttpRequestDenied)
}

/// Opens WASI sockets to what `allowed_outbound_hosts` names. Nobody may listen.
pub(crate) fn allow_sockets(wasi: &mut WasiCtxBuilder, component: &Arc<Component>) {
    if component.allowed_hosts.is_empty() {
        return;
    }
    wasi.allow_ip_name_lookup(true);
    // Weak, because the component's instances are not to keep it alive in a circle.
    let component = Arc::downgrade(component);
    wasi.socket_addr_check(move |address, usage| {
        let allowed = component
            .upgrade()
            .is_some_and(|component| is_address_allowed(&component, address, usage));
        Box::pin(async move { allowed })
    });
}

fn is_address_allowed(component: &Component, address: SocketAddr, usage: SocketAddrUse) -> bool {
    let scheme = match usage {
        SocketAddrUse::TcpConnect => "tcp",
        SocketAddrUse::UdpSend | SocketAddrUse::UdpReceive => "udp",
        // The wildcard address with port 0 is what the system binds before it connects.
        SocketAddrUse::TcpBind | SocketAddrUse::UdpBind => {
            return address.port() == 0 && address.ip().is_unspecified();
        }
        SocketAddrUse::TcpListen | SocketAddrUse::TcpAccept => return false,
    };
    let allowed =
        component
            .allowed_hosts
            .allows(scheme, &address.ip().to_string(), Some(address.port()));
    if !allowed {
        component
            .refusals
            .note(component, &format!("{scheme}://{address}"));
    }
    allowed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_blocked_network_is_not_reached() {
        let text = "[outbound_networking]\nblock_networks = ['127.0.0.0/8']";
        let config = RuntimeConfig::parse(text, "runtime-config.toml".as_ref()).unwrap();
        let client = HttpClient::new(&config);
        let check = async |uri: &str| {
            let mut request = Request::get(uri).body(crate::problem::empty()).unwrap();
            client
                .check_address(&mut request)
                .await
                .map(|()| request.uri().to_string())
        };

        let refused = check("http://127.0.0.1:80/").await;
        assert!(matches!(refused, Err(Error::DestinationIpProhibited)));
        assert_eq!(check("http://[::1]/a").await.unwrap(), "http://[::1]:80/a");
        assert_eq!(check("https://[::1]/a").await.unwrap(), "https://[::1]/a");
    }

    fn kind(uri: &'static str) -> &'static str {
        match destination(&Uri::from_static(uri)) {
            Destination::Component(id) if id == "account" => "account",
            Destination::Component(_) => "component",
            Destination::Application => "application",
            Destination::World => "world",
        }
    }

    #[test]
    fn destinations_are_told_apart() {
        assert_eq!(kind("http://account.spin.internal/a"), "account");
        assert_eq!(kind("/a?b"), "application");
        assert_eq!(kind("https://:443/a"), "application");
        assert_eq!(kind("http://self.alt/a"), "application");
        assert_eq!(kind("http://example.com/a"), "world");
        assert_eq!(kind("http://spin.internal/a"), "world");
    }

    #[test]
    fn a_component_cannot_choose_the_host_field() {
        let mut request = Request::get("http://user:secret@example.com:81/")
            .body(crate::problem::empty())
            .unwrap();
        restore_host(&mut request).unwrap();
        assert_eq!(request.headers()["host"], "example.com:81");
    }
}
