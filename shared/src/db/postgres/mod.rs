//! Spin's Postgres.
//!
//! A connection here is one of the host's pool, and so of the server, for as long as it is kept.
//! Spin hands them out as the previous user left them, which may be inside a transaction if that
//! one trapped: a plain write would then be acknowledged and never committed. So each is brought
//! out of whatever it is in before its first use.

mod error;
mod value;

use std::time::Duration;

use spin_sdk::pg;

use self::error::{IN_FAILED_TRANSACTION, open_error, sqlstate, statement_error};
use super::deadline::{ANSWER, MIGRATION_ANSWER, answer, within};
use super::row::Rows;
use super::store::{BoxFuture, Connection, Dialect, Store};
use super::{DbError, Value};
use crate::config::Secret;

/// How long opening a connection may take, the wait for a free one of the host's pool included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// When the server gives up by itself, in milliseconds: on a statement; on waiting for a lock, as
/// soon as SQLite does; and on a transaction in which nothing happens, so that a component that
/// hangs, or a host that is gone, does not hold its locks for longer.
const LIMITS: &str = "SELECT set_config('statement_timeout', '10000', false),
    set_config('lock_timeout', '5000', false),
    set_config('idle_in_transaction_session_timeout', '10000', false)";

/// The database of a URL whose host the manifest allows in `allowed_outbound_hosts`.
pub(super) struct SpinPostgres {
    url: Secret<String>,
}

impl SpinPostgres {
    pub(super) fn new(url: impl Into<String>) -> Self {
        Self {
            url: Secret::new(url.into()),
        }
    }
}

impl Store for SpinPostgres {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    /// Few: what one instance keeps, no other one has, nor anybody else who uses the server, which
    /// has 100 connections unless somebody has changed that.
    fn max_idle(&self) -> usize {
        2
    }

    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Connection>, DbError>> {
        Box::pin(async move {
            let open = pg::Connection::open(self.url.expose().as_str());
            let connection = within(CONNECT_TIMEOUT, open)
                .await
                .ok_or_else(|| unavailable("a connection could not be opened in time"))?
                .map_err(open_error)?;
            let mut connection = SpinConnection {
                connection,
                answers_within: ANSWER,
            };
            connection.leave_transaction().await?;
            connection.execute(LIMITS, &[]).await?;
            Ok(Box::new(connection) as Box<dyn Connection>)
        })
    }
}

struct SpinConnection {
    connection: pg::Connection,
    answers_within: Duration,
}

impl SpinConnection {
    /// Rolls back whatever a previous user left open.
    async fn leave_transaction(&mut self) -> Result<(), DbError> {
        // A ROLLBACK alone would leave a warning in the server's log wherever there is nothing to
        // roll back, which is almost always. In a transaction that has failed BEGIN is refused.
        let begun = answer(
            self.answers_within,
            self.connection.execute("BEGIN", Vec::new()),
        )
        .await?;
        if let Err(error) = begun
            && sqlstate(&error) != Some(IN_FAILED_TRANSACTION)
        {
            return Err(statement_error(error, "BEGIN"));
        }
        self.execute("ROLLBACK", &[]).await.map(|_| ())
    }

    /// Every row, and the names of the columns.
    async fn rows(
        &self,
        sql: &str,
        parameters: &[Value],
    ) -> Result<(Vec<String>, Vec<Vec<pg::DbValue>>), pg::Error> {
        let mut result = self
            .connection
            .query(sql, value::into_spin(parameters))
            .await?;
        let columns = result.columns().iter().map(|column| column.name.clone());
        let columns = columns.collect();
        let mut rows = Vec::new();
        while let Some(row) = result.rows().next().await {
            rows.push(row);
        }
        // Only now has the statement run.
        result.result().await?;
        Ok((columns, rows))
    }
}

impl Connection for SpinConnection {
    fn be_patient(&mut self) {
        self.answers_within = MIGRATION_ANSWER;
    }

    fn query<'a>(
        &'a mut self,
        sql: &'a str,
        parameters: &'a [Value],
    ) -> BoxFuture<'a, Result<Rows, DbError>> {
        Box::pin(async move {
            let (columns, rows) = answer(self.answers_within, self.rows(sql, parameters))
                .await?
                .map_err(|error| statement_error(error, sql))?;
            let rows = rows
                .into_iter()
                .map(|row| value::from_spin(row, &columns))
                .collect::<Result<_, _>>()?;
            Ok(Rows { columns, rows })
        })
    }

    fn execute<'a>(
        &'a mut self,
        sql: &'a str,
        parameters: &'a [Value],
    ) -> BoxFuture<'a, Result<u64, DbError>> {
        Box::pin(async move {
            answer(
                self.answers_within,
                self.connection.execute(sql, value::into_spin(parameters)),
            )
            .await?
            .map_err(|error| statement_error(error, sql))
        })
    }
}

fn unavailable(reason: &str) -> DbError {
    DbError::Unavailable(reason.to_owned())
}
