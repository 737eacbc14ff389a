//! The one place where the clock is read.

use std::time::SystemTime;

use jiff::Timestamp;

/// Now, in whole milliseconds: what is answered, stored and compared is then the same value.
///
/// Pure logic takes the time as an argument; handlers call this once per request.
///
/// ```
/// assert_eq!(shared::time::now().as_nanosecond() % 1_000_000, 0);
/// ```
pub fn now() -> Timestamp {
    from_microseconds(microseconds_since_epoch() / 1000 * 1000)
}

/// Now, as precise as logs show it.
pub(crate) fn now_precisely() -> Timestamp {
    from_microseconds(microseconds_since_epoch())
}

fn microseconds_since_epoch() -> i64 {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since_epoch
        .ok()
        .and_then(|duration| i64::try_from(duration.as_micros()).ok())
        .unwrap_or(0)
}

// Not `Timestamp::now()`, whose panic would bring jiff's error texts into every component.
fn from_microseconds(microseconds: i64) -> Timestamp {
    Timestamp::from_microsecond(microseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}
