//! What statements are given.

use jenny_stores::{mysql, postgres};

/// A parameter of a statement, of whatever database. Shown, it ends early if it is long, and private keys
/// are left out.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "they say what they are")]
pub enum SqlValue {
    Null,
    Boolean(bool),
    Integer(i64),
    Real(f64),
    Text(String),
    Bytes(Vec<u8>),
    /// A value of another type, as Rust shows it.
    Other(String),
}

impl From<&jenny_stores::Value> for SqlValue {
    fn from(value: &jenny_stores::Value) -> Self {
        use jenny_stores::Value;
        match value {
            Value::Null => Self::Null,
            Value::Integer(integer) => Self::Integer(*integer),
            Value::Real(real) => Self::Real(*real),
            Value::Text(text) => Self::Text(text.clone()),
            Value::Blob(bytes) => Self::Bytes(bytes.clone()),
        }
    }
}

impl From<&postgres::Value> for SqlValue {
    fn from(value: &postgres::Value) -> Self {
        use postgres::Value;
        match value {
            Value::Null => Self::Null,
            Value::Boolean(boolean) => Self::Boolean(*boolean),
            Value::Int8(integer) => Self::Integer((*integer).into()),
            Value::Int16(integer) => Self::Integer((*integer).into()),
            Value::Int32(integer) => Self::Integer((*integer).into()),
            Value::Int64(integer) => Self::Integer(*integer),
            Value::Floating32(real) => Self::Real((*real).into()),
            Value::Floating64(real) => Self::Real(*real),
            Value::Text(text) => Self::Text(text.clone()),
            Value::Binary(bytes) => Self::Bytes(bytes.clone()),
            other => Self::Other(format!("{other:?}")),
        }
    }
}

impl From<&mysql::Value> for SqlValue {
    fn from(value: &mysql::Value) -> Self {
        use mysql::Value;
        match value {
            Value::Null => Self::Null,
            Value::Boolean(boolean) => Self::Boolean(*boolean),
            Value::Int8(integer) => Self::Integer((*integer).into()),
            Value::Int16(integer) => Self::Integer((*integer).into()),
            Value::Int32(integer) => Self::Integer((*integer).into()),
            Value::Int64(integer) => Self::Integer(*integer),
            Value::Uint8(integer) => Self::Integer((*integer).into()),
            Value::Uint16(integer) => Self::Integer((*integer).into()),
            Value::Uint32(integer) => Self::Integer((*integer).into()),
            Value::Uint64(integer) => match i64::try_from(*integer) {
                Ok(integer) => Self::Integer(integer),
                Err(_) => Self::Other(integer.to_string()),
            },
            Value::Floating32(real) => Self::Real((*real).into()),
            Value::Floating64(real) => Self::Real(*real),
            Value::Text(text) => Self::Text(text.clone()),
            Value::Binary(bytes) => Self::Bytes(bytes.clone()),
            Value::Unsupported => Self::Other("unsupported".to_owned()),
        }
    }
}
