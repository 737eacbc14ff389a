//! The data layer: portable SQL over Spin's SQLite and Postgres, typed rows, transactions,
//! migrations.
//!
//! A router gets its database from [`layer`], a handler from the [`Db`] extractor, and a
//! function's `store.rs` holds the SQL:
//!
//! ```
//! use shared::db::{Db, DbError, params};
//! use shared::identity::UserId;
//!
//! struct Name { username: String, email: String }
//!
//! shared::from_row!(Name { username, email });
//!
//! async fn find_name(db: &Db, id: UserId) -> Result<Option<Name>, DbError> {
//!     db.query_optional("SELECT username, email FROM users WHERE id = $1", params![id]).await
//! }
//! ```
//!
//! # One text for SQLite and Postgres
//!
//! Parameters are `$1`, `$2`, … **in order of first use**, and may be used again. Postgres takes
//! the number as the position; SQLite takes `$1` as a name and counts names as they come, which is
//! the same for texts in that order. A text in another order is refused before it runs, on every
//! database. What decides between outcomes is `ON CONFLICT … RETURNING` and the rows that come
//! back, never the text of an error. SQL never asks for the time: it is a parameter, an integer of
//! milliseconds since the Unix epoch in UTC (`BIGINT` on Postgres), which sorts, compares and
//! subtracts in the same way everywhere. Booleans are `0` and `1` for the same reason.
//!
//! # Connections
//!
//! A connection is used by one statement or one transaction at a time and goes back to the
//! instance's few idle ones afterwards, so that requests which share an instance never meet inside
//! a transaction, and no request pays for opening one while others lie idle. Rows are always read
//! to the end and the statement's result awaited before a call returns: on Spin a write is done
//! only then. A connection on which anything failed, or whose transaction was dropped half-way, is
//! closed, which rolls back.
//!
//! A database that is locked, slow or away is a 503 with `Retry-After`, within seconds: after five
//! of waiting for another's lock, ten of one statement on Postgres. When it is back, the next
//! request finds it: connections that broke are never used again, and a statement that changes
//! nothing is tried once more on a new one.
//!
//! # Transactions
//!
//! On SQLite there is one writer at a time, from the start of its transaction. On Postgres
//! transactions run beside each other and see what others have committed by the time of each
//! statement (`READ COMMITTED`); what must not change between a read and a write is locked by
//! writing first, or guarded by the row that a write returns.

mod deadline;
mod error;
mod handle;
mod layer;
mod migrate;
mod pool;
mod postgres;
mod row;
mod sqlite;
mod statement;
mod store;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod transaction;
mod value;

pub use self::error::DbError;
pub use self::handle::Db;
pub(crate) use self::layer::layer_with;
pub use self::layer::{Database, layer};
pub use self::migrate::{Migration, Script, Statement};
pub use self::row::{FromRow, Row};
pub use self::store::Dialect;
pub use self::transaction::Transaction;
pub use self::value::{FromValue, Value};
#[doc(inline)]
pub use crate::params;
