//! Requests that components send: to each other, to the application itself, to the world.

mod client;
mod exchange;
mod pool;

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::uri::Uri;
use http::{Request, Response, header};
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::sockets::SocketAddrUse;
use wasmtime_wasi_http::{Error, RequestOptions};

use crate::Body;
use crate::capability::{OutboundIo, OutboundRequest};
use crate::chain::Chain;
use crate::instance::Component;
use crate::request::rooted;
use jenny_manifest::allowed_hosts::service_chaining_target;
use jenny_stores::excerpt;

pub use client::HttpClient;

/// Refused destinations beyond this many are no longer logged: a component that makes up names
/// must fill neither the log nor the host's memory.
const MAX_LOGGED_REFUSALS: usize = 64;

/// Requests to this host are requests to the application itself, for SDKs that insist on one.
const SELF_HOST: &str = "self.alt";

/// The destinations that a component was refused, each logged once.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<HashSet<String>>);

impl Refusals {
    /// Logs what to add to the manifest for `entry` to be allowed.
    fn note(&self, component: &Component, entry: &str) {
        let entry = excerpt(entry);
        let id = &component.id;
        let sentence = format!(
            "component `{id}` was refused a request to {entry}: add \"{entry}\" to \
             allowed_outbound_hosts under [component.{id}] in spin.toml"
        );
        self.log(component, sentence);
    }

    /// Logs that what the manifest allows is in a blocked network.
    fn note_blocked(&self, component: &Component, entry: &str) {
        let id = &component.id;
        let sentence = format!(
            "component `{id}` was refused a request to {entry}: the address is in block_networks \
             of the runtime configuration"
        );
        self.log(component, sentence);
    }

    /// Logs that a request went round in a circle.
    pub(crate) fn note_circle(&self, component: &Component, circle: &str) {
        let id = &component.id;
        let sentence = format!(
            "component `{id}` was sent a request that goes round in a circle: {circle}; it was \
             answered 508"
        );
        self.log(component, sentence);
    }

    fn log(&self, component: &Component, sentence: String) {
        let mut logged = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if logged.len() < MAX_LOGGED_REFUSALS && !logged.contains(&sentence) {
            tracing::warn!(component = %component.id, "{sentence}");
            component.logs.note(&sentence);
            logged.insert(sentence);
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

/// The application as its own components reach it, without leaving the host.
pub(crate) trait Application: Send + Sync {
    /// Answers a request of one component to another, `private` ones included.
    fn answer_component<'a>(
        &'a self,
        id: &'a str,
        request: Request<Body>,
        chain: Arc<Chain>,
    ) -> BoxFuture<'a, Response<Body>>;

    /// Answers a request of a component to the application itself, through its routes.
    fn answer_own(
        &self,
        request: Request<Body>,
        chain: Arc<Chain>,
    ) -> BoxFuture<'_, Response<Body>>;
}

/// Sends `request`, which came through `chain`, on behalf of `component`, if the manifest allows its destination.
pub(crate) async fn send(
    component: &Arc<Component>,
    mut request: Request<Body>,
    options: Option<RequestOptions>,
    chain: Arc<Chain>,
) -> Result<(Response<Body>, OutboundIo), Error> {
    let destination = destination(request.uri());
    check_allowed(component, request.uri(), &destination)?;
    root(request.uri_mut());
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
        Destination::Component(id) => app()?.answer_component(&id, request, chain).await,
        Destination::Application => {
            *request.uri_mut() = relative(request.uri());
            app()?.answer_own(request, chain).await
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
    Uri::from(rooted(uri))
}

/// Gives the URI the path `/` if it has none.
fn root(uri: &mut Uri) {
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(rooted(uri));
    // An authority alone, as CONNECT has it, takes no path.
    if let Ok(rooted) = Uri::from_parts(parts) {
        *uri = rooted;
    }
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

/// Whether the manifest lets `component` connect to a server that speaks something else than HTTP.
/// If not, the log says what to add.
pub(crate) fn allows_connection(
    component: &Component,
    scheme: &str,
    host: &str,
    port: u16,
) -> bool {
    let allowed = component.allowed_hosts.allows(scheme, host, Some(port));
    if !allowed {
        let host = if host.contains(':') {
            format!("[{host}]")
        } else {
            host.to_owned()
        };
        let entry = format!("{scheme}://{host}:{port}");
        component.refusals.note(component, &entry);
    }
    allowed
}

/// Opens WASI sockets to what `allowed_outbound_hosts` names. Nobody may listen.
///
/// Names are not looked up, whatever the manifest lists: Spin leaves that switched off in wasmtime, and
/// a component that connects to `db:5432` here would be refused there.
pub(crate) fn allow_sockets(wasi: &mut WasiCtxBuilder, component: &Arc<Component>) {
    wasi.allow_ip_name_lookup(false);
    // Even where the check allows nothing, because it says in the log what to add.
    wasi.allow_tcp(true).allow_udp(true);
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
    let entry = || format!("{scheme}://{address}");
    if !allowed {
        component.refusals.note(component, &entry());
        return false;
    }
    let blocked = component.blocked_networks.blocks(address.ip());
    if blocked {
        component.refusals.note_blocked(component, &entry());
    }
    !blocked
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_url_without_a_path_has_the_path_of_the_root() {
        for (uri, path) in [
            ("http://example.com", "/"),
            ("http://example.com?a=b", "/?a=b"),
            ("http://example.com/", "/"),
            ("http://example.com/a?b", "/a?b"),
            ("/a?b", "/a?b"),
            ("*", "*"),
        ] {
            let mut uri = Uri::from_static(uri);
            assert_eq!(relative(&uri).to_string(), path, "{uri}");
            root(&mut uri);
            assert_eq!(
                uri.path_and_query().map(http::uri::PathAndQuery::as_str),
                Some(path),
                "{uri}"
            );
        }
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
