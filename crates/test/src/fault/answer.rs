//! Answers that no store gave.

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};

use crate::ledger::SqlValue;

/// What a call is answered in place of whoever would have answered it.
///
/// An answer of one kind can be given to the calls that have such answers; whoever gives it to
/// another fails that call with a message that says so.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Odd {
    /// Nothing: no value, no rows, done.
    Nothing,
    /// Bytes: the value of a key.
    Bytes(Vec<u8>),
    /// Text: the value of a variable.
    Text(String),
    /// A number: the rows that a statement touched, the sum of an increment.
    Number(i64),
    /// Yes or no: whether a key exists, whether a swap took place.
    Boolean(bool),
    /// The names of columns, and rows.
    Rows {
        /// The names.
        columns: Vec<String>,
        /// The rows, each with a value for each column.
        rows: Vec<Vec<SqlValue>>,
    },
    /// The answer to an HTTP request.
    Response {
        /// Its status.
        status: StatusCode,
        /// Its headers.
        headers: HeaderMap,
        /// Its body.
        body: Bytes,
    },
}

impl Odd {
    /// Rows, of whatever the values are.
    pub fn rows<V: Into<SqlValue>>(
        columns: &[&str],
        rows: impl IntoIterator<Item = Vec<V>>,
    ) -> Self {
        let row = |row: Vec<V>| row.into_iter().map(Into::into).collect();
        Self::Rows {
            columns: columns.iter().map(|&name| name.to_owned()).collect(),
            rows: rows.into_iter().map(row).collect(),
        }
    }

    /// Columns and rows, if it is that or nothing.
    pub(crate) fn as_rows(&self) -> Option<(&[String], &[Vec<SqlValue>])> {
        match self {
            Self::Nothing => Some((&[], &[])),
            Self::Rows { columns, rows } => Some((columns, rows)),
            _ => None,
        }
    }

    /// This answer to an HTTP request.
    pub fn response(response: Response<impl Into<Bytes>>) -> Self {
        let (head, body) = response.into_parts();
        Self::Response {
            status: head.status,
            headers: head.headers,
            body: body.into(),
        }
    }
}

impl From<i64> for SqlValue {
    fn from(integer: i64) -> Self {
        Self::Integer(integer)
    }
}

impl From<&str> for SqlValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
