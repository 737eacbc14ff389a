//! Values between `spin:postgres` and the wire.
//!
//! A parameter has the type that the statement wants or it is refused, as on Spin: an `int64` for
//! an `int4` is an error there, and so it is here.

use bytes::{BufMut as _, BytesMut};
use tokio_postgres::types::{FromSql, IsNull, Kind, ToSql, Type, to_sql_checked};
use uuid::Uuid;

use super::{datetime, decimal};
use crate::postgres::{Bound, DataType, Interval, Range, Value};

type BoxError = Box<dyn std::error::Error + Sync + Send>;

/// A value that is none of its type.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Invalid(pub(super) String);

/// Flags of a range in binary: `RANGE_EMPTY` and so on in `rangetypes.h`.
const EMPTY: u8 = 0x01;
const LOWER_INCLUSIVE: u8 = 0x02;
const UPPER_INCLUSIVE: u8 = 0x04;
const LOWER_INFINITE: u8 = 0x08;
const UPPER_INFINITE: u8 = 0x10;

/// The version of the binary format of `jsonb`, which precedes the text.
const JSONB_VERSION: u8 = 1;

/// What `spin:postgres` calls a type.
pub(super) fn data_type(ty: &Type) -> DataType {
    match *ty {
        Type::BOOL => DataType::Boolean,
        Type::BYTEA => DataType::Binary,
        Type::FLOAT4 => DataType::Floating32,
        Type::FLOAT8 => DataType::Floating64,
        Type::INT2 => DataType::Int16,
        Type::INT4 => DataType::Int32,
        Type::INT8 => DataType::Int64,
        Type::TEXT | Type::VARCHAR | Type::BPCHAR => DataType::Text,
        Type::TIMESTAMP | Type::TIMESTAMPTZ => DataType::Datetime,
        Type::DATE => DataType::Date,
        Type::TIME => DataType::Time,
        Type::UUID => DataType::Uuid,
        Type::JSONB => DataType::Jsonb,
        Type::NUMERIC => DataType::Decimal,
        Type::INT4_RANGE => DataType::RangeInt32,
        Type::INT8_RANGE => DataType::RangeInt64,
        Type::NUM_RANGE => DataType::RangeDecimal,
        Type::INT4_ARRAY => DataType::ArrayInt32,
        Type::INT8_ARRAY => DataType::ArrayInt64,
        Type::NUMERIC_ARRAY => DataType::ArrayDecimal,
        Type::TEXT_ARRAY | Type::VARCHAR_ARRAY | Type::BPCHAR_ARRAY => DataType::ArrayText,
        Type::INTERVAL => DataType::Interval,
        _ => DataType::Other(ty.name().to_owned()),
    }
}

/// A value from a row.
pub(super) struct Read(pub(super) Value);

impl<'a> FromSql<'a> for Read {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, BoxError> {
        let value = match data_type(ty) {
            DataType::Boolean => Value::Boolean(bool::from_sql(ty, raw)?),
            DataType::Int16 => Value::Int16(i16::from_sql(ty, raw)?),
            DataType::Int32 => Value::Int32(i32::from_sql(ty, raw)?),
            DataType::Int64 => Value::Int64(i64::from_sql(ty, raw)?),
            DataType::Floating32 => Value::Floating32(f32::from_sql(ty, raw)?),
            DataType::Floating64 => Value::Floating64(f64::from_sql(ty, raw)?),
            DataType::Text => Value::Text(String::from_sql(ty, raw)?),
            DataType::Binary => Value::Binary(raw.to_vec()),
            DataType::Date => Value::Date(datetime::read_date(read_int(raw)?)?),
            DataType::Time => Value::Time(datetime::read_time(read_long(raw)?)?),
            DataType::Datetime => Value::Datetime(datetime::read_datetime(read_long(raw)?)?),
            DataType::Uuid => Value::Uuid(Uuid::from_slice(raw)?.to_string()),
            DataType::Jsonb => match raw.split_first() {
                Some((&JSONB_VERSION, text)) => Value::Jsonb(text.to_vec()),
                _ => return Err(Invalid("jsonb has an unknown version".to_owned()).into()),
            },
            DataType::Decimal => Value::Decimal(decimal::read(raw)?),
            DataType::RangeInt32 => Value::RangeInt32(read_range(raw, read_int)?),
            DataType::RangeInt64 => Value::RangeInt64(read_range(raw, read_long)?),
            DataType::RangeDecimal => Value::RangeDecimal(read_range(raw, decimal::read)?),
            DataType::ArrayInt32 => Value::ArrayInt32(Vec::from_sql(ty, raw)?),
            DataType::ArrayInt64 => Value::ArrayInt64(Vec::from_sql(ty, raw)?),
            DataType::ArrayDecimal => {
                let items = Vec::<Option<Decimal>>::from_sql(ty, raw)?;
                let text = |item: Option<Decimal>| item.map(|Decimal(text)| text);
                Value::ArrayDecimal(items.into_iter().map(text).collect())
            }
            DataType::ArrayText => Value::ArrayText(Vec::from_sql(ty, raw)?),
            DataType::Interval => Value::Interval(read_interval(raw)?),
            DataType::Other(_) => Value::Unsupported(raw.to_vec()),
        };
        Ok(Self(value))
    }

    fn from_sql_null(_ty: &Type) -> Result<Self, BoxError> {
        Ok(Self(Value::Null))
    }

    fn accepts(_ty: &Type) -> bool {
        true
    }
}

/// A `numeric` within an array.
#[derive(Debug)]
struct Decimal(String);

impl<'a> FromSql<'a> for Decimal {
    fn from_sql(_ty: &Type, raw: &'a [u8]) -> Result<Self, BoxError> {
        Ok(Self(decimal::read(raw)?))
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::NUMERIC
    }
}

impl ToSql for Decimal {
    fn to_sql(&self, _ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        put_decimal(&self.0, out)?;
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::NUMERIC
    }

    to_sql_checked!();
}

/// A value as a parameter.
#[derive(Debug)]
pub(super) struct Parameter<'a>(pub(super) &'a Value);

impl ToSql for Parameter<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        match self.0 {
            Value::Null => return Ok(IsNull::Yes),
            Value::Boolean(value) => return value.to_sql_checked(ty, out),
            Value::Int8(value) => return value.to_sql_checked(ty, out),
            Value::Int16(value) => return value.to_sql_checked(ty, out),
            Value::Int32(value) => return value.to_sql_checked(ty, out),
            Value::Int64(value) => return value.to_sql_checked(ty, out),
            Value::Floating32(value) => return value.to_sql_checked(ty, out),
            Value::Floating64(value) => return value.to_sql_checked(ty, out),
            Value::Text(value) => return value.to_sql_checked(ty, out),
            Value::Binary(value) => return value.to_sql_checked(ty, out),
            Value::ArrayInt32(items) => return items.to_sql_checked(ty, out),
            Value::ArrayInt64(items) => return items.to_sql_checked(ty, out),
            Value::ArrayText(items) => return items.to_sql_checked(ty, out),
            Value::ArrayDecimal(items) => {
                let decimal = |item: &Option<String>| item.clone().map(Decimal);
                let items: Vec<_> = items.iter().map(decimal).collect();
                return items.to_sql_checked(ty, out);
            }
            Value::Date(date) => {
                expect(ty, &[Type::DATE], "date")?;
                out.put_i32(datetime::write_date(*date)?);
            }
            Value::Time(time) => {
                expect(ty, &[Type::TIME], "time")?;
                out.put_i64(datetime::write_time(*time)?);
            }
            Value::Datetime(datetime) => {
                expect(ty, &[Type::TIMESTAMP], "datetime")?;
                out.put_i64(datetime::write_datetime(*datetime)?);
            }
            Value::Timestamp(seconds) => {
                expect(ty, &[Type::TIMESTAMPTZ], "timestamp")?;
                out.put_i64(datetime::write_timestamp(*seconds)?);
            }
            Value::Uuid(text) => {
                expect(ty, &[Type::UUID], "uuid")?;
                let uuid =
                    Uuid::parse_str(text).map_err(|_| Invalid(format!("invalid UUID {text}")))?;
                out.put_slice(uuid.as_bytes());
            }
            Value::Jsonb(text) => {
                expect(ty, &[Type::JSONB, Type::JSON], "jsonb")?;
                serde_json::from_slice::<serde::de::IgnoredAny>(text).map_err(|error| {
                    Invalid(format!(
                        "invalid JSON {}: {error}",
                        String::from_utf8_lossy(text)
                    ))
                })?;
                if *ty == Type::JSONB {
                    out.put_u8(JSONB_VERSION);
                }
                out.put_slice(text);
            }
            Value::Decimal(text) => {
                expect(ty, &[Type::NUMERIC], "decimal")?;
                put_decimal(text, out)?;
            }
            Value::RangeInt32(range) => {
                expect(ty, &[Type::INT4_RANGE], "range-int32")?;
                put_range(range, out, |value, out| {
                    out.put_i32(*value);
                    Ok(())
                })?;
            }
            Value::RangeInt64(range) => {
                expect(ty, &[Type::INT8_RANGE], "range-int64")?;
                put_range(range, out, |value, out| {
                    out.put_i64(*value);
                    Ok(())
                })?;
            }
            Value::RangeDecimal(range) => {
                expect(ty, &[Type::NUM_RANGE], "range-decimal")?;
                put_range(range, out, |value, out| put_decimal(value, out))?;
            }
            Value::Interval(interval) => {
                expect(ty, &[Type::INTERVAL], "interval")?;
                out.put_i64(interval.microseconds);
                out.put_i32(interval.days);
                out.put_i32(interval.months);
            }
            Value::Unsupported(_) => {
                let sentence = "a value of an unsupported type cannot be a parameter";
                return Err(Invalid(sentence.to_owned()).into());
            }
        }
        Ok(IsNull::No)
    }

    /// Each value checks for itself.
    fn accepts(_ty: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A domain is bound as the type that it restricts.
fn expect(ty: &Type, accepted: &[Type], name: &'static str) -> Result<(), BoxError> {
    let base = match ty.kind() {
        Kind::Domain(base) => base,
        _ => ty,
    };
    if accepted.contains(base) {
        Ok(())
    } else {
        Err(format!(
            "cannot convert a {name} to the Postgres type `{}`",
            ty.name()
        )
        .into())
    }
}

fn put_decimal(text: &str, out: &mut BytesMut) -> Result<(), Invalid> {
    let mut raw = Vec::new();
    decimal::write(text, &mut raw)?;
    out.put_slice(&raw);
    Ok(())
}

fn put_range<T>(
    range: &Range<T>,
    out: &mut BytesMut,
    put: impl Fn(&T, &mut BytesMut) -> Result<(), Invalid>,
) -> Result<(), Invalid> {
    let flag = |bound: &Option<Bound<T>>, inclusive: u8, infinite: u8| match bound {
        None => infinite,
        Some(bound) if bound.inclusive => inclusive,
        Some(_) => 0,
    };
    out.put_u8(
        flag(&range.lower, LOWER_INCLUSIVE, LOWER_INFINITE)
            | flag(&range.upper, UPPER_INCLUSIVE, UPPER_INFINITE),
    );
    for bound in [&range.lower, &range.upper].into_iter().flatten() {
        let at = out.len();
        out.put_i32(0);
        put(&bound.value, out)?;
        let length = i32::try_from(out.len() - at - 4)
            .map_err(|_| Invalid("a bound of a range is too long".to_owned()))?;
        out[at..at + 4].copy_from_slice(&length.to_be_bytes());
    }
    Ok(())
}

pub(super) fn read_range<T>(
    raw: &[u8],
    read: impl Fn(&[u8]) -> Result<T, Invalid>,
) -> Result<Range<T>, Invalid> {
    let short = || Invalid("a range is cut short".to_owned());
    let (&flags, mut rest) = raw.split_first().ok_or_else(short)?;
    if flags & EMPTY != 0 {
        // Without bounds it would read as the range of everything.
        return Err(Invalid(
            "an empty range has no form in spin:postgres".to_owned(),
        ));
    }
    let mut bound = |infinite: u8, inclusive: u8| {
        if flags & infinite != 0 {
            return Ok(None);
        }
        let (length, after) = rest.split_first_chunk::<4>().ok_or_else(short)?;
        let length = usize::try_from(i32::from_be_bytes(*length)).map_err(|_| short())?;
        let (value, after) = after.split_at_checked(length).ok_or_else(short)?;
        rest = after;
        Ok(Some(Bound {
            value: read(value)?,
            inclusive: flags & inclusive != 0,
        }))
    };
    Ok(Range {
        lower: bound(LOWER_INFINITE, LOWER_INCLUSIVE)?,
        upper: bound(UPPER_INFINITE, UPPER_INCLUSIVE)?,
    })
}

fn read_interval(raw: &[u8]) -> Result<Interval, Invalid> {
    let cut = || Invalid("an interval is cut short".to_owned());
    let (microseconds, rest) = raw.split_at_checked(8).ok_or_else(cut)?;
    let (days, months) = rest.split_at_checked(4).ok_or_else(cut)?;
    Ok(Interval {
        microseconds: read_long(microseconds)?,
        days: read_int(days)?,
        months: read_int(months)?,
    })
}

fn read_int(raw: &[u8]) -> Result<i32, Invalid> {
    let bytes = raw.try_into().map_err(|_| wrong_length(raw))?;
    Ok(i32::from_be_bytes(bytes))
}

fn read_long(raw: &[u8]) -> Result<i64, Invalid> {
    let bytes = raw.try_into().map_err(|_| wrong_length(raw))?;
    Ok(i64::from_be_bytes(bytes))
}

fn wrong_length(raw: &[u8]) -> Invalid {
    Invalid(format!("a number has {} bytes", raw.len()))
}
