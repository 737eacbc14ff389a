//! The seam between this module and a database: what each kind has to provide.

use std::future::Future;
use std::pin::Pin;

use super::row::Rows;
use super::{DbError, Value};

pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Which language of SQL a database speaks, where one text does not serve both.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// Postgres.
    Postgres,
}

/// A database that connections can be opened to.
pub(crate) trait Store: Send + Sync {
    fn dialect(&self) -> Dialect;

    /// How many connections an instance keeps while nobody uses them. More are opened when more are
    /// needed at once.
    fn max_idle(&self) -> usize;

    /// Opens a connection with foreign keys enforced, outside a transaction.
    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Connection>, DbError>>;
}

/// A connection. The exclusive borrow is what keeps a second statement from starting while rows of
/// the first are still to come.
pub(crate) trait Connection: Send {
    /// Runs one statement to its end and returns all of its rows.
    fn query<'a>(
        &'a mut self,
        sql: &'a str,
        parameters: &'a [Value],
    ) -> BoxFuture<'a, Result<Rows, DbError>>;

    /// From now on, lets a statement take as long as a migration may.
    fn be_patient(&mut self);

    /// Runs one statement to its end and returns how many rows it inserted, updated or deleted.
    /// Rows that it returns are not read: their columns may be of any type.
    fn execute<'a>(
        &'a mut self,
        sql: &'a str,
        parameters: &'a [Value],
    ) -> BoxFuture<'a, Result<u64, DbError>>;
}
