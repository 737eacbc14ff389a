//! How much memory a value from a row will take, known before it is read.
//!
//! A `numeric` of 14 bytes may be a text of 131,072, and a `NULL` of 4 within an array takes 24:
//! the limit on what the server sends does not bound what becomes of it.

use tokio_postgres::types::{FromSql, Type};

use super::decimal;
use super::value::{Invalid, data_type, read_range};
use crate::postgres::{DataType, Value};

/// The length of a UUID as text.
const UUID_BYTES: usize = 36;

/// At least what [`Value::memory_bytes`] will say of the value, and little more.
pub(super) struct Measured(pub(super) usize);

impl<'a> FromSql<'a> for Measured {
    fn from_sql(
        ty: &Type,
        raw: &'a [u8],
    ) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        let beside = match data_type(ty) {
            DataType::Text | DataType::Binary | DataType::Jsonb | DataType::Other(_) => raw.len(),
            DataType::Uuid => UUID_BYTES,
            DataType::Decimal => decimal::text_bytes(raw)?,
            DataType::RangeDecimal => {
                let range = read_range(raw, decimal::text_bytes)?;
                let ends = [range.lower, range.upper].into_iter().flatten();
                ends.map(|end| end.value).sum()
            }
            DataType::ArrayInt32 => array_bytes(raw, size_of::<Option<i32>>(), |_| Ok(0))?,
            DataType::ArrayInt64 => array_bytes(raw, size_of::<Option<i64>>(), |_| Ok(0))?,
            DataType::ArrayText => {
                array_bytes(raw, size_of::<Option<String>>(), |item| Ok(item.len()))?
            }
            DataType::ArrayDecimal => {
                array_bytes(raw, size_of::<Option<String>>(), decimal::text_bytes)?
            }
            _ => 0,
        };
        Ok(Self(size_of::<Value>().saturating_add(beside)))
    }

    fn from_sql_null(_ty: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(size_of::<Value>()))
    }

    fn accepts(_ty: &Type) -> bool {
        true
    }
}

/// The sum over the items of an array: `place` for each, and what `content` says of those that are
/// not null. See `array_send` in
/// <https://github.com/postgres/postgres/blob/master/src/backend/utils/adt/arrayfuncs.c>.
fn array_bytes(
    raw: &[u8],
    place: usize,
    content: impl Fn(&[u8]) -> Result<usize, Invalid>,
) -> Result<usize, Invalid> {
    let short = || Invalid("an array is cut short".to_owned());
    let (dimensions, rest) = raw.split_first_chunk::<4>().ok_or_else(short)?;
    let dimensions = usize::try_from(i32::from_be_bytes(*dimensions)).map_err(|_| short())?;
    // Whether there are nulls, the type of the items, and two numbers for each dimension.
    let header = dimensions.saturating_mul(8).saturating_add(8);
    let mut rest = rest.get(header..).ok_or_else(short)?;
    let mut bytes = 0_usize;
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk::<4>().ok_or_else(short)?;
        bytes = bytes.saturating_add(place);
        rest = after;
        // A negative length is that of a null.
        if let Ok(length) = usize::try_from(i32::from_be_bytes(*length)) {
            let (item, after) = rest.split_at_checked(length).ok_or_else(short)?;
            bytes = bytes.saturating_add(content(item)?);
            rest = after;
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MAX_BUFFERED_BYTES;

    fn array(items: &[Option<&[u8]>]) -> Vec<u8> {
        let mut raw = Vec::new();
        let count = i32::try_from(items.len()).unwrap();
        for word in [1, 1, 1700, count, 1] {
            raw.extend(i32::to_be_bytes(word));
        }
        for item in items {
            let length = item.map_or(-1, |item| i32::try_from(item.len()).unwrap());
            raw.extend(length.to_be_bytes());
            raw.extend(item.unwrap_or_default());
        }
        raw
    }

    #[test]
    fn decimals_count_as_what_they_become() {
        // 1e131071: one digit (1000), weight 32,767.
        let huge: &[u8] = &[0, 1, 0x7F, 0xFF, 0, 0, 0, 0, 0x03, 0xE8];
        let raw = array(&[Some(huge); 1100]);
        assert!(raw.len() < 20_000);

        let Measured(bytes) = Measured::from_sql(&Type::NUMERIC_ARRAY, &raw).unwrap();

        assert!(bytes > MAX_BUFFERED_BYTES, "{bytes}");
    }

    #[test]
    fn nulls_within_an_array_count() {
        let raw = array(&[None, Some(b"abc".as_slice()), None]);
        let Measured(bytes) = Measured::from_sql(&Type::TEXT_ARRAY, &raw).unwrap();
        let value = Value::ArrayText(vec![None, Some("abc".to_owned()), None]);
        assert_eq!(bytes, value.memory_bytes());
        assert!(Measured::from_sql(&Type::TEXT_ARRAY, &[0, 0, 0, 1]).is_err());
    }
}
