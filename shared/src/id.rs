//! Fresh ids.

use jiff::Timestamp;
use uuid::{NoContext, Uuid};

/// A UUID of version 7 (RFC 9562, section 5.7) for what comes into being `now`, with randomness from the
/// host. Such ids sort by age, so that new rows stand side by side in an index, and the order of the index
/// is the order of a list.
///
/// ```
/// let now = shared::time::now();
/// let id = shared::id::new_uuid(now);
/// assert_eq!(id.get_version_num(), 7);
/// ```
#[must_use]
pub fn new_uuid(now: Timestamp) -> Uuid {
    let seconds = u64::try_from(now.as_second()).unwrap_or(0);
    let nanoseconds = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
    Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, nanoseconds))
}
