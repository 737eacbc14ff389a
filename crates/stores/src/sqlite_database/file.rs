//! The file of an SQLite database, and how it is opened for a component.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use super::queue::Queue;
use crate::MAX_BUFFERED_BYTES;
use crate::private;

/// The settings that a component may change: they touch its connection or its own file.
///
/// The others reach further. `hard_heap_limit` and `soft_heap_limit` are those of the whole
/// process; `cache_size`, `cache_spill`, `mmap_size`, `temp_store` and `threads` let the host's
/// memory grow with the database. New ones have to be looked at before they are added.
const SETTABLE_PRAGMAS: [&str; 43] = [
    "analysis_limit",
    "application_id",
    "auto_vacuum",
    "automatic_index",
    "case_sensitive_like",
    "cell_size_check",
    "checkpoint_fullfsync",
    "count_changes",
    "defer_foreign_keys",
    "empty_result_callbacks",
    "encoding",
    "foreign_key_check",
    "foreign_key_list",
    "foreign_keys",
    "full_column_names",
    "fullfsync",
    "ignore_check_constraints",
    "incremental_vacuum",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "journal_mode",
    "journal_size_limit",
    "legacy_alter_table",
    "locking_mode",
    "max_page_count",
    "optimize",
    "page_size",
    "query_only",
    "quick_check",
    "read_uncommitted",
    "recursive_triggers",
    "reverse_unordered_selects",
    "secure_delete",
    "short_column_names",
    "synchronous",
    "table_info",
    "table_list",
    "table_xinfo",
    "user_version",
    "wal_autocheckpoint",
    "wal_checkpoint",
];

/// The longest `PRAGMA busy_timeout` in milliseconds: as long as a request lasts by default. A
/// statement that waits for a lock this way holds a thread and cannot be interrupted.
const MAX_BUSY_TIMEOUT_MS: i64 = 30_000;

/// The file of one database.
pub(super) struct File {
    path: PathBuf,
    /// The directory of a file that is gone with its last user.
    scratch: Option<TempDir>,
    pub(super) queue: Arc<Queue>,
}

impl File {
    /// A file that stays. It is created when it is first opened. Connections that only read have so
    /// many threads.
    pub(super) fn lasting(path: PathBuf, threads: usize) -> Self {
        Self {
            path,
            scratch: None,
            queue: Queue::new(threads),
        }
    }

    /// A new file that is deleted when the last reference to this goes.
    ///
    /// A database in memory would be faster, but SQLite has none that several connections can
    /// lock as they lock a file: there, a reader waits for as long as another connection is in a
    /// transaction that writes.
    ///
    /// # Errors
    ///
    /// If the system's directory for temporary files is not writable.
    pub(super) fn scratch(threads: usize) -> io::Result<Self> {
        let directory = tempfile::Builder::new().prefix("jenny-").tempdir()?;
        Ok(Self {
            path: directory.path().join("sqlite_db.db"),
            scratch: Some(directory),
            queue: Queue::new(threads),
        })
    }

    /// Begins with what another database's file held, before anybody has opened this one.
    pub(super) fn fill(&self, contents: &[u8]) -> io::Result<()> {
        std::fs::write(&self.path, contents)
    }

    /// Opens a connection for the statements of a component, which must reach this database and
    /// nothing else.
    pub(super) fn connect(&self) -> rusqlite::Result<Connection> {
        // No mutex inside SQLite: the host's own keeps a connection to one thread at a time. No
        // URIs: a path is a path.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        private::create_database(&self.path);
        let mut connection = Connection::open_with_flags(&self.path, flags)?;
        // `ATTACH` and `VACUUM INTO` take paths of the host.
        connection.authorizer(Some(authorize))?;
        // Keeps SQL from corrupting the file on purpose, and with it SQLite, which runs in the
        // host's address space.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        let longest = i32::try_from(MAX_BUFFERED_BYTES).expect("128 MiB fit into 31 bits");
        connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, longest)?;
        if self.scratch.is_some() {
            // Nobody reads the file after a crash.
            connection.pragma_update(None, "synchronous", "OFF")?;
        }
        Ok(connection)
    }
}

fn authorize(context: AuthContext<'_>) -> Authorization {
    match context.action {
        // Plain `VACUUM` attaches a nameless temporary database.
        AuthAction::Attach { filename: "" } => Authorization::Allow,
        AuthAction::Attach { .. } => Authorization::Deny,
        // A name that is only known when the statement runs.
        AuthAction::Unknown {
            code: rusqlite::ffi::SQLITE_ATTACH,
            ..
        } => Authorization::Deny,
        AuthAction::Pragma {
            pragma_name,
            pragma_value,
        } if !allows_pragma(pragma_name, pragma_value) => Authorization::Deny,
        _ => Authorization::Allow,
    }
}

/// Reading a setting is always allowed, unless it is a path of the host.
fn allows_pragma(name: &str, value: Option<&str>) -> bool {
    let name = name.to_ascii_lowercase();
    match (name.as_str(), value) {
        ("temp_store_directory" | "data_store_directory", _) => false,
        (_, None) => true,
        // In memory, a journal grows with the transaction.
        ("journal_mode", Some(mode)) => !mode.eq_ignore_ascii_case("memory"),
        ("busy_timeout", Some(milliseconds)) => milliseconds
            .parse()
            .is_ok_and(|milliseconds: i64| milliseconds <= MAX_BUSY_TIMEOUT_MS),
        (name, Some(_)) => SETTABLE_PRAGMAS.contains(&name),
    }
}
