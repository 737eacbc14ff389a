//! The counts that are kept beside what they count.

use std::collections::BTreeMap;

use shared::db::{DbError, Parameters, Transaction, Value};

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
            let batch = amounts.by_ref().take(Parameters::MAX / 2);
            let mut parameters = Parameters::new();
            let sql = format!(
                "WITH changed (id, amount) AS (VALUES {})
                 UPDATE {table} SET {column} = {table}.{column} + changed.amount
                 FROM changed WHERE {table}.id = changed.id",
                parameters.rows(batch.map(|(id, amount)| [id.into(), amount.into()])),
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
    fn keys_are_counted_and_sorted() {
        let counts: Vec<_> = tally(["b", "a", "b"]).into_iter().collect();
        assert_eq!(counts, [("a", 1), ("b", 2)]);
    }
}
