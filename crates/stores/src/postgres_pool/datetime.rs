//! Dates and times as Postgres counts them: days, and microseconds, since the year 2000.

use super::value::Invalid;
use crate::postgres::{Date, Datetime, Time};

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 24 * 60 * 60 * MICROS_PER_SECOND;

/// 2000-01-01, counted from 1970-01-01, in days.
const POSTGRES_EPOCH: i64 = 10_957;

/// Days since 1970 of a date in the Gregorian calendar.
/// See `days_from_civil` in <https://howardhinnant.github.io/date_algorithms.html>.
fn days(year: i32, month: u8, day: u8) -> i64 {
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((i64::from(month) + 9) % 12) + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The date of a day since 1970: `civil_from_days`, as above.
fn civil(days: i64) -> Result<Date, Invalid> {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let out_of_range = |_| Invalid("a date is out of range".to_owned());
    Ok((
        i32::try_from(year).map_err(out_of_range)?,
        u8::try_from(month).map_err(out_of_range)?,
        u8::try_from(day).map_err(out_of_range)?,
    ))
}

/// The number that Postgres keeps of a date.
pub(super) fn write_date((year, month, day): Date) -> Result<i32, Invalid> {
    let invalid = || Invalid(format!("invalid date y={year}, m={month}, d={day}"));
    if !(1..=12).contains(&month) || day == 0 {
        return Err(invalid());
    }
    let days = days(year, month, day);
    // Of a day that its month does not have, another day comes back.
    if civil(days)? != (year, month, day) {
        return Err(invalid());
    }
    i32::try_from(days - POSTGRES_EPOCH).map_err(|_| invalid())
}

/// The date that Postgres means by a number.
pub(super) fn read_date(number: i32) -> Result<Date, Invalid> {
    if number == i32::MAX || number == i32::MIN {
        return Err(infinite());
    }
    civil(i64::from(number) + POSTGRES_EPOCH)
}

/// Microseconds since midnight. What is finer is cut off.
pub(super) fn write_time((hour, minute, second, nanosecond): Time) -> Result<i64, Invalid> {
    if hour > 23 || minute > 59 || second > 59 || nanosecond > 999_999_999 {
        return Err(Invalid(format!(
            "invalid time {hour}:{minute}:{second}:{nanosecond}"
        )));
    }
    let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
    Ok(seconds * MICROS_PER_SECOND + i64::from(nanosecond / 1000))
}

/// The time of microseconds since midnight. `24:00:00` is one that Postgres has.
pub(super) fn read_time(micros: i64) -> Result<Time, Invalid> {
    let part = |micros: i64, unit: i64| {
        u8::try_from(micros / (unit * MICROS_PER_SECOND))
            .map_err(|_| Invalid("a time is out of range".to_owned()))
    };
    let nanosecond = (micros % MICROS_PER_SECOND).unsigned_abs() as u32 * 1000;
    let hour = part(micros, 3600)?;
    let minute = part(micros % (3600 * MICROS_PER_SECOND), 60)?;
    let second = part(micros % (60 * MICROS_PER_SECOND), 1)?;
    Ok((hour, minute, second, nanosecond))
}

/// Microseconds since 2000.
pub(super) fn write_datetime(
    (year, month, day, hour, minute, second, nanosecond): Datetime,
) -> Result<i64, Invalid> {
    let time = write_time((hour, minute, second, nanosecond))?;
    i64::from(write_date((year, month, day))?)
        .checked_mul(MICROS_PER_DAY)
        .and_then(|days| days.checked_add(time))
        .ok_or_else(|| Invalid(format!("invalid date y={year}, m={month}, d={day}")))
}

/// The date and time of microseconds since 2000.
pub(super) fn read_datetime(micros: i64) -> Result<Datetime, Invalid> {
    if micros == i64::MAX || micros == i64::MIN {
        return Err(infinite());
    }
    let (year, month, day) = civil(micros.div_euclid(MICROS_PER_DAY) + POSTGRES_EPOCH)?;
    let (hour, minute, second, nanosecond) = read_time(micros.rem_euclid(MICROS_PER_DAY))?;
    Ok((year, month, day, hour, minute, second, nanosecond))
}

/// Microseconds since 2000 of seconds since 1970.
pub(super) fn write_timestamp(seconds: i64) -> Result<i64, Invalid> {
    seconds
        .checked_sub(POSTGRES_EPOCH * 24 * 60 * 60)
        .and_then(|seconds| seconds.checked_mul(MICROS_PER_SECOND))
        .ok_or_else(|| Invalid(format!("invalid epoch timestamp {seconds}")))
}

fn infinite() -> Invalid {
    Invalid("an infinite date has no form in spin:postgres".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_from_2000() {
        for (date, number) in [
            ((2000, 1, 1), 0),
            ((1999, 12, 31), -1),
            ((2000, 2, 29), 59),
            ((2000, 3, 1), 60),
            ((1970, 1, 1), -10_957),
            ((2024, 12, 31), 9131),
            // The first and last day that Postgres has.
            ((-4713, 11, 24), -2_451_545),
            ((5_874_897, 12, 31), 2_145_031_948),
        ] {
            assert_eq!(write_date(date).unwrap(), number, "{date:?}");
            assert_eq!(read_date(number).unwrap(), date);
        }
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for date in [
            (2023, 2, 29),
            (1900, 2, 29),
            (2024, 4, 31),
            (2024, 0, 1),
            (2024, 13, 1),
            (2024, 1, 0),
            (2024, 1, 32),
        ] {
            assert!(write_date(date).is_err(), "{date:?}");
        }
        assert!(write_date((i32::MAX, 1, 1)).is_err());
        assert!(write_time((24, 0, 0, 0)).is_err());
        assert!(write_time((0, 0, 60, 0)).is_err());
        assert!(write_time((0, 0, 0, 1_000_000_000)).is_err());
        assert!(write_timestamp(i64::MAX).is_err());
        assert!(read_date(i32::MAX).is_err());
        assert!(read_datetime(i64::MIN).is_err());
    }

    #[test]
    fn times_are_kept_to_the_microsecond() {
        let before = (1999, 12, 31, 23, 59, 59, 999_999_000);
        assert_eq!(write_datetime(before).unwrap(), -1);
        assert_eq!(read_datetime(-1).unwrap(), before);
        assert_eq!(write_time((0, 0, 0, 1999)).unwrap(), 1);
        assert_eq!(read_time(MICROS_PER_DAY).unwrap(), (24, 0, 0, 0));
        assert_eq!(write_timestamp(946_684_800).unwrap(), 0);
    }
}
