//! Statements of many rows, and the counts that are kept beside them.

use std::collections::BTreeMap;

use shared::db::{DbError, Transaction, Value};

/// The most parameters of one statement. SQLite takes 32,766 (`SQLITE_MAX_VARIABLE_NUMBER`) and
/// Postgres 65,535, its protocol's 16 bits.
pub(crate) const MAX_PARAMETERS: usize = 32_000;

/// `($1, $2), ($3, $4)`: the places of so many rows, whose columns are given by how each is written,
/// with `$` where the parameter's number goes.
pub(crate) fn rows(count: usize, columns: &[&str]) -> String {
    let mut number = 0;
    let mut text = String::new();
    for row in 0..count {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for (index, column) in columns.iter().enumerate() {
            if index > 0 {
                text.push_str(", ");
            }
            number += 1;
            text.push_str(&column.replace('$', &format!("${number}")));
        }
        text.push(')');
    }
    text
}

/// `$1, $2, $3`: a list of so many parameters.
pub(crate) fn list(count: usize) -> String {
    let places: Vec<String> = (1..=count).map(|number| format!("${number}")).collect();
    places.join(", ")
}

/// A count that is a column of what it belongs to.
#[derive(Clone, Copy)]
pub(crate) struct Counter {
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
}

impl Counter {
    /// Adds to the counts of the rows with these ids, in one statement for each batch of them.
    pub(crate) async fn add<K: Into<Value>>(
        self,
        tx: &mut Transaction,
        amounts: BTreeMap<K, i64>,
    ) -> Result<(), DbError> {
        let Self { table, column } = self;
        let mut amounts = amounts.into_iter().peekable();
        while amounts.peek().is_some() {
            let parameters: Vec<Value> = amounts
                .by_ref()
                .take(MAX_PARAMETERS / 2)
                .flat_map(|(id, amount)| [id.into(), Value::Integer(amount)])
                .collect();
            // Postgres takes a parameter in VALUES for text unless it is told otherwise.
            let rows = rows(parameters.len() / 2, &["$", "CAST($ AS BIGINT)"]);
            let sql = format!(
                "WITH changed (id, amount) AS (VALUES {rows})
                 UPDATE {table} SET {column} = {table}.{column} + changed.amount
                 FROM changed WHERE {table}.id = changed.id"
            );
            tx.execute(&sql, parameters).await?;
        }
        Ok(())
    }
}

/// Counts how often each key occurs.
pub(crate) fn tally<K: Ord>(keys: impl IntoIterator<Item = K>) -> BTreeMap<K, i64> {
    let mut counts = BTreeMap::new();
    for key in keys {
        *counts.entry(key).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbered_through_all_rows() {
        assert_eq!(
            rows(1, &["$", "CAST($ AS BIGINT)"]),
            "($1, CAST($2 AS BIGINT))"
        );
        assert_eq!(rows(2, &["$", "$"]), "($1, $2), ($3, $4)");
        assert_eq!(list(3), "$1, $2, $3");
    }

    #[test]
    fn keys_are_counted_and_sorted() {
        let counts: Vec<_> = tally(["b", "a", "b"]).into_iter().collect();
        assert_eq!(counts, [("a", 1), ("b", 2)]);
    }
}
