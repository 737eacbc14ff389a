//! The `Cache-Status` header (RFC 9211).

use std::fmt;

/// How a lookup went. Says nothing of the key, which may hold what the path of an address does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// Answered from an entry; stale when `ttl` is negative (section 2.4).
    Hit { level: Level, ttl: i64 },
    /// Answered by the loader.
    Loaded {
        reason: Reason,
        /// The seconds that it is kept as fresh, if it is.
        stored: Option<i64>,
    },
    /// Answered by the loader that another request had started.
    Collapsed { reason: Reason },
    /// The request carried credentials: the shared cache was not asked.
    Bypassed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Memory,
    Store,
}

/// Why an entry was not enough (section 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// There was none.
    Miss,
    /// It had expired or was invalidated.
    Stale,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Miss => "miss",
            Self::Stale => "stale",
        })
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("jenny; ")?;
        match self {
            Self::Hit { level, ttl } => {
                let detail = match level {
                    Level::Memory => "memory",
                    Level::Store => "store",
                };
                write!(f, "hit; ttl={ttl}; detail={detail}")
            }
            Self::Loaded {
                reason,
                stored: Some(ttl),
            } => write!(f, "fwd={reason}; stored; ttl={ttl}"),
            Self::Loaded { reason, .. } => write!(f, "fwd={reason}"),
            Self::Collapsed { reason } => write!(f, "fwd={reason}; collapsed"),
            Self::Bypassed => f.write_str("fwd=bypass"),
        }
    }
}
