//! For how long.

use std::time::Duration;

use http::HeaderValue;
use jiff::{SignedDuration, Timestamp};

/// The share of a lifetime by which it is shortened at random, at most, in percent: what was loaded
/// together then expires one after the other.
const JITTER_PERCENT: u64 = 10;

/// For how long something is kept, and by whom.
///
/// ```
/// use shared::cache::Policy;
///
/// /// Fresh for half a minute; for another one it is still served while it is loaded anew.
/// const ARTICLES: Policy = Policy::seconds(30)
///     .stale_while_revalidate_seconds(30)
///     .negative_seconds(5)
///     .clients_seconds(2, 8);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    ttl: Duration,
    stale_while_revalidate: Duration,
    negative_ttl: Duration,
    pub(super) unchecked: Duration,
    max_age_seconds: u32,
    client_stale_seconds: u32,
}

impl Policy {
    /// Fresh for so many seconds, and kept for no longer. The other durations are zero.
    #[must_use]
    pub const fn seconds(ttl: u32) -> Self {
        Self {
            ttl: Duration::from_secs(ttl as u64),
            stale_while_revalidate: Duration::ZERO,
            negative_ttl: Duration::ZERO,
            unchecked: Duration::ZERO,
            max_age_seconds: 0,
            client_stale_seconds: 0,
        }
    }

    /// For so many seconds after that, an entry is still answered with while one request loads it
    /// anew, after its own answer. Never once it was invalidated.
    #[must_use]
    pub const fn stale_while_revalidate_seconds(mut self, seconds: u32) -> Self {
        self.stale_while_revalidate = Duration::from_secs(seconds as u64);
        self
    }

    /// That there is nothing is remembered for so many seconds.
    #[must_use]
    pub const fn negative_seconds(mut self, seconds: u32) -> Self {
        self.negative_ttl = Duration::from_secs(seconds as u64);
        self
    }

    /// An instance may go on for so long before it asks the store again for invalidations by other
    /// instances. This is the bound on staleness after a write; zero, where nothing else is said.
    #[must_use]
    pub const fn unchecked_milliseconds(mut self, milliseconds: u32) -> Self {
        self.unchecked = Duration::from_millis(milliseconds as u64);
        self
    }

    /// What clients and shared caches are told of public answers: `max-age` and
    /// `stale-while-revalidate` (RFC 5861), in seconds. No invalidation reaches them.
    #[must_use]
    pub const fn clients_seconds(mut self, max_age: u32, stale_while_revalidate: u32) -> Self {
        self.max_age_seconds = max_age;
        self.client_stale_seconds = stale_while_revalidate;
        self
    }

    /// When something loaded at `loaded_at` expires, and when it is of no use at all.
    pub(super) fn lifetime(&self, loaded_at: Timestamp, negative: bool, random: u64) -> Lifetime {
        let (ttl, stale) = if negative {
            (self.negative_ttl, Duration::ZERO)
        } else {
            (self.ttl, self.stale_while_revalidate)
        };
        let ttl = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
        let jitter = random % (ttl.saturating_mul(JITTER_PERCENT) / 100 + 1);
        let fresh_until = after(loaded_at, Duration::from_millis(ttl - jitter));
        Lifetime {
            loaded_at,
            fresh_until,
            stale_until: after(fresh_until, stale),
        }
    }

    /// The `Cache-Control` of an answer that is everybody's.
    pub(super) fn cache_control(&self) -> HeaderValue {
        let (max_age, stale) = (self.max_age_seconds, self.client_stale_seconds);
        let text = format!("public, max-age={max_age}, stale-while-revalidate={stale}");
        HeaderValue::try_from(text).expect("words and numbers")
    }
}

pub(super) fn after(time: Timestamp, duration: Duration) -> Timestamp {
    let duration = SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
    time.checked_add(duration).unwrap_or(Timestamp::MAX)
}

/// The times of one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lifetime {
    /// Before the load began: what was written after it may be missing.
    pub(super) loaded_at: Timestamp,
    pub(super) fresh_until: Timestamp,
    pub(super) stale_until: Timestamp,
}

/// By how much the clocks of two machines may differ.
const CLOCK_SKEW: Duration = Duration::from_secs(5);

impl Lifetime {
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        // An entry from the future was written before somebody set the clock back: it could seem
        // young for as long as the clock is behind.
        now >= self.stale_until || self.loaded_at > after(now, CLOCK_SKEW)
    }

    pub(super) fn is_fresh(&self, now: Timestamp) -> bool {
        now < self.fresh_until
    }

    /// How long it is still fresh, in seconds; negative when it is stale.
    pub(super) fn ttl_seconds(&self, now: Timestamp) -> i64 {
        self.fresh_until.as_second() - now.as_second()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    #[test]
    fn jitter_shortens_a_lifetime_and_never_lengthens_it() {
        let policy = Policy::seconds(100).stale_while_revalidate_seconds(50);
        let mut seen = std::collections::BTreeSet::new();
        for random in (0..200).map(|n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15)) {
            let lifetime = policy.lifetime(at(1000), false, random);
            assert!(lifetime.fresh_until <= at(1100) && lifetime.fresh_until >= at(1090));
            assert_eq!(
                lifetime.stale_until.as_second() - lifetime.fresh_until.as_second(),
                50
            );
            seen.insert(lifetime.fresh_until);
        }
        assert!(seen.len() > 100);
    }

    #[test]
    fn nothing_is_kept_for_as_long_as_the_policy_says() {
        let policy = Policy::seconds(100).stale_while_revalidate_seconds(50);
        assert!(policy.lifetime(at(0), true, 7).is_over(at(0)));
        let policy = policy.negative_seconds(5);
        let lifetime = policy.lifetime(at(0), true, 0);
        assert!(lifetime.is_fresh(at(4)) && lifetime.is_over(at(5)));
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_lengthen_a_life() {
        let lifetime = Policy::seconds(100).lifetime(at(10_000), false, 0);
        assert!(!lifetime.is_over(at(9_996)));
        assert!(lifetime.is_over(at(9_000)));
    }
}
