//! Times as the RealWorld contract writes them: RFC 3339 in UTC with exactly three decimals, so that
//! every time has the same length and sorts as text.
//!
//! ```
//! #[derive(serde::Serialize)]
//! struct Article {
//!     #[serde(serialize_with = "conduit::timestamp::serialize")]
//!     created_at: jiff::Timestamp,
//! }
//!
//! let created_at = "2016-02-18T03:22:56.637Z".parse()?;
//! let json = serde_json::to_string(&Article { created_at }).expect("serialises");
//! assert_eq!(json, r#"{"created_at":"2016-02-18T03:22:56.637Z"}"#);
//! # Ok::<(), jiff::Error>(())
//! ```

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use serde::Serializer;
use shared::openapi::Text;

const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));

/// The schema of a time as it is written here.
#[derive(Clone, Copy, Debug)]
pub struct Milliseconds;

shared::text_schema!(
    Milliseconds as Time,
    Text {
        description: "A time in UTC, to the millisecond (RFC 3339).",
        pattern: Some("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z$"),
        format: Some("date-time"),
        example: "2016-02-18T03:22:56.637Z",
        ..Text::ANY
    }
);

/// The time as text.
#[must_use]
pub fn to_string(time: Timestamp) -> String {
    PRINTER.timestamp_to_string(&time)
}

/// For `#[serde(serialize_with = "conduit::timestamp::serialize")]`.
///
/// # Errors
///
/// The serialiser's own.
pub fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&to_string(*time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_always_three_decimals() {
        for (milliseconds, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_455_765_776_637, "2016-02-18T03:22:56.637Z"),
            (1_455_765_776_600, "2016-02-18T03:22:56.600Z"),
        ] {
            let time = Timestamp::from_millisecond(milliseconds).expect("is in range");
            assert_eq!(to_string(time), expected);
        }
    }
}
