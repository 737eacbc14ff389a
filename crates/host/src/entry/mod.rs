//! How requests come in: what has to have arrived, whose share they take, and which place.

mod arrival;
mod clients;
mod pace;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::Arc;

use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Body as _;
use jenny_client_address::TrustedProxies;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::Body;
use crate::admission::{Admission, ReservedAdmission};
use crate::limits::Limits;
use crate::problem;
use arrival::{MAX_AWAITED, NotArrived, arrived};
use clients::{Budget, Charge, Clients, Share};
use pace::{Pace, PacedBody};

/// The memory for bodies where there may be few requests, in bytes: enough for several whole ones.
const LEAST_MEMORY: usize = 1 << 20;

/// The way in for requests.
///
/// One from outside takes nothing that others need before its body has come, or the first
/// [`MAX_AWAITED`] bytes of it; then a part of its client's share, then a place. An eighth of the places
/// may go to requests whose bodies are still to come, so that client and component can converse, as they
/// can on Spin. A body that is streamed to its component has to come at the least rate, or the request
/// loses its place.
pub(crate) struct Entry {
    limits: Limits,
    trusted_proxies: TrustedProxies,
    outside: ReservedAdmission,
    inside: Admission,
    /// Bounds the requests whose bodies have not arrived.
    streamed: Admission,
    clients: Arc<Clients>,
    buffered: Arc<Budget>,
}

/// A request that came in.
pub(crate) struct Entered {
    pub(crate) request: Request<Body>,
    pub(crate) permit: Permit,
    /// When it had arrived.
    pub(crate) since: Instant,
    /// Cancelled when the rest of its body comes too slowly, before the component learns of it. `None`
    /// if there is no rest.
    pub(crate) late: Option<CancellationToken>,
}

/// A request's place, and its part of its client's share. Dropping it gives both back.
pub(crate) struct Permit {
    _place: OwnedSemaphorePermit,
    _of_share: Option<(OwnedSemaphorePermit, Arc<Share>)>,
    _streamed: Option<OwnedSemaphorePermit>,
}

impl From<OwnedSemaphorePermit> for Permit {
    /// The place of a request that no client sent.
    fn from(place: OwnedSemaphorePermit) -> Self {
        Self {
            _place: place,
            _of_share: None,
            _streamed: None,
        }
    }
}

/// A request that may take a place.
struct Arrived {
    request: Request<Body>,
    /// As of [`Entered`].
    late: Option<CancellationToken>,
    /// Where the body has not arrived.
    streamed: Option<OwnedSemaphorePermit>,
}

/// The part of all places that requests may take whose bodies have not arrived: one of so many.
const STREAMED_SHARE: usize = 8;

/// Why a request did not come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There is no place for it.
    NoPlace,
    /// Its client has all that one client may have.
    NoShare,
    /// There is no memory for its body.
    NoMemory,
    /// Its body came too slowly.
    TooSlow,
    /// Its body broke off.
    Broken,
}

impl Refusal {
    /// The answer to the request.
    pub(crate) fn answer(self) -> Response<Body> {
        match self {
            Self::NoPlace => problem::saturated(),
            Self::NoShare => problem::try_again(
                "One client has as many requests in progress as it may have. Try again shortly.",
            ),
            Self::NoMemory => problem::try_again(
                "The server has no room for the request's body. Try again shortly.",
            ),
            Self::TooSlow => problem::too_slow(),
            Self::Broken => problem::bad_request("The request's body broke off."),
        }
    }
}

impl Entry {
    pub(crate) fn new(
        limits: &Limits,
        trusted_proxies: TrustedProxies,
        components: impl ExactSizeIterator<Item = String>,
    ) -> Self {
        let requests = limits.max_concurrent_requests;
        let of_a_client = limits
            .max_requests_per_client
            .unwrap_or(three_quarters(requests));
        let bytes = requests.saturating_mul(MAX_AWAITED).max(LEAST_MEMORY);
        Self {
            outside: ReservedAdmission::new(requests, components),
            inside: Admission::new(requests),
            streamed: Admission::new(requests / STREAMED_SHARE),
            clients: Clients::new(of_a_client, three_quarters(bytes)),
            buffered: Arc::new(Budget::new(bytes)),
            limits: limits.clone(),
            trusted_proxies,
        }
    }

    /// The client that sent a request over a connection from `peer`.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        self.trusted_proxies.client_address(peer, headers)
    }

    /// How many requests have come in and are not done.
    pub(crate) fn entered(&self) -> usize {
        self.outside.entered() + self.inside.entered()
    }

    /// Lets nothing in any more from outside and waits until all of it is done.
    pub(crate) async fn close_outside(&self) {
        self.outside.close().await;
    }

    /// Lets a request of a component in. Who answers it awaits its body, which may follow from the
    /// answer.
    ///
    /// # Errors
    ///
    /// A [`Refusal`].
    pub(crate) async fn enter_inside(&self, request: Request<Body>) -> Result<Entered, Refusal> {
        let since = Instant::now();
        let permit = self.inside.enter(self.limits.queue_timeout).await;
        let permit = permit.ok_or(Refusal::NoPlace)?.into();
        Ok(Entered {
            request,
            permit,
            since,
            late: None,
        })
    }

    /// Lets a request for `component` in that came over a connection from `peer`.
    ///
    /// # Errors
    ///
    /// A [`Refusal`].
    pub(crate) async fn enter(
        &self,
        component: &str,
        request: Request<Body>,
        peer: IpAddr,
    ) -> Result<Entered, Refusal> {
        let client = self.client(peer, request.headers());
        let share = self.clients.share(client);
        let Arrived {
            request,
            late,
            streamed,
        } = self.arrive(request, &share).await?;
        let since = Instant::now();
        let patience = self.limits.queue_timeout;
        let of_share = share.requests.enter(patience).await;
        let of_share = of_share.ok_or(Refusal::NoShare)?;
        let place = self.outside.enter(component, patience).await;
        let permit = Permit {
            _place: place.ok_or(Refusal::NoPlace)?,
            _of_share: Some((of_share, share)),
            _streamed: streamed,
        };
        Ok(Entered {
            request,
            permit,
            since,
            late,
        })
    }

    /// Waits for a request's body, but not for long, unless it may be streamed at once.
    async fn arrive(&self, request: Request<Body>, share: &Arc<Share>) -> Result<Arrived, Refusal> {
        if request.body().is_end_stream() {
            return Ok(Arrived {
                request,
                late: None,
                streamed: None,
            });
        }
        let late = CancellationToken::new();
        let pace = Pace::new(self.limits.body_timeout, self.limits.least_body_rate);
        let paced = |body| PacedBody::new(body, pace, late.clone());
        if let Some(streamed) = self.streamed.try_enter() {
            return Ok(Arrived {
                request: request.map(|body| paced(body).boxed_unsync()),
                late: Some(late),
                streamed: Some(streamed),
            });
        }
        let (head, body) = request.into_parts();
        let arriving = arrived(paced(body), Charge::new(&self.buffered, share));
        let until = Instant::now().checked_add(self.limits.request_timeout);
        let arrived = match until {
            Some(until) => tokio::time::timeout_at(until, arriving).await,
            None => Ok(arriving.await),
        };
        match arrived {
            Ok(Ok(body)) => Ok(Arrived {
                late: (!body.is_whole()).then_some(late),
                request: Request::from_parts(head, body.boxed_unsync()),
                streamed: None,
            }),
            Ok(Err(NotArrived::NoRoom)) => Err(Refusal::NoMemory),
            Ok(Err(NotArrived::Broken)) if !late.is_cancelled() => Err(Refusal::Broken),
            Ok(Err(NotArrived::Broken)) | Err(_) => Err(Refusal::TooSlow),
        }
    }
}

fn three_quarters(all: usize) -> usize {
    all - all / 4
}
