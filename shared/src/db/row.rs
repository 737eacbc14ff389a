//! Rows, and how they become types.

use super::{DbError, FromValue, Value};

#[doc(inline)]
pub use jenny_macros::FromRow;

/// What a statement returned, read to the end.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Value>>,
}

impl Rows {
    /// The rows of `statement` as types.
    pub(crate) fn decode<T: FromRow>(self, statement: &str) -> Result<Vec<T>, DbError> {
        let Self { columns, rows } = self;
        rows.into_iter()
            .map(|values| {
                T::from_row(&mut Row {
                    statement,
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
    statement: &'a str,
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
        match self.position(name) {
            Some(position) => self.take_at(position),
            None => Err(self.mismatch::<T>(name, MISSING)),
        }
    }

    /// Takes the value of the column with this name, or the default when there is no such column.
    ///
    /// # Errors
    ///
    /// When the column's value does not become a `T`.
    pub fn take_or_default<T: FromValue + Default>(&mut self, name: &str) -> Result<T, DbError> {
        let position = self.position(name);
        position.map_or_else(|| Ok(T::default()), |position| self.take_at(position))
    }

    /// Takes the value of the column at this position, from zero.
    ///
    /// # Errors
    ///
    /// When there is no such column or its value does not become a `T`.
    pub fn take_at<T: FromValue>(&mut self, position: usize) -> Result<T, DbError> {
        let Some(value) = self.values.get_mut(position) else {
            return Err(self.mismatch::<T>(&position.to_string(), MISSING));
        };
        let value = std::mem::replace(value, Value::Null);
        let found = value.kind();
        T::from_value(value).ok_or_else(|| {
            let name = self.columns.get(position).map_or("?", String::as_str);
            self.mismatch::<T>(name, found)
        })
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    fn mismatch<T>(&self, column: &str, found: &str) -> DbError {
        DbError::Decode {
            statement: self.statement.to_owned(),
            column: column.to_owned(),
            expected: std::any::type_name::<T>(),
            found: found.to_owned(),
        }
    }
}

const MISSING: &str = "missing";

/// A type that a row can become. Tuples are read by position, structs by name:
///
/// ```
/// use shared::db::FromRow;
///
/// #[derive(FromRow)]
/// struct Author {
///     username: String,
///     bio: Option<String>,
/// }
///
/// #[derive(FromRow)]
/// struct Article {
///     id: i64,
///     #[row(rename = "kind")]
///     r#type: String,
///     #[row(default)]
///     body: Option<String>,
///     #[row(flatten)]
///     author: Author,
///     #[row(skip)]
///     tags: Vec<String>,
/// }
/// ```
///
/// | option of a field | meaning |
/// |---|---|
/// | `#[row(rename = "kind")]` | the column has this name rather than the field's |
/// | `#[row(default)]` | the default when the result has no such column; a `NULL` is still read as one |
/// | `#[row(flatten)]` | the field is a `FromRow`, which reads its own columns of the same row |
/// | `#[row(skip)]` | the default, whatever the result has |
///
/// Columns that no field names are ignored. A field whose type is not a [`FromValue`] does not compile:
///
/// ```compile_fail
/// #[derive(shared::db::FromRow)]
/// struct Thing { at: std::time::Instant }
/// ```
pub trait FromRow: Sized {
    /// Reads the row.
    ///
    /// # Errors
    ///
    /// When a column is missing or has another type.
    fn from_row(row: &mut Row<'_>) -> Result<Self, DbError>;
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
