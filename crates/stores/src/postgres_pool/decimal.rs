//! `numeric` in Postgres's binary format: a count of digits, the weight of the first, a sign, a
//! scale, and the digits to base 10,000.
//! See `numeric_send` in <https://github.com/postgres/postgres/blob/master/src/backend/utils/adt/numeric.c>.

use std::fmt::Write as _;

use super::value::Invalid;

const POSITIVE: u16 = 0x0000;
const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xC000;
const INFINITE: u16 = 0xD000;
const NEGATIVE_INFINITE: u16 = 0xF000;

/// Most digits after the point that Postgres takes.
const MAX_SCALE: usize = 16_383;

/// Most digits before the point.
const MAX_WHOLE_DIGITS: usize = 131_072;

fn word(raw: &[u8], index: usize) -> Result<u16, Invalid> {
    let bytes = raw
        .get(2 * index..2 * index + 2)
        .ok_or_else(|| Invalid("a numeric is cut short".to_owned()))?;
    Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
}

/// How long the text of a value is at most, without the work of writing it: a few bytes may stand
/// for a hundred thousand digits.
pub(super) fn text_bytes(raw: &[u8]) -> Result<usize, Invalid> {
    let weight = i32::from(word(raw, 1)?.cast_signed());
    let scale = usize::from(word(raw, 3)?);
    Ok(match word(raw, 2)? {
        POSITIVE | NEGATIVE => {
            let whole = usize::try_from(weight + 1).unwrap_or(0) * 4;
            // With a sign and a point.
            whole.max(1) + scale + 2
        }
        _ => "-Infinity".len(),
    })
}

/// Reads a value as text, with as many decimals as it has in the database.
pub(super) fn read(raw: &[u8]) -> Result<String, Invalid> {
    let word = |index: usize| word(raw, index);
    let count = usize::from(word(0)?);
    let weight = i32::from(word(1)?.cast_signed());
    let scale = usize::from(word(3)?);
    let negative = match word(2)? {
        POSITIVE => false,
        NEGATIVE => true,
        NAN => return Ok("NaN".to_owned()),
        INFINITE => return Ok("Infinity".to_owned()),
        NEGATIVE_INFINITE => return Ok("-Infinity".to_owned()),
        sign => return Err(Invalid(format!("a numeric has the sign {sign:#x}"))),
    };
    let digits = (0..count)
        .map(|index| word(4 + index))
        .collect::<Result<Vec<_>, _>>()?;
    // The group of a weight: the database stores none for zeros at either end.
    let group = |of: i32| {
        usize::try_from(weight - of)
            .ok()
            .and_then(|index| digits.get(index))
            .copied()
            .unwrap_or(0)
    };
    let mut text = String::from(if negative { "-" } else { "" });
    if weight < 0 {
        text.push('0');
    }
    for of in (0..=weight).rev() {
        if of == weight {
            _ = write!(text, "{}", group(of));
        } else {
            _ = write!(text, "{:04}", group(of));
        }
    }
    if scale > 0 {
        text.push('.');
        let end = text.len() + scale;
        let mut of = -1;
        while text.len() < end {
            _ = write!(text, "{:04}", group(of));
            of -= 1;
        }
        text.truncate(end);
    }
    Ok(text)
}

/// Appends the value of `text` in binary.
pub(super) fn write(text: &str, out: &mut Vec<u8>) -> Result<(), Invalid> {
    let special = match text {
        "NaN" => Some(NAN),
        "Infinity" => Some(INFINITE),
        "-Infinity" => Some(NEGATIVE_INFINITE),
        _ => None,
    };
    if let Some(sign) = special {
        for word in [0, 0, sign, 0] {
            out.extend(word.to_be_bytes());
        }
        return Ok(());
    }
    let invalid = || Invalid(format!("invalid decimal {text}"));
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (NEGATIVE, rest),
        None => (POSITIVE, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits_only = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    let whole = whole.trim_start_matches('0');
    if !unsigned.bytes().any(|byte| byte.is_ascii_digit())
        || !digits_only(whole)
        || !digits_only(fraction)
        || whole.len() > MAX_WHOLE_DIGITS
        || fraction.len() > MAX_SCALE
    {
        return Err(invalid());
    }
    // Groups of four, counted from the point.
    let padded = format!(
        "{}{whole}{fraction}{}",
        "0".repeat((4 - whole.len() % 4) % 4),
        "0".repeat((4 - fraction.len() % 4) % 4),
    );
    let groups: Vec<u16> = padded
        .as_bytes()
        .chunks(4)
        .map(|four| {
            four.iter()
                .fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'))
        })
        .collect();
    let zeros = groups.iter().take_while(|group| **group == 0).count();
    let end = groups
        .iter()
        .rposition(|group| *group != 0)
        .map_or(zeros, |last| last + 1);
    let digits = &groups[zeros.min(end)..end];
    let weight = whole.len().div_ceil(4) as i32 - 1 - zeros as i32;
    let (sign, weight) = if digits.is_empty() {
        (POSITIVE, 0)
    } else {
        (sign, weight)
    };
    let word = |number: usize| u16::try_from(number).map_err(|_| invalid());
    let weight = i16::try_from(weight).map_err(|_| invalid())?;
    out.extend(word(digits.len())?.to_be_bytes());
    out.extend(weight.to_be_bytes());
    out.extend(sign.to_be_bytes());
    out.extend(word(fraction.len())?.to_be_bytes());
    out.extend(digits.iter().flat_map(|digit| digit.to_be_bytes()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for text in [
            "0",
            "0.00",
            "1",
            "-1",
            "10000",
            "99999999",
            "123456789.987654321",
            "0.5",
            "0.0001",
            "0.00001",
            "-0.000000001",
            "1000000000000000000000000000000000000000000.5",
            "3.14159265358979323846264338327950288419716939937510582097494459",
            "100.00",
            "NaN",
            "Infinity",
            "-Infinity",
        ] {
            let mut raw = Vec::new();
            write(text, &mut raw).unwrap();
            assert_eq!(read(&raw).unwrap(), text);
            assert!(text_bytes(&raw).unwrap() >= text.len(), "{text}");
        }
    }

    #[test]
    fn other_spellings_become_the_usual_one() {
        for (written, read_back) in [
            ("+7", "7"),
            ("007", "7"),
            (".5", "0.5"),
            ("-0", "0"),
            ("5.", "5"),
        ] {
            let mut raw = Vec::new();
            write(written, &mut raw).unwrap();
            assert_eq!(read(&raw).unwrap(), read_back);
        }
    }

    #[test]
    fn the_length_of_a_text_is_known_before_it_is_written() {
        let mut raw = Vec::new();
        write(&format!("1{}", "0".repeat(MAX_WHOLE_DIGITS - 1)), &mut raw).unwrap();
        assert_eq!(raw.len(), 10);
        assert_eq!(text_bytes(&raw).unwrap(), MAX_WHOLE_DIGITS + 2);
        assert_eq!(read(&raw).unwrap().len(), MAX_WHOLE_DIGITS);
    }

    #[test]
    fn the_binary_format_is_that_of_postgres() {
        let mut raw = Vec::new();
        write("-12345.678", &mut raw).unwrap();
        // Three digits (1, 2345, 6780), weight 1, negative, scale 3.
        assert_eq!(raw, [0, 3, 0, 1, 0x40, 0, 0, 3, 0, 1, 9, 41, 26, 124]);
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "-", ".", "1e5", "1 ", "١", "--1", "1.2.3", "nan"] {
            assert!(write(text, &mut Vec::new()).is_err(), "{text:?}");
        }
        assert!(write(&format!("0.{}", "1".repeat(MAX_SCALE + 1)), &mut Vec::new()).is_err());
        assert!(read(&[0, 2, 0, 0, 0, 0, 0, 0, 0, 1]).is_err());
        assert!(read(&[]).is_err());
    }
}
