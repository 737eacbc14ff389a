//! `Db`: what functions run their statements on.

use std::sync::Arc;

use super::pool::{Call, Pool};
use super::row::Rows;
use super::{DbError, Dialect, FromRow, Transaction, Value, statement};

/// A handle on the database, migrated and ready. An extractor: `async fn show(db: Db, …)`. Cheap
/// to clone.
///
/// Each call outside a [transaction](Db::transaction) is one of its own: done, and on disk, when
/// it returns.
#[derive(Clone)]
pub struct Db(pub(super) Arc<Pool>);

impl Db {
    /// Which dialect the database speaks, for the rare text that has to differ.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.0.store.dialect()
    }

    /// Runs a statement and returns all of its rows.
    ///
    /// # Errors
    ///
    /// When the database refuses it or a row is no `T`.
    pub async fn query<T: FromRow>(
        &self,
        sql: &str,
        parameters: impl AsRef<[Value]>,
    ) -> Result<Vec<T>, DbError> {
        self.rows(sql, parameters.as_ref()).await?.decode()
    }

    /// Runs a statement and returns its first row, if there is one.
    ///
    /// # Errors
    ///
    /// When the database refuses it or a row is no `T`.
    pub async fn query_optional<T: FromRow>(
        &self,
        sql: &str,
        parameters: impl AsRef<[Value]>,
    ) -> Result<Option<T>, DbError> {
        Ok(self.query(sql, parameters).await?.into_iter().next())
    }

    /// Runs a statement and returns its first row.
    ///
    /// # Errors
    ///
    /// [`DbError::NoRow`] when there is none, and as [`query`](Self::query).
    pub async fn query_one<T: FromRow>(
        &self,
        sql: &str,
        parameters: impl AsRef<[Value]>,
    ) -> Result<T, DbError> {
        self.query_optional(sql, parameters)
            .await?
            .ok_or(DbError::NoRow)
    }

    /// Runs a statement and returns how many rows it inserted, updated or deleted.
    ///
    /// # Errors
    ///
    /// When the database refuses it.
    pub async fn execute(
        &self,
        sql: &str,
        parameters: impl AsRef<[Value]>,
    ) -> Result<u64, DbError> {
        let parameters = parameters.as_ref();
        statement::check(sql, parameters)?;
        let call: Call<u64> = |connection, sql, parameters| connection.execute(sql, parameters);
        let (affected, connection) = self.0.run(call, sql, parameters).await?;
        self.0.give_back(connection);
        Ok(affected)
    }

    async fn rows(&self, sql: &str, parameters: &[Value]) -> Result<Rows, DbError> {
        statement::check(sql, parameters)?;
        let call: Call<Rows> = |connection, sql, parameters| connection.query(sql, parameters);
        let (rows, connection) = self.0.run(call, sql, parameters).await?;
        self.0.give_back(connection);
        Ok(rows)
    }

    /// Starts a transaction that holds the right to write from its start, so that what it reads
    /// cannot change before it writes. Dropped without a [commit](Transaction::commit), it rolls
    /// back.
    ///
    /// Keep it short and never await anything but the database inside: every other writer waits.
    ///
    /// # Errors
    ///
    /// [`DbError::Busy`] when another writer does not finish in time.
    pub async fn begin(&self) -> Result<Transaction, DbError> {
        Transaction::begin(Arc::clone(&self.0)).await
    }

    /// Runs `work` in a [transaction](Self::begin), which is committed when it returns `Ok` and
    /// rolled back when it returns `Err` or is dropped half-way.
    ///
    /// # Errors
    ///
    /// What `work` returns, or the database's error on beginning or committing.
    pub async fn transaction<T, E: From<DbError>>(
        &self,
        work: impl AsyncFnOnce(&mut Transaction) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut transaction = self.begin().await?;
        match work(&mut transaction).await {
            Ok(done) => {
                transaction.commit().await?;
                Ok(done)
            }
            Err(error) => {
                transaction.rollback().await?;
                Err(error)
            }
        }
    }
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Db").field(&self.dialect()).finish()
    }
}
