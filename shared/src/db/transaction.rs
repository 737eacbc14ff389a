//! Transactions.

use std::sync::Arc;

use super::pool::{Call, Pool};
use super::row::Rows;
use super::store::Connection;
use super::{DbError, Dialect, FromRow, Value, statement};

/// A transaction in progress, on a connection of its own.
///
/// After an error it can only be rolled back: Postgres refuses every further statement, and code
/// that goes on would work on SQLite alone.
pub struct Transaction {
    pool: Arc<Pool>,
    /// `None` once a statement failed: the connection was closed, which rolled back.
    connection: Option<Box<dyn Connection>>,
    /// The connection goes back to the pool.
    returns: bool,
}

impl Transaction {
    pub(super) async fn begin(pool: Arc<Pool>) -> Result<Self, DbError> {
        let call: Call<Rows> = |connection, sql, parameters| connection.query(sql, parameters);
        let (_, connection) = pool.run(call, begin(&pool), &[]).await?;
        Ok(Self {
            pool,
            connection: Some(connection),
            returns: true,
        })
    }

    /// The same on a connection with settings of its own, which is closed at the end.
    pub(super) async fn begin_on(
        pool: Arc<Pool>,
        mut connection: Box<dyn Connection>,
    ) -> Result<Self, DbError> {
        let begun = connection.query(begin(&pool), &[]).await;
        begun.inspect_err(|error| pool.note(error))?;
        Ok(Self {
            pool,
            connection: Some(connection),
            returns: false,
        })
    }

    /// Lets statements take as long as a migration may. The connection, which nobody else shall wait
    /// for as long, is closed at the end.
    pub(super) fn be_patient(&mut self) {
        if let Some(connection) = &mut self.connection {
            connection.be_patient();
        }
        self.returns = false;
    }

    /// As [`Db::query`](super::Db::query).
    ///
    /// # Errors
    ///
    /// When the database refuses the statement or a row is no `T`.
    pub async fn query<T: FromRow>(
        &mut self,
        sql: &str,
        parameters: impl AsRef<[Value]>,
    ) -> Result<Vec<T>, DbError> {
        self.rows(sql, parameters.as_ref()).await?.decode()
    }

    /// As [`Db::query_optional`](super::Db::query_optional).
    ///
    /// # Errors
    ///
    /// When the database refuses the statement or a row is no `T`.
    pub async fn query_optional<T: FromRow>(
        &mut self,
        sql: &str,
        parameters: impl AsRef<[Value]>,
    ) -> Result<Option<T>, DbError> {
        Ok(self.query(sql, parameters).await?.into_iter().next())
    }

    /// As [`Db::query_one`](super::Db::query_one).
    ///
    /// # Errors
    ///
    /// [`DbError::NoRow`] when there is none, and as [`query`](Self::query).
    pub async fn query_one<T: FromRow>(
        &mut self,
        sql: &str,
        parameters: impl AsRef<[Value]>,
    ) -> Result<T, DbError> {
        self.query_optional(sql, parameters)
            .await?
            .ok_or(DbError::NoRow)
    }

    /// As [`Db::execute`](super::Db::execute).
    ///
    /// # Errors
    ///
    /// When the database refuses the statement.
    pub async fn execute(
        &mut self,
        sql: &str,
        parameters: impl AsRef<[Value]>,
    ) -> Result<u64, DbError> {
        let parameters = parameters.as_ref();
        statement::check(sql, parameters)?;
        // Taken out for the length of the statement: if it fails, or is dropped while it runs, the
        // connection is closed.
        let mut connection = self.take()?;
        let affected = connection
            .execute(sql, parameters)
            .await
            .inspect_err(|error| self.pool.note(error))?;
        self.connection = Some(connection);
        Ok(affected)
    }

    async fn rows(&mut self, sql: &str, parameters: &[Value]) -> Result<Rows, DbError> {
        statement::check(sql, parameters)?;
        let mut connection = self.take()?;
        let rows = connection
            .query(sql, parameters)
            .await
            .inspect_err(|error| self.pool.note(error))?;
        self.connection = Some(connection);
        Ok(rows)
    }

    /// Makes everything since the start durable, and visible to others.
    ///
    /// # Errors
    ///
    /// When the database cannot; nothing of the transaction is kept then, except perhaps after
    /// [`DbError::Unavailable`]: the connection broke before the answer came.
    pub async fn commit(self) -> Result<(), DbError> {
        self.finish("COMMIT").await
    }

    /// Undoes everything since the start.
    ///
    /// # Errors
    ///
    /// Never for the transaction itself: when the statement fails the connection is closed, which
    /// undoes as well.
    pub async fn rollback(self) -> Result<(), DbError> {
        if self.connection.is_none() {
            return Ok(());
        }
        if let Err(error) = self.finish("ROLLBACK").await {
            tracing::warn!(%error, "a rollback failed and the connection was closed instead");
        }
        Ok(())
    }

    async fn finish(mut self, statement: &str) -> Result<(), DbError> {
        let mut connection = self.take()?;
        connection
            .query(statement, &[])
            .await
            .inspect_err(|error| self.pool.note(error))?;
        if self.returns {
            self.pool.give_back(connection);
        }
        Ok(())
    }

    fn take(&mut self) -> Result<Box<dyn Connection>, DbError> {
        self.connection.take().ok_or_else(|| {
            DbError::statement("", "an earlier statement of this transaction had failed")
        })
    }
}

fn begin(pool: &Pool) -> &'static str {
    match pool.store.dialect() {
        // A plain BEGIN would take the lock at the first write, where waiting for it could
        // deadlock with another reader turned writer, and SQLite then fails at once.
        Dialect::Sqlite => "BEGIN IMMEDIATE",
        Dialect::Postgres => "BEGIN",
    }
}

impl std::fmt::Debug for Transaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transaction")
            .field("failed", &self.connection.is_none())
            .finish_non_exhaustive()
    }
}
