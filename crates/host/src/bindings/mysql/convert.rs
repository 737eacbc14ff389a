//! Values between WIT and the capability. Both versions have the same types under other names.

use jenny_stores::mysql::{self, DataType, MysqlError, Value};

macro_rules! conversions {
    ($($wit:tt)+) => {
        const _: () = {
            use $($wit)+ as wit;

            impl From<MysqlError> for wit::Error {
                fn from(error: MysqlError) -> Self {
                    match error {
                        MysqlError::ConnectionFailed(text) => Self::ConnectionFailed(text),
                        MysqlError::BadParameter(text) => Self::BadParameter(text),
                        MysqlError::QueryFailed(text) => Self::QueryFailed(text),
                        MysqlError::ValueConversionFailed(text) => Self::ValueConversionFailed(text),
                        MysqlError::Other(text) => Self::Other(text),
                    }
                }
            }

            impl From<mysql::Column> for wit::Column {
                fn from(column: mysql::Column) -> Self {
                    Self {
                        name: column.name,
                        data_type: match column.data_type {
                            DataType::Boolean => wit::DbDataType::Boolean,
                            DataType::Int8 => wit::DbDataType::Int8,
                            DataType::Int16 => wit::DbDataType::Int16,
                            DataType::Int32 => wit::DbDataType::Int32,
                            DataType::Int64 => wit::DbDataType::Int64,
                            DataType::Uint8 => wit::DbDataType::Uint8,
                            DataType::Uint16 => wit::DbDataType::Uint16,
                            DataType::Uint32 => wit::DbDataType::Uint32,
                            DataType::Uint64 => wit::DbDataType::Uint64,
                            DataType::Floating32 => wit::DbDataType::Floating32,
                            DataType::Floating64 => wit::DbDataType::Floating64,
                            DataType::Text => wit::DbDataType::Str,
                            DataType::Binary => wit::DbDataType::Binary,
                            DataType::Other => wit::DbDataType::Other,
                        },
                    }
                }
            }

            impl From<wit::ParameterValue> for Value {
                fn from(value: wit::ParameterValue) -> Self {
                    match value {
                        wit::ParameterValue::Boolean(value) => Self::Boolean(value),
                        wit::ParameterValue::Int8(value) => Self::Int8(value),
                        wit::ParameterValue::Int16(value) => Self::Int16(value),
                        wit::ParameterValue::Int32(value) => Self::Int32(value),
                        wit::ParameterValue::Int64(value) => Self::Int64(value),
                        wit::ParameterValue::Uint8(value) => Self::Uint8(value),
                        wit::ParameterValue::Uint16(value) => Self::Uint16(value),
                        wit::ParameterValue::Uint32(value) => Self::Uint32(value),
                        wit::ParameterValue::Uint64(value) => Self::Uint64(value),
                        wit::ParameterValue::Floating32(value) => Self::Floating32(value),
                        wit::ParameterValue::Floating64(value) => Self::Floating64(value),
                        wit::ParameterValue::Str(value) => Self::Text(value),
                        wit::ParameterValue::Binary(value) => Self::Binary(value),
                        wit::ParameterValue::DbNull => Self::Null,
                    }
                }
            }

            impl From<Value> for wit::DbValue {
                fn from(value: Value) -> Self {
                    match value {
                        Value::Null => Self::DbNull,
                        Value::Boolean(value) => Self::Boolean(value),
                        Value::Int8(value) => Self::Int8(value),
                        Value::Int16(value) => Self::Int16(value),
                        Value::Int32(value) => Self::Int32(value),
                        Value::Int64(value) => Self::Int64(value),
                        Value::Uint8(value) => Self::Uint8(value),
                        Value::Uint16(value) => Self::Uint16(value),
                        Value::Uint32(value) => Self::Uint32(value),
                        Value::Uint64(value) => Self::Uint64(value),
                        Value::Floating32(value) => Self::Floating32(value),
                        Value::Floating64(value) => Self::Floating64(value),
                        Value::Text(value) => Self::Str(value),
                        Value::Binary(value) => Self::Binary(value),
                        Value::Unsupported => Self::Unsupported,
                    }
                }
            }
        };
    };
}

conversions!(super::super::generated::fermyon::spin::rdbms_types);
conversions!(super::super::generated::spin::mysql::mysql);
