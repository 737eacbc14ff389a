//! Values between `spin:mysql` and the driver.

use mysql_async::consts::{ColumnFlags, ColumnType};
use mysql_async::prelude::FromValue;
use mysql_async::{Row as DriverRow, Value as DriverValue};

use crate::mysql::{Column, DataType, MysqlError, Row, Value};

/// What `spin:mysql` calls the type of a column. A `BOOLEAN` is a `TINYINT(1)`, and both are `int8`
/// as on Spin.
fn data_type(column: &mysql_async::Column) -> DataType {
    let is_unsigned = column.flags().contains(ColumnFlags::UNSIGNED_FLAG);
    let integer = |signed, unsigned| if is_unsigned { unsigned } else { signed };
    let text = if column.flags().contains(ColumnFlags::BINARY_FLAG) {
        DataType::Binary
    } else {
        DataType::Text
    };
    match column.column_type() {
        ColumnType::MYSQL_TYPE_TINY => integer(DataType::Int8, DataType::Uint8),
        ColumnType::MYSQL_TYPE_SHORT => integer(DataType::Int16, DataType::Uint16),
        ColumnType::MYSQL_TYPE_INT24 | ColumnType::MYSQL_TYPE_LONG => {
            integer(DataType::Int32, DataType::Uint32)
        }
        ColumnType::MYSQL_TYPE_LONGLONG => integer(DataType::Int64, DataType::Uint64),
        ColumnType::MYSQL_TYPE_FLOAT => DataType::Floating32,
        ColumnType::MYSQL_TYPE_DOUBLE => DataType::Floating64,
        // A server says so of texts and blobs of every length, and of enumerations and sets.
        ColumnType::MYSQL_TYPE_BLOB
        | ColumnType::MYSQL_TYPE_STRING
        | ColumnType::MYSQL_TYPE_VAR_STRING => text,
        _ => DataType::Other,
    }
}

pub(super) fn column(column: &mysql_async::Column) -> Column {
    Column {
        name: column.name_str().into_owned(),
        data_type: data_type(column),
    }
}

/// The values of a row that has these columns.
///
/// # Errors
///
/// [`MysqlError::ValueConversionFailed`] for a value without a form in `spin:mysql`.
pub(super) fn row(row: DriverRow, columns: &[Column]) -> Result<Row, MysqlError> {
    let values = row.unwrap().into_iter().zip(columns);
    values.map(|(value, column)| read(value, column)).collect()
}

fn read(value: DriverValue, column: &Column) -> Result<Value, MysqlError> {
    if value == DriverValue::NULL {
        return Ok(Value::Null);
    }
    match column.data_type {
        DataType::Boolean => to(value).map(Value::Boolean),
        DataType::Int8 => to(value).map(Value::Int8),
        DataType::Int16 => to(value).map(Value::Int16),
        DataType::Int32 => to(value).map(Value::Int32),
        DataType::Int64 => to(value).map(Value::Int64),
        DataType::Uint8 => to(value).map(Value::Uint8),
        DataType::Uint16 => to(value).map(Value::Uint16),
        DataType::Uint32 => to(value).map(Value::Uint32),
        DataType::Uint64 => to(value).map(Value::Uint64),
        DataType::Floating32 => to(value).map(Value::Floating32),
        DataType::Floating64 => to(value).map(Value::Floating64),
        DataType::Text => to(value).map(Value::Text),
        DataType::Binary => to(value).map(Value::Binary),
        // The driver shows a few bytes of a long value.
        DataType::Other => Err(MysqlError::ValueConversionFailed(format!(
            "Cannot convert value {value:?} in column {} data type DbDataType::Other",
            column.name
        ))),
    }
}

fn to<T: FromValue>(value: DriverValue) -> Result<T, MysqlError> {
    mysql_async::from_value_opt(value)
        .map_err(|error| MysqlError::ValueConversionFailed(error.to_string()))
}

/// A value as the driver sends it.
///
/// # Errors
///
/// [`MysqlError::BadParameter`] for [`Value::Unsupported`].
pub(super) fn parameter(value: Value) -> Result<DriverValue, MysqlError> {
    Ok(match value {
        Value::Null => DriverValue::NULL,
        Value::Boolean(value) => value.into(),
        Value::Int8(value) => value.into(),
        Value::Int16(value) => value.into(),
        Value::Int32(value) => value.into(),
        Value::Int64(value) => value.into(),
        Value::Uint8(value) => value.into(),
        Value::Uint16(value) => value.into(),
        Value::Uint32(value) => value.into(),
        Value::Uint64(value) => value.into(),
        Value::Floating32(value) => value.into(),
        Value::Floating64(value) => value.into(),
        Value::Text(value) => value.into(),
        Value::Binary(value) => value.into(),
        Value::Unsupported => {
            let sentence = "a value of an unsupported type cannot be a parameter";
            return Err(MysqlError::BadParameter(sentence.to_owned()));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(column_type: ColumnType, flags: ColumnFlags) -> DataType {
        data_type(&mysql_async::Column::new(column_type).with_flags(flags))
    }

    #[test]
    fn types_are_told_by_the_columns_and_their_flags() {
        let (none, unsigned, binary) = (
            ColumnFlags::empty(),
            ColumnFlags::UNSIGNED_FLAG,
            ColumnFlags::BINARY_FLAG,
        );
        for (column_type, flags, expected) in [
            (ColumnType::MYSQL_TYPE_TINY, none, DataType::Int8),
            (ColumnType::MYSQL_TYPE_TINY, unsigned, DataType::Uint8),
            (ColumnType::MYSQL_TYPE_INT24, unsigned, DataType::Uint32),
            (ColumnType::MYSQL_TYPE_LONGLONG, unsigned, DataType::Uint64),
            (ColumnType::MYSQL_TYPE_BLOB, none, DataType::Text),
            (ColumnType::MYSQL_TYPE_BLOB, binary, DataType::Binary),
            (ColumnType::MYSQL_TYPE_VAR_STRING, none, DataType::Text),
            (ColumnType::MYSQL_TYPE_STRING, binary, DataType::Binary),
            (ColumnType::MYSQL_TYPE_NEWDECIMAL, none, DataType::Other),
            (ColumnType::MYSQL_TYPE_YEAR, unsigned, DataType::Other),
            (ColumnType::MYSQL_TYPE_DATE, binary, DataType::Other),
            (ColumnType::MYSQL_TYPE_JSON, binary, DataType::Other),
        ] {
            assert_eq!(typed(column_type, flags), expected, "{column_type:?}");
        }
    }

    #[test]
    fn a_value_that_does_not_fit_its_column_is_refused() {
        let column = |data_type| Column {
            name: "n".to_owned(),
            data_type,
        };
        let failed = |value: DriverValue, data_type| match read(value, &column(data_type)) {
            Err(MysqlError::ValueConversionFailed(sentence)) => sentence,
            other => panic!("{other:?}"),
        };
        failed(DriverValue::Int(300), DataType::Int8);
        failed(DriverValue::Int(-1), DataType::Uint64);
        failed(DriverValue::Bytes(vec![0xFF]), DataType::Text);
        assert_eq!(
            failed(DriverValue::Bytes(b"1.50".to_vec()), DataType::Other),
            "Cannot convert value Bytes(\"1.50\") in column n data type DbDataType::Other"
        );
        let null = read(DriverValue::NULL, &column(DataType::Other));
        assert_eq!(null, Ok(Value::Null));
        assert!(parameter(Value::Unsupported).is_err());
    }
}
