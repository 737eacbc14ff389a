//! Values between `spin:postgres@4.2.0` and the capability.

use super::super::generated::spin::postgres4_2_0::postgres::{
    Column, DbDataType, DbError, DbValue, Error, Interval, ParameterValue, QueryError,
    RangeBoundKind,
};
use jenny_stores::postgres::{self, Bound, DataType, PostgresError, Range, Value};

/// One end of a range, as WIT has it.
type WitBound<T> = Option<(T, RangeBoundKind)>;

impl From<PostgresError> for Error {
    fn from(error: PostgresError) -> Self {
        match error {
            PostgresError::ConnectionFailed(text) => Self::ConnectionFailed(text),
            PostgresError::BadParameter(text) => Self::BadParameter(text),
            PostgresError::Failed(text) => Self::QueryFailed(QueryError::Text(text)),
            PostgresError::Refused(refusal) => Self::QueryFailed(QueryError::DbError(DbError {
                as_text: refusal.as_text,
                severity: refusal.severity,
                code: refusal.code,
                message: refusal.message,
                detail: refusal.detail,
                extras: refusal.extras,
            })),
            PostgresError::Other(text) => Self::Other(text),
        }
    }
}

impl From<ParameterValue> for Value {
    fn from(value: ParameterValue) -> Self {
        match value {
            ParameterValue::Boolean(value) => Self::Boolean(value),
            ParameterValue::Int8(value) => Self::Int8(value),
            ParameterValue::Int16(value) => Self::Int16(value),
            ParameterValue::Int32(value) => Self::Int32(value),
            ParameterValue::Int64(value) => Self::Int64(value),
            ParameterValue::Floating32(value) => Self::Floating32(value),
            ParameterValue::Floating64(value) => Self::Floating64(value),
            ParameterValue::Str(value) => Self::Text(value),
            ParameterValue::Binary(value) => Self::Binary(value),
            ParameterValue::Date(value) => Self::Date(value),
            ParameterValue::Time(value) => Self::Time(value),
            ParameterValue::Datetime(value) => Self::Datetime(value),
            ParameterValue::Timestamp(value) => Self::Timestamp(value),
            ParameterValue::Uuid(value) => Self::Uuid(value),
            ParameterValue::Jsonb(value) => Self::Jsonb(value),
            ParameterValue::Decimal(value) => Self::Decimal(value),
            ParameterValue::RangeInt32(value) => Self::RangeInt32(range(value)),
            ParameterValue::RangeInt64(value) => Self::RangeInt64(range(value)),
            ParameterValue::RangeDecimal(value) => Self::RangeDecimal(range(value)),
            ParameterValue::ArrayInt32(items) => Self::ArrayInt32(items),
            ParameterValue::ArrayInt64(items) => Self::ArrayInt64(items),
            ParameterValue::ArrayDecimal(items) => Self::ArrayDecimal(items),
            ParameterValue::ArrayStr(items) => Self::ArrayText(items),
            ParameterValue::Interval(value) => Self::Interval(postgres::Interval {
                microseconds: value.micros,
                days: value.days,
                months: value.months,
            }),
            ParameterValue::DbNull => Self::Null,
        }
    }
}

impl From<Value> for DbValue {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::DbNull,
            Value::Boolean(value) => Self::Boolean(value),
            Value::Int8(value) => Self::Int8(value),
            Value::Int16(value) => Self::Int16(value),
            Value::Int32(value) => Self::Int32(value),
            Value::Int64(value) => Self::Int64(value),
            Value::Floating32(value) => Self::Floating32(value),
            Value::Floating64(value) => Self::Floating64(value),
            Value::Text(value) => Self::Str(value),
            Value::Binary(value) => Self::Binary(value),
            Value::Date(value) => Self::Date(value),
            Value::Time(value) => Self::Time(value),
            Value::Datetime(value) => Self::Datetime(value),
            Value::Timestamp(value) => Self::Timestamp(value),
            Value::Uuid(value) => Self::Uuid(value),
            Value::Jsonb(value) => Self::Jsonb(value),
            Value::Decimal(value) => Self::Decimal(value),
            Value::RangeInt32(value) => Self::RangeInt32(bounds(value)),
            Value::RangeInt64(value) => Self::RangeInt64(bounds(value)),
            Value::RangeDecimal(value) => Self::RangeDecimal(bounds(value)),
            Value::ArrayInt32(items) => Self::ArrayInt32(items),
            Value::ArrayInt64(items) => Self::ArrayInt64(items),
            Value::ArrayDecimal(items) => Self::ArrayDecimal(items),
            Value::ArrayText(items) => Self::ArrayStr(items),
            Value::Interval(value) => Self::Interval(Interval {
                micros: value.microseconds,
                days: value.days,
                months: value.months,
            }),
            Value::Unsupported(value) => Self::Unsupported(value),
        }
    }
}

impl From<postgres::Column> for Column {
    fn from(column: postgres::Column) -> Self {
        Self {
            name: column.name,
            data_type: match column.data_type {
                DataType::Boolean => DbDataType::Boolean,
                DataType::Int16 => DbDataType::Int16,
                DataType::Int32 => DbDataType::Int32,
                DataType::Int64 => DbDataType::Int64,
                DataType::Floating32 => DbDataType::Floating32,
                DataType::Floating64 => DbDataType::Floating64,
                DataType::Text => DbDataType::Str,
                DataType::Binary => DbDataType::Binary,
                DataType::Date => DbDataType::Date,
                DataType::Time => DbDataType::Time,
                DataType::Datetime => DbDataType::Datetime,
                DataType::Uuid => DbDataType::Uuid,
                DataType::Jsonb => DbDataType::Jsonb,
                DataType::Decimal => DbDataType::Decimal,
                DataType::RangeInt32 => DbDataType::RangeInt32,
                DataType::RangeInt64 => DbDataType::RangeInt64,
                DataType::RangeDecimal => DbDataType::RangeDecimal,
                DataType::ArrayInt32 => DbDataType::ArrayInt32,
                DataType::ArrayInt64 => DbDataType::ArrayInt64,
                DataType::ArrayDecimal => DbDataType::ArrayDecimal,
                DataType::ArrayText => DbDataType::ArrayStr,
                DataType::Interval => DbDataType::Interval,
                DataType::Other(name) => DbDataType::Other(name),
            },
        }
    }
}

fn range<T>((lower, upper): (WitBound<T>, WitBound<T>)) -> Range<T> {
    let bound = |bound: WitBound<T>| {
        bound.map(|(value, kind)| Bound {
            value,
            inclusive: kind == RangeBoundKind::Inclusive,
        })
    };
    Range {
        lower: bound(lower),
        upper: bound(upper),
    }
}

fn bounds<T>(range: Range<T>) -> (WitBound<T>, WitBound<T>) {
    let bound = |bound: Option<Bound<T>>| {
        bound.map(|bound| {
            let kind = if bound.inclusive {
                RangeBoundKind::Inclusive
            } else {
                RangeBoundKind::Exclusive
            };
            (bound.value, kind)
        })
    };
    (bound(range.lower), bound(range.upper))
}
