//! What one request and one instance may use.

use std::sync::Arc;
use std::time::Duration;

use wasmtime::ResourceLimiter;

/// Tables hold function references; a large component has some ten thousand.
const MAX_TABLE_ELEMENTS: usize = 100_000;

/// Bounds on time, memory and concurrency. The defaults for reuse are Spin's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How long a component may take to answer once the request's body, or the first 64 KiB of it, has
    /// arrived, waiting in queues included. Default: 30 s.
    ///
    /// Work that goes on after the response's head (streaming a body, tasks left behind) has as
    /// long again.
    pub request_timeout: Duration,
    /// How much linear memory one instance may use, in bytes. Default: 128 MiB.
    pub max_instance_memory: usize,
    /// How many requests from outside may be in progress at once, their response bodies
    /// included: until the body is sent, but no longer than `request_timeout` after its head.
    /// Requests that components send each other have as many again. Default: 1024.
    ///
    /// Where there are several components, each has a few of these to itself: 16, and a quarter of all
    /// together at most. A request whose body has not arrived, or the first 64 KiB of it, is not in
    /// progress yet. Such bodies have 64 KiB of memory for each of these requests in all, and 1 MiB at
    /// least.
    pub max_concurrent_requests: usize,
    /// How many of them, and of the memory for bodies, one client may have: an IPv4 address or a /64
    /// of IPv6. Default: three quarters.
    pub max_requests_per_client: Option<usize>,
    /// How long a request's body may come more slowly than `least_body_rate` before the request is
    /// answered 408. The rate is measured over as long. Its first 64 KiB, or all of it, have
    /// `request_timeout`. Default: 10 s.
    pub body_timeout: Duration,
    /// How fast a request's body has to come, in bytes a second, while something waits for it.
    /// Default: 240.
    pub least_body_rate: u32,
    /// How many instances, of all components together, may exist at once. Default: 256.
    ///
    /// Where there are several components, each has one of these to itself and may take at most
    /// half (rounded up) of the others, so that one that hangs or loops leaves room for the rest.
    /// With fewer instances than components none has one to itself, and requests between
    /// components may find no place.
    pub max_instances: usize,
    /// How long a request may wait when one of the bounds above is reached, before it is
    /// answered 503. Idle instances make room for those that wait. Default: 2 s.
    pub queue_timeout: Duration,
    /// How many requests an instance serves in all. WASIp2 components serve one. Default: 128.
    pub requests_per_instance: usize,
    /// How many requests an instance serves at once. WASIp2 components serve one. Default: 16.
    pub concurrent_requests_per_instance: usize,
    /// How long an instance without requests is kept while nobody needs its place. Default: 1 s.
    pub idle_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_timeout: Duration::from_secs(30),
            max_instance_memory: 128 << 20,
            max_concurrent_requests: 1024,
            max_requests_per_client: None,
            body_timeout: Duration::from_secs(10),
            least_body_rate: 240,
            max_instances: 256,
            queue_timeout: Duration::from_secs(2),
            requests_per_instance: 128,
            concurrent_requests_per_instance: 16,
            idle_timeout: Duration::from_secs(1),
        }
    }
}

/// Counts the linear memory of one store against its limit.
pub(crate) struct MemoryLimiter {
    component: Arc<str>,
    used: usize,
    max: usize,
    reported: bool,
}

impl MemoryLimiter {
    pub(crate) fn new(component: Arc<str>, max: usize) -> Self {
        Self {
            component,
            used: 0,
            max,
            reported: false,
        }
    }

    /// How much is used now, in bytes. Memories only grow.
    pub(crate) fn used(&self) -> usize {
        self.used
    }
}

impl ResourceLimiter for MemoryLimiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        // The limit is for all memories of the store together, hence the sum.
        let used = self.used + desired.saturating_sub(current);
        if used > self.max {
            if !self.reported {
                self.reported = true;
                tracing::warn!(
                    component = %self.component,
                    "component `{}` asked for {used} bytes of memory; the limit is {} bytes for \
                     each instance",
                    self.component,
                    self.max,
                );
            }
            return Ok(false);
        }
        self.used = used;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= MAX_TABLE_ELEMENTS && maximum.is_none_or(|maximum| desired <= maximum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_counted_over_all_memories_of_a_store() {
        let mut limiter = MemoryLimiter::new("c".into(), 100);
        assert!(limiter.memory_growing(0, 60, None).unwrap());
        assert!(limiter.memory_growing(0, 40, None).unwrap());
        assert!(!limiter.memory_growing(60, 61, None).unwrap());
    }

    #[test]
    fn a_refused_growth_takes_nothing_from_the_limit() {
        let mut limiter = MemoryLimiter::new("c".into(), 100);
        assert!(!limiter.memory_growing(0, 101, None).unwrap());
        assert!(!limiter.memory_growing(0, 50, Some(40)).unwrap());
        assert!(limiter.memory_growing(0, 100, None).unwrap());
    }
}
