//! The id that an article keeps through every change of its title.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use shared::db::{FromValue, Value};
use uuid::{NoContext, Uuid};

/// An article's id: a UUID of version 7 (RFC 9562, section 5.7).
///
/// The order of ids is the order of creation, so that "newest first" is the order of an index. Within
/// an instance that holds also inside one millisecond and when the clock is set back; between
/// instances, as exactly as their clocks agree.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ArticleId(Uuid);

impl ArticleId {
    /// A fresh id for an article that comes into being `now`, greater than every one before.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        static LAST: Mutex<u128> = Mutex::new(0);
        let fresh = random(now).as_u128();
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        // RFC 9562, section 6.2 (method 2) counts on in the random bits. There are 62 of them at the
        // end, so that the carry does not reach the variant.
        *last = fresh.max(*last + 1);
        Self(Uuid::from_u128(*last))
    }

    /// The last eight hexadecimal digits, which are random: enough to tell a handful of articles
    /// apart that share a title.
    pub(crate) fn short(self) -> String {
        let mut digits = self.full();
        digits.split_off(digits.len() - 8)
    }

    /// All 32 hexadecimal digits.
    pub(crate) fn full(self) -> String {
        self.0.simple().to_string()
    }
}

fn random(now: Timestamp) -> Uuid {
    let seconds = u64::try_from(now.as_second()).unwrap_or(0);
    let nanoseconds = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
    Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, nanoseconds))
}

impl fmt::Display for ArticleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Uuid> for ArticleId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl From<ArticleId> for Uuid {
    fn from(id: ArticleId) -> Self {
        id.0
    }
}

impl From<ArticleId> for Value {
    fn from(id: ArticleId) -> Self {
        id.0.into()
    }
}

impl FromValue for ArticleId {
    fn from_value(value: Value) -> Option<Self> {
        Uuid::from_value(value).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_ascend_in_one_millisecond_and_when_the_clock_is_set_back() {
        let now = Timestamp::from_millisecond(1_700_000_000_000).expect("is in range");
        let before = Timestamp::from_millisecond(1_600_000_000_000).expect("is in range");
        let ids: Vec<ArticleId> = (0..1000)
            .map(|index| ArticleId::new(if index % 3 == 0 { before } else { now }))
            .collect();

        assert!(ids.is_sorted_by(|a, b| a < b));
        assert!(
            ids.is_sorted_by(|a, b| a.to_string() < b.to_string()),
            "as text too"
        );
        for id in ids {
            assert_eq!(Uuid::from(id).get_version_num(), 7);
            assert_eq!(Uuid::from(id).get_variant(), uuid::Variant::RFC4122);
        }
    }

    #[test]
    fn suffixes_are_taken_from_the_random_end() {
        let id = ArticleId::from(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_1234_abcd));
        assert_eq!(id.short(), "1234abcd");
        assert_eq!(id.full(), "0190000000007000800000001234abcd");
    }
}
