//! The file of key-value stores.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::Mutex;

use crate::private;

/// Spin's table. A file serves any number of stores.
const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS spin_key_value (
    store TEXT NOT NULL,
    key   TEXT NOT NULL,
    value BLOB NOT NULL,

    PRIMARY KEY (store, key)
)";

/// How long a call waits for another process's lock before it fails: as long as on Spin.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How many prepared statements the connection keeps: all of the above.
const CACHED_STATEMENTS: usize = 16;

/// One connection for a whole file: SQLite would serialise the writers anyway, and the mutex does
/// it without the waiting and retrying that file locks mean.
pub(super) struct File {
    path: Option<PathBuf>,
    /// How long a call waits for another process's lock.
    pub(super) busy_timeout: Duration,
    pub(super) connection: Arc<Mutex<Option<Connection>>>,
}

impl File {
    pub(super) fn new(path: Option<PathBuf>, busy_timeout: Duration) -> Self {
        Self {
            path,
            busy_timeout,
            connection: Arc::default(),
        }
    }

    pub(super) fn connect(&self) -> rusqlite::Result<Connection> {
        let connection = match &self.path {
            Some(path) => {
                private::create_database(path);
                Connection::open(path)?
            }
            None => Connection::open_in_memory()?,
        };
        connection.busy_timeout(self.busy_timeout)?;
        connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
        // One wait for the disk for each write in place of three or four, and as durable. Spin reads
        // and writes such a file as well; where it cannot be had, the usual journal does.
        let _ = connection.pragma_update(None, "journal_mode", "wal");
        connection.execute_batch(SCHEMA)?;
        // From now on, calls wait without the connection.
        connection.busy_timeout(Duration::ZERO)?;
        Ok(connection)
    }
}
