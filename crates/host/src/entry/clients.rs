//! What one client may have of what all share.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::admission::Admission;

/// Bytes that may be taken up to a limit.
pub(super) struct Budget {
    taken: AtomicUsize,
    max: usize,
}

impl Budget {
    pub(super) fn new(max: usize) -> Self {
        Self {
            taken: AtomicUsize::new(0),
            max,
        }
    }

    fn try_take(&self, bytes: usize) -> bool {
        let more = |taken: usize| taken.checked_add(bytes).filter(|&sum| sum <= self.max);
        self.taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
            .is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.taken.fetch_sub(bytes, Ordering::Relaxed);
    }

    #[cfg(test)]
    pub(super) fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }
}

/// The clients that have requests on their way.
pub(super) struct Clients {
    max_requests: usize,
    max_bytes: usize,
    shares: Mutex<HashMap<IpAddr, Weak<Share>>>,
}

impl Clients {
    /// Each client may have `max_requests` requests in progress and `max_bytes` of bodies in memory.
    pub(super) fn new(max_requests: usize, max_bytes: usize) -> Arc<Self> {
        Arc::new(Self {
            max_requests,
            max_bytes,
            shares: Mutex::default(),
        })
    }

    /// The share of the client at `address`.
    pub(super) fn share(self: &Arc<Self>, address: IpAddr) -> Arc<Share> {
        let client = client(address);
        let mut shares = self.shares();
        if let Some(share) = shares.get(&client).and_then(Weak::upgrade) {
            return share;
        }
        let share = Arc::new(Share {
            client,
            requests: Admission::new(self.max_requests),
            bytes: Budget::new(self.max_bytes),
            clients: Arc::downgrade(self),
        });
        shares.insert(client, Arc::downgrade(&share));
        share
    }

    fn shares(&self) -> MutexGuard<'_, HashMap<IpAddr, Weak<Share>>> {
        // Nothing under the lock can panic half way.
        self.shares.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whom an address belongs to. A subscriber has a /64 of IPv6 (RFC 6177), not one address.
fn client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let subnet = u128::from(address) & (u128::MAX << 64);
            Ipv6Addr::from(subnet).into()
        }
        address => address,
    }
}

/// What one client has. It is forgotten with the last of its requests.
pub(crate) struct Share {
    client: IpAddr,
    pub(super) requests: Admission,
    bytes: Budget,
    clients: Weak<Clients>,
}

impl Drop for Share {
    fn drop(&mut self) {
        let Some(clients) = self.clients.upgrade() else {
            return;
        };
        let mut shares = clients.shares();
        // The client may have a new one meanwhile.
        let own = shares.get(&self.client);
        if own.is_some_and(|share| share.strong_count() == 0) {
            shares.remove(&self.client);
        }
    }
}

/// Memory that a body takes. Dropping it gives the memory back.
pub(super) struct Charge {
    budget: Arc<Budget>,
    share: Arc<Share>,
    bytes: usize,
}

impl Charge {
    pub(super) fn new(budget: &Arc<Budget>, share: &Arc<Share>) -> Self {
        Self {
            budget: Arc::clone(budget),
            share: Arc::clone(share),
            bytes: 0,
        }
    }

    /// Takes so many bytes more. Returns whether there is room for them.
    pub(super) fn grow(&mut self, bytes: usize) -> bool {
        if !self.share.bytes.try_take(bytes) {
            return false;
        }
        if !self.budget.try_take(bytes) {
            self.share.bytes.give_back(bytes);
            return false;
        }
        self.bytes += bytes;
        true
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.share.bytes.give_back(self.bytes);
        self.budget.give_back(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_client_is_an_ipv4_address_or_an_ipv6_subnet() {
        for (one, other, same) in [
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("::ffff:192.0.2.1", "192.0.2.1", true),
            ("2001:db8::1", "2001:db8::ffff:0:0:1", true),
            ("2001:db8::1", "2001:db8:0:1::1", false),
        ] {
            let same_client = client(address(one)) == client(address(other));
            assert_eq!(same_client, same, "{one} and {other}");
        }
    }

    #[test]
    fn a_client_is_forgotten_with_its_last_request() {
        let clients = Clients::new(1, 1);
        let (one, other) = (address("192.0.2.1"), address("192.0.2.2"));
        let first = clients.share(one);
        assert!(Arc::ptr_eq(&first, &clients.share(one)));
        let second = clients.share(other);
        assert_eq!(clients.shares().len(), 2);

        drop(first);
        assert_eq!(clients.shares().len(), 1);
        drop(second);
        assert!(clients.shares().is_empty());
    }

    #[test]
    fn bytes_are_counted_for_each_client_and_in_all() {
        let clients = Clients::new(1, 3);
        let budget = Arc::new(Budget::new(4));
        let charge = |client: &str| Charge::new(&budget, &clients.share(address(client)));
        let (mut one, mut other) = (charge("192.0.2.1"), charge("192.0.2.2"));

        assert!(one.grow(2) && !one.grow(2), "a client has at most 3");
        assert!(one.grow(1));
        assert!(!other.grow(2), "all have at most 4");
        assert!(other.grow(1));

        drop((one, other));
        assert_eq!(budget.taken(), 0);
        assert!(charge("192.0.2.2").grow(3));
    }
}
