//! SQLite in memory, for native tests of whatever runs statements.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::OpenFlags;
use rusqlite::types::Value as Native;

use super::pool::Pool;
use super::row::Rows;
use super::sqlite::classify;
use super::store::{BoxFuture, Connection, Dialect, Store};
use super::{Db, DbError, Migration, Value, migrate};

/// Connections to one database that lives as long as this value or one of them.
pub(crate) struct MemoryStore {
    uri: String,
    _keeps_it_alive: std::sync::Mutex<rusqlite::Connection>,
}

impl MemoryStore {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let uri = format!("file:jenny-shared-{number}?mode=memory&cache=shared");
        let connection = open(&uri);
        Self {
            uri,
            _keeps_it_alive: std::sync::Mutex::new(connection),
        }
    }

    /// A second instance's view of the same database.
    pub(crate) fn another(&self) -> Self {
        Self {
            uri: self.uri.clone(),
            _keeps_it_alive: std::sync::Mutex::new(open(&self.uri)),
        }
    }
}

fn open(uri: &str) -> rusqlite::Connection {
    let flags = OpenFlags::default() | OpenFlags::SQLITE_OPEN_URI;
    rusqlite::Connection::open_with_flags(uri, flags).expect("a database in memory opens")
}

pub(crate) fn pool(store: MemoryStore) -> Arc<Pool> {
    Arc::new(Pool::new(Box::new(store)))
}

/// A migrated database.
pub(crate) async fn database(migrations: &[Migration]) -> Db {
    let pool = pool(MemoryStore::new());
    migrate::bring_up_to_date(&pool, migrations, true, jiff::Timestamp::UNIX_EPOCH)
        .await
        .expect("the migrations apply");
    Db(pool)
}

impl Store for MemoryStore {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn max_idle(&self) -> usize {
        4
    }

    fn connect(&self) -> BoxFuture<'_, Result<Box<dyn Connection>, DbError>> {
        let connection = open(&self.uri);
        connection
            .execute_batch("PRAGMA foreign_keys = ON")
            .expect("is a pragma");
        // A test must not wait for a lock that only itself could release.
        connection
            .busy_timeout(std::time::Duration::ZERO)
            .expect("can be set");
        Box::pin(async { Ok(Box::new(MemoryConnection(connection)) as Box<dyn Connection>) })
    }
}

struct MemoryConnection(rusqlite::Connection);

impl MemoryConnection {
    fn run(&self, sql: &str, parameters: &[Value]) -> rusqlite::Result<Rows> {
        let mut statement = self.0.prepare_cached(sql)?;
        let columns: Vec<String> = statement.column_names().map(ToString::to_string).collect();
        let width = columns.len();
        let parameters = rusqlite::params_from_iter(parameters.iter().map(into_native));
        let rows = statement.query_map(parameters, |row| {
            (0..width)
                .map(|at| row.get::<_, Native>(at).map(from_native))
                .collect()
        })?;
        Ok(Rows {
            columns,
            rows: rows.collect::<rusqlite::Result<_>>()?,
        })
    }
}

impl Connection for MemoryConnection {
    /// It waits for nothing.
    fn be_patient(&mut self) {}

    fn query<'a>(
        &'a mut self,
        sql: &'a str,
        parameters: &'a [Value],
    ) -> BoxFuture<'a, Result<Rows, DbError>> {
        let result = self
            .run(sql, parameters)
            .map_err(|error| classify(error.to_string(), sql));
        Box::pin(async { result })
    }

    fn execute<'a>(
        &'a mut self,
        sql: &'a str,
        parameters: &'a [Value],
    ) -> BoxFuture<'a, Result<u64, DbError>> {
        let result = self
            .run(sql, parameters)
            .map(|_| self.0.changes())
            .map_err(|error| classify(error.to_string(), sql));
        Box::pin(async { result })
    }
}

fn into_native(value: &Value) -> Native {
    match value.clone() {
        Value::Integer(integer) => Native::Integer(integer),
        Value::Real(real) => Native::Real(real),
        Value::Text(text) => Native::Text(text),
        Value::Blob(bytes) => Native::Blob(bytes),
        Value::Null => Native::Null,
    }
}

fn from_native(value: Native) -> Value {
    match value {
        Native::Integer(integer) => Value::Integer(integer),
        Native::Real(real) => Value::Real(real),
        Native::Text(text) => Value::Text(text),
        Native::Blob(bytes) => Value::Blob(bytes),
        Native::Null => Value::Null,
    }
}
