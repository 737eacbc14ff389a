//! Where an SQLite database lives and how the host opens it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};

/// The most bytes that the host buffers for one answer, and the longest value that SQLite may
/// hold: Spin's number.
pub(crate) const MAX_BUFFERED_BYTES: usize = 128 * 1024 * 1024;

/// Distinguishes the in-memory databases of a process.
static NEXT_MEMORY_DATABASE: AtomicU64 = AtomicU64::new(0);

/// The place of one database.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Location {
    /// A file, created when it is first opened.
    File(PathBuf),
    /// A name in SQLite's `memdb` file system: every connection of the process that uses the name
    /// sees the same database, and it is gone with the last of them. Locks behave as on files,
    /// which they do not with `cache=shared`.
    Memory(String),
}

impl Location {
    /// A file.
    pub(crate) fn file(path: impl AsRef<Path>) -> Self {
        Self::File(path.as_ref().to_owned())
    }

    /// A new and empty database in memory that no other call returns.
    pub(crate) fn fresh_memory() -> Self {
        let number = NEXT_MEMORY_DATABASE.fetch_add(1, Ordering::Relaxed);
        Self::Memory(format!("/jenny-{number}"))
    }

    /// Opens a connection for the host's own statements.
    pub(crate) fn connect(&self) -> rusqlite::Result<Connection> {
        // No mutex inside SQLite: `Connection` is `Send` but not `Sync`, and ours live in a mutex.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        match self {
            Self::File(path) => Connection::open_with_flags(path, flags),
            Self::Memory(name) => Connection::open_with_flags_and_vfs(name, flags, c"memdb"),
        }
    }

    /// Opens a connection for the statements of a component, which must reach this database and
    /// nothing else.
    pub(crate) fn connect_for_guest(&self) -> rusqlite::Result<Connection> {
        let mut connection = self.connect()?;
        // `ATTACH` and `VACUUM INTO` take paths of the host.
        connection.authorizer(Some(authorize))?;
        // Keeps SQL from corrupting the file on purpose, and with it SQLite, which runs in the
        // host's address space.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        let longest = i32::try_from(MAX_BUFFERED_BYTES).expect("128 MiB fit into 31 bits");
        connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, longest)?;
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
        AuthAction::Pragma { pragma_name, .. }
            if pragma_name.eq_ignore_ascii_case("temp_store_directory")
                || pragma_name.eq_ignore_ascii_case("data_store_directory") =>
        {
            Authorization::Deny
        }
        _ => Authorization::Allow,
    }
}
