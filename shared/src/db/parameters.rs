//! The parameters of statements whose text is put together.

use std::fmt::Write as _;

use super::Value;

/// Collects the values of a statement and returns the text that stands for each, so that nobody counts
/// them. The text is the same for every database.
///
/// ```
/// use shared::db::{Db, DbError, Parameters};
/// use uuid::Uuid;
///
/// async fn titles(db: &Db, owner: Uuid, ids: &[Uuid]) -> Result<Vec<(String,)>, DbError> {
///     let mut parameters = Parameters::new();
///     let sql = format!(
///         "SELECT title FROM notes WHERE owner_id = {} AND id IN ({})",
///         parameters.add(owner),
///         parameters.list(ids.iter().copied()),
///     );
///     db.query(&sql, parameters).await
/// }
/// ```
#[derive(Debug, Default)]
pub struct Parameters(Vec<Value>);

impl Parameters {
    /// The most parameters of one statement that every database takes. SQLite takes 32,766
    /// (`SQLITE_MAX_VARIABLE_NUMBER`), Postgres 65,535, which is what 16 bits of its protocol hold.
    pub const MAX: usize = 32_766;

    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value: `$1` for the first.
    pub fn add(&mut self, value: impl Into<Value>) -> String {
        self.0.push(value.into());
        format!("${}", self.0.len())
    }

    /// Adds the values of an `IN` list: `$1, $2, $3`. Both databases search an index for each of them. An
    /// empty list is `NULL`, which no value is in. Nor is any value `NOT IN` it: ask for that only when
    /// there are some.
    pub fn list<T: Into<Value>>(&mut self, values: impl IntoIterator<Item = T>) -> String {
        let places: Vec<String> = values.into_iter().map(|value| self.add(value)).collect();
        if places.is_empty() {
            return "NULL".to_owned();
        }
        places.join(", ")
    }

    /// Adds the rows of a `VALUES` clause: `($1, $2), ($3, $4)`. Numbers are cast, since Postgres takes a
    /// parameter of a `VALUES` clause outside an `INSERT` for text.
    pub fn rows<const N: usize>(&mut self, rows: impl IntoIterator<Item = [Value; N]>) -> String {
        let mut text = String::new();
        for row in rows {
            text.push_str(if text.is_empty() { "(" } else { ", (" });
            for (index, value) in row.into_iter().enumerate() {
                let number = self.0.len() + 1;
                let separator = if index == 0 { "" } else { ", " };
                // Writing to a `String` cannot fail.
                _ = match value {
                    Value::Integer(_) => write!(text, "{separator}CAST(${number} AS BIGINT)"),
                    Value::Real(_) => {
                        write!(text, "{separator}CAST(${number} AS DOUBLE PRECISION)")
                    }
                    _ => write!(text, "{separator}${number}"),
                };
                self.0.push(value);
            }
            text.push(')');
        }
        text
    }
}

impl AsRef<[Value]> for Parameters {
    fn as_ref(&self) -> &[Value] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params;

    #[test]
    fn parameters_are_numbered_through_the_statement() {
        let mut parameters = Parameters::new();
        assert_eq!(parameters.add("a"), "$1");
        assert_eq!(parameters.list(["b", "c"]), "$2, $3");
        assert_eq!(
            parameters.rows([params!["d", 1], params!["e", 2]]),
            "($4, CAST($5 AS BIGINT)), ($6, CAST($7 AS BIGINT))"
        );
        assert_eq!(parameters.list([0; 0]), "NULL");
        assert_eq!(parameters.add(0.5), "$8");
        let expected = params!["a", "b", "c", "d", 1, "e", 2, 0.5];
        assert_eq!(parameters.as_ref(), expected);
    }
}
