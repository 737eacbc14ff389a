//! The one place where handlers read the clock.

use jiff::Timestamp;

/// Now, in whole milliseconds: what is answered, stored and compared is then the same value.
///
/// Pure logic takes the time as an argument; handlers call this once per request.
///
/// ```
/// assert_eq!(shared::time::now().as_nanosecond() % 1_000_000, 0);
/// ```
pub fn now() -> Timestamp {
    let milliseconds = Timestamp::now().as_millisecond();
    Timestamp::from_millisecond(milliseconds).expect("taken from a timestamp just now")
}
