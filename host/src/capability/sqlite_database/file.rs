//! The file of an SQLite database, and how it is opened for a component.

use std::io;
use std::path::PathBuf;

use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use crate::capability::MAX_BUFFERED_BYTES;

/// The file of one database.
pub(super) struct File {
    path: PathBuf,
    /// The directory of a file that is gone with its last user.
    scratch: Option<TempDir>,
}

impl File {
    /// A file that stays. It is created when it is first opened.
    pub(super) fn lasting(path: PathBuf) -> Self {
        Self {
            path,
            scratch: None,
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
    pub(super) fn scratch() -> io::Result<Self> {
        let directory = tempfile::Builder::new().prefix("jenny-").tempdir()?;
        Ok(Self {
            path: directory.path().join("sqlite_db.db"),
            scratch: Some(directory),
        })
    }

    /// Opens a connection for the statements of a component, which must reach this database and
    /// nothing else.
    pub(super) fn connect(&self) -> rusqlite::Result<Connection> {
        // No mutex inside SQLite: the host's own keeps a connection to one thread at a time. No
        // URIs: a path is a path.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
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
        AuthAction::Pragma { pragma_name, .. }
            if pragma_name.eq_ignore_ascii_case("temp_store_directory")
                || pragma_name.eq_ignore_ascii_case("data_store_directory") =>
        {
            Authorization::Deny
        }
        _ => Authorization::Allow,
    }
}
