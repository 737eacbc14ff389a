//! Durations and sizes as people write them.

use std::time::Duration;

/// Parses a duration: `30` and `30s` are seconds, `m`, `ms`, `us` and `ns` are understood too. The
/// units are those of Spin's flags, and minutes.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number
        .parse()
        .map_err(|_| format!("`{text}` is not a duration such as 30s or 500ms"))?;
    let duration = match unit {
        "" | "s" => Duration::from_secs(number),
        "m" => Duration::from_secs(number.saturating_mul(60)),
        "ms" => Duration::from_millis(number),
        "us" | "μs" => Duration::from_micros(number),
        "ns" => Duration::from_nanos(number),
        _ => {
            return Err(format!(
                "`{unit}` is no unit of time; use m, s, ms, us or ns"
            ));
        }
    };
    if duration.is_zero() {
        return Err("it must be longer than nothing".to_owned());
    }
    // Deadlines are computed by adding to the present, which must not overflow.
    const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
    if duration > LONGEST {
        return Err("it must be at most 24 hours".to_owned());
    }
    Ok(duration)
}

/// Parses a size: a number of bytes, or one followed by `KiB`, `MiB` or `GiB`.
pub(super) fn bytes(text: &str) -> Result<usize, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: usize = number
        .parse()
        .map_err(|_| format!("`{text}` is not a size such as 134217728 or 128MiB"))?;
    let factor = match unit.trim_start() {
        "" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        unit => return Err(format!("`{unit}` is no unit of size; use KiB, MiB or GiB")),
    };
    number
        .checked_mul(factor)
        .filter(|&bytes| bytes > 0)
        .ok_or_else(|| format!("`{text}` is out of range"))
}

/// Parses a count of at least 1.
pub(super) fn count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err(format!("`{text}` is not a count of at least 1")),
        Ok(count) => Ok(count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(duration("30"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("7us"), Ok(Duration::from_micros(7)));
        for wrong in [
            "",
            "s",
            "-1s",
            "1.5s",
            "0",
            "0ms",
            "3 days",
            "25h",
            "1441m",
            "18446744073709551616",
        ] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes() {
        assert_eq!(bytes("1024"), Ok(1024));
        assert_eq!(bytes("128MiB"), Ok(134_217_728));
        assert_eq!(bytes("1 GiB"), Ok(1 << 30));
        for wrong in ["", "0", "MiB", "128MB", "-1", "99999999999GiB"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn counts() {
        assert_eq!(count("16"), Ok(16));
        assert!(count("0").is_err() && count("x").is_err());
    }
}
