//! Connections that wait for the next request to the same place.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http::Uri;
use http::uri::{Authority, Scheme};

use super::exchange::Kept;

/// How long a connection waits before it is closed. Spin's number, which is `hyper-util`'s.
const IDLE: Duration = Duration::from_secs(90);

/// The most connections that wait, all places together. Spin knows no such bound, but a component
/// that asks many hosts would keep as many sockets.
const MAX_WAITING: usize = 256;

/// Where a connection leads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place(Scheme, Authority);

impl Place {
    pub(super) fn of(uri: &Uri) -> Option<Self> {
        Some(Self(uri.scheme()?.clone(), uri.authority()?.clone()))
    }
}

/// The connections that wait, shared by all components of an application as on Spin.
#[derive(Debug, Clone, Default)]
pub(super) struct Pool(Arc<Mutex<Waiting>>);

type Waiting = HashMap<Place, Vec<(Kept, Instant)>>;

impl Pool {
    /// The connection to `place` that was used last, if one is open.
    pub(super) fn take(&self, place: &Place) -> Option<Kept> {
        let mut waiting = self.waiting();
        let connections = waiting.get_mut(place)?;
        let found = std::iter::from_fn(|| connections.pop())
            .find(|(kept, since)| kept.sender.is_ready() && since.elapsed() < IDLE);
        if connections.is_empty() {
            waiting.remove(place);
        }
        found.map(|(kept, _)| kept)
    }

    /// Keeps a connection whose last response was read to its end.
    pub(super) fn keep(&self, place: Place, kept: Kept) {
        let mut waiting = self.waiting();
        waiting.retain(|_, connections| {
            connections.retain(|(kept, since)| !kept.sender.is_closed() && since.elapsed() < IDLE);
            !connections.is_empty()
        });
        if waiting.values().map(Vec::len).sum::<usize>() < MAX_WAITING {
            waiting
                .entry(place)
                .or_default()
                .push((kept, Instant::now()));
        }
    }

    /// Closes all, so that others may connect.
    pub(super) fn clear(&self) {
        self.waiting().clear();
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.waiting().values().map(Vec::len).sum()
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
