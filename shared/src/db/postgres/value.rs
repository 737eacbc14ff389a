//! Values on their way to Postgres and back.

use spin_sdk::pg::{DbValue, ParameterValue};

use crate::db::{DbError, Value};

/// Every integer is a `BIGINT`, every float a `DOUBLE PRECISION`: Postgres compares a parameter's
/// type with what it expects at that place, and the schema has no others.
pub(super) fn into_spin(parameters: &[Value]) -> Vec<ParameterValue> {
    let parameters = parameters.iter().cloned();
    parameters
        .map(|value| match value {
            Value::Integer(integer) => ParameterValue::Int64(integer),
            Value::Real(real) => ParameterValue::Floating64(real),
            Value::Text(text) => ParameterValue::Str(text),
            Value::Blob(bytes) => ParameterValue::Binary(bytes),
            Value::Null => ParameterValue::DbNull,
        })
        .collect()
}

/// Reads a row: integers of every width as one, booleans as 0 and 1, as SQLite has them.
pub(super) fn from_spin(row: Vec<DbValue>, columns: &[String]) -> Result<Vec<Value>, DbError> {
    let values = row.into_iter().enumerate();
    values
        .map(|(at, value)| match value {
            DbValue::Boolean(boolean) => Ok(Value::Integer(boolean.into())),
            DbValue::Int8(integer) => Ok(Value::Integer(integer.into())),
            DbValue::Int16(integer) => Ok(Value::Integer(integer.into())),
            DbValue::Int32(integer) => Ok(Value::Integer(integer.into())),
            DbValue::Int64(integer) => Ok(Value::Integer(integer)),
            DbValue::Floating32(real) => Ok(Value::Real(real.into())),
            DbValue::Floating64(real) => Ok(Value::Real(real)),
            DbValue::Str(text) | DbValue::Uuid(text) => Ok(Value::Text(text)),
            DbValue::Binary(bytes) => Ok(Value::Blob(bytes)),
            DbValue::DbNull => Ok(Value::Null),
            _ => Err(DbError::Decode {
                column: columns.get(at).cloned().unwrap_or_else(|| at.to_string()),
                reason: "has a type that SQLite has no like of: CAST it, as a SUM to BIGINT",
            }),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_databases_have_comes_back_as_it_went() {
        let there = [
            Value::Integer(i64::MIN),
            Value::Real(0.5),
            Value::Text("🧵".to_owned()),
            Value::Blob(vec![0, 255]),
            Value::Null,
        ];
        let back: Vec<DbValue> = into_spin(&there)
            .into_iter()
            .map(|parameter| match parameter {
                ParameterValue::Int64(integer) => DbValue::Int64(integer),
                ParameterValue::Floating64(real) => DbValue::Floating64(real),
                ParameterValue::Str(text) => DbValue::Str(text),
                ParameterValue::Binary(bytes) => DbValue::Binary(bytes),
                ParameterValue::DbNull => DbValue::DbNull,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(from_spin(back, &[]).expect("reads"), there);
    }

    #[test]
    fn integers_of_every_width_and_booleans_are_integers() {
        for (value, expected) in [
            (DbValue::Boolean(false), 0),
            (DbValue::Boolean(true), 1),
            (DbValue::Int8(-8), -8),
            (DbValue::Int16(-16), -16),
            (DbValue::Int32(-32), -32),
        ] {
            assert_eq!(
                from_spin(vec![value], &[]).expect("reads"),
                [Value::Integer(expected)]
            );
        }
    }

    #[test]
    fn another_type_is_an_error_that_names_the_column() {
        let columns = ["id".to_owned(), "total".to_owned()];
        let row = vec![DbValue::Int64(1), DbValue::Decimal("12".to_owned())];
        let error = from_spin(row, &columns)
            .expect_err("is refused")
            .to_string();
        assert!(
            error.contains("`total`") && error.contains("CAST"),
            "{error}"
        );
    }
}
