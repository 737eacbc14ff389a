//! Rows, and how they become types.

use super::{DbError, FromValue, Value};

/// What a statement returned, read to the end.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Value>>,
}

impl Rows {
    pub(crate) fn decode<T: FromRow>(self) -> Result<Vec<T>, DbError> {
        let Self { columns, rows } = self;
        rows.into_iter()
            .map(|values| {
                T::from_row(&mut Row {
                    columns: &columns,
                    values,
                })
            })
            .collect()
    }
}

/// One row of a result. Each column is taken out once.
#[derive(Debug)]
pub struct Row<'a> {
    columns: &'a [String],
    values: Vec<Value>,
}

impl Row<'_> {
    /// Takes the value of the column with this name.
    ///
    /// # Errors
    ///
    /// When there is no such column or its value does not become a `T`.
    pub fn take<T: FromValue>(&mut self, name: &str) -> Result<T, DbError> {
        let position = self.columns.iter().position(|column| column == name);
        position
            .ok_or_else(|| decode_error(name, "is not in the result"))
            .and_then(|position| self.take_at(position))
    }

    /// Takes the value of the column at this position, from zero.
    ///
    /// # Errors
    ///
    /// When there is no such column or its value does not become a `T`.
    pub fn take_at<T: FromValue>(&mut self, position: usize) -> Result<T, DbError> {
        let name = || {
            let name = self.columns.get(position);
            name.cloned().unwrap_or_else(|| position.to_string())
        };
        let value = match self.values.get_mut(position) {
            Some(value) => std::mem::replace(value, Value::Null),
            None => return Err(decode_error(&name(), "is not in the result")),
        };
        T::from_value(value).ok_or_else(|| decode_error(&name(), "has another type or range"))
    }
}

fn decode_error(column: &str, reason: &'static str) -> DbError {
    DbError::Decode {
        column: column.to_owned(),
        reason,
    }
}

/// A type that a row can become. Tuples are read by position, structs by
/// [`from_row!`](crate::from_row).
pub trait FromRow: Sized {
    /// Reads the row.
    ///
    /// # Errors
    ///
    /// When a column is missing or has another type.
    fn from_row(row: &mut Row<'_>) -> Result<Self, DbError>;
}

/// Reads a struct from a row by the names of its fields: `from_row!(User { id, email });`.
///
/// ```
/// struct User { id: i64, email: Option<String> }
///
/// shared::from_row!(User { id, email });
/// ```
#[macro_export]
macro_rules! from_row {
    ($type:ty { $($field:ident),+ $(,)? }) => {
        impl $crate::db::FromRow for $type {
            fn from_row(
                row: &mut $crate::db::Row<'_>,
            ) -> ::core::result::Result<Self, $crate::db::DbError> {
                ::core::result::Result::Ok(Self {
                    $($field: row.take(::core::stringify!($field))?),+
                })
            }
        }
    };
}

macro_rules! tuples {
    ($($($name:ident $position:literal),+;)+) => {$(
        impl<$($name: FromValue),+> FromRow for ($($name,)+) {
            fn from_row(row: &mut Row<'_>) -> Result<Self, DbError> {
                Ok(($(row.take_at::<$name>($position)?,)+))
            }
        }
    )+};
}

tuples! {
    A 0;
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
}
