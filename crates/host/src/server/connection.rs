//! One connection, from the handshake to its last response.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use http::StatusCode;
use http::uri::Scheme;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use super::activity::{Doing, TrackedBody, boxed};
use super::open;
use super::{ServerOptions, Service};
use crate::Origin;
use crate::answer::{AnswerLog, Line};

/// Where the server is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Serving,
    /// Requests in flight finish, nothing else begins.
    Draining,
    /// Time is up.
    Stopping,
}

/// What all connections share.
pub(super) struct Context<S> {
    service: S,
    options: ServerOptions,
    http: auto::Builder<TokioExecutor>,
    tls: Option<TlsAcceptor>,
    local_address: SocketAddr,
    refused_heads: AnswerLog,
}

impl<S> Context<S> {
    pub(super) fn new(service: S, options: ServerOptions, local_address: SocketAddr) -> Self {
        Self {
            service,
            http: options.http(),
            tls: options.tls.clone().map(TlsAcceptor::from),
            options,
            local_address,
            refused_heads: AnswerLog::default(),
        }
    }

    /// Logs that hyper answered an HTTP/1 request by itself, if that is how a connection ended. It does so for
    /// a head that it cannot read, and shows the request to nobody else.
    fn note_refused_head(&self, error: &(dyn std::error::Error + 'static), peer: SocketAddr) {
        let Some(error) = error.downcast_ref::<hyper::Error>() else {
            return;
        };
        let (status, detail) = if error.is_parse_too_large() {
            let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
            (status, "The head of the request is too large.")
        } else if error.is_parse() {
            let status = StatusCode::BAD_REQUEST;
            (status, "The head of the request cannot be read.")
        } else {
            return;
        };
        self.refused_heads.note(&Line {
            status,
            method: None,
            client: peer.ip(),
            request_id: None,
            detail,
        });
    }
}

/// Serves one connection. What goes wrong on it is the peer's affair, so it is logged for who
/// looks for it and otherwise forgotten.
pub(super) async fn run<S: Service>(
    context: Arc<Context<S>>,
    stream: TcpStream,
    peer: SocketAddr,
    place: open::Connection,
    mut phase: watch::Receiver<Phase>,
) {
    // Answers are written whole: waiting for more to send (Nagle) only delays them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "cannot set TCP_NODELAY");
    }
    let local = stream.local_addr().unwrap_or(context.local_address);
    let origin = |scheme| Origin {
        scheme,
        peer,
        local,
    };
    let Some(acceptor) = &context.tls else {
        return serve(&context, stream, origin(Scheme::HTTP), place, phase).await;
    };
    let handshake = tokio::time::timeout(
        context.options.tls_handshake_timeout,
        acceptor.accept(stream),
    );
    let accepted = tokio::select! {
        // Either phase after `Serving`, or a dropped server: nobody waits for a handshake then.
        _ = phase.changed() => return,
        () = place.gives_way() => return,
        accepted = handshake => accepted,
    };
    match accepted {
        Ok(Ok(stream)) => serve(&context, stream, origin(Scheme::HTTPS), place, phase).await,
        Ok(Err(error)) => tracing::debug!(%peer, %error, "the TLS handshake failed"),
        Err(_) => tracing::debug!(%peer, "the TLS handshake took too long"),
    }
}

async fn serve<S: Service>(
    context: &Context<S>,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    origin: Origin,
    place: open::Connection,
    mut phase: watch::Receiver<Phase>,
) {
    let options = &context.options;
    let peer = origin.peer;
    let activity = &place.activity;
    let service = service_fn(|request: http::Request<hyper::body::Incoming>| {
        let in_progress = activity.begin();
        let service = context.service.clone();
        let origin = origin.clone();
        async move {
            let response = service.call(request.map(boxed), origin).await;
            let response = response.map(|body| TrackedBody::new(body, in_progress));
            Ok::<_, Infallible>(response)
        }
    });
    let mut connection = pin!(context.http.serve_connection(TokioIo::new(stream), service));

    // hyper times the head of an HTTP/1.1 request, but not the bytes by which it tells HTTP/1.1
    // from HTTP/2, nor an HTTP/2 connection that never asks anything. This clock does.
    let opened = Instant::now();
    let first_look = options.header_read_timeout.min(options.idle_timeout);
    let mut clock = pin!(tokio::time::sleep(first_look));
    let mut closing = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    context.note_refused_head(&*error, peer);
                    tracing::debug!(%peer, error = &*error, "the connection ended early");
                }
                return;
            }
            changed = phase.changed() => {
                let now = changed.map(|()| *phase.borrow_and_update());
                match now {
                    Ok(Phase::Serving) => {}
                    Ok(Phase::Draining) => {
                        connection.as_mut().graceful_shutdown();
                        closing = true;
                    }
                    // An error means that the server itself was dropped.
                    Ok(Phase::Stopping) | Err(_) => return,
                }
            }
            () = place.gives_way() => {
                connection.as_mut().graceful_shutdown();
                // Once more, so that an HTTP/2 peer is told. A request may come by that.
                if futures::poll!(connection.as_mut()).is_ready() || activity.is_idle() {
                    tracing::debug!(%peer, "closed an idle connection for a new one");
                    return;
                }
                closing = true;
                place.goes_on();
            }
            () = clock.as_mut() => {
                let wait = match activity.doing() {
                    Doing::Nothing if opened.elapsed() < options.header_read_timeout => {
                        options.header_read_timeout.saturating_sub(opened.elapsed())
                    }
                    Doing::Nothing => {
                        tracing::debug!(%peer, "closed a connection that asked nothing in time");
                        return;
                    }
                    Doing::Working => options.idle_timeout,
                    Doing::Stuck(still) if still < options.idle_timeout => options.idle_timeout - still,
                    Doing::Stuck(_) => {
                        tracing::debug!(%peer, "closed a connection whose peer reads nothing");
                        return;
                    }
                    Doing::Idle(quiet) if quiet < options.idle_timeout => options.idle_timeout - quiet,
                    Doing::Idle(_) if closing => return,
                    Doing::Idle(_) => {
                        connection.as_mut().graceful_shutdown();
                        closing = true;
                        options.header_read_timeout
                    }
                };
                clock.as_mut().reset(Instant::now() + wait);
            }
        }
    }
}
