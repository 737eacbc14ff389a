use std::sync::Arc;

use async_trait::async_trait;
use jenny_host::capability::{SqliteConnection, SqliteDatabases, SqliteError};

/// The message of every failure that a test injects. It is internal, so no answer may repeat it.
pub const FAULT: &str = "disk I/O error (injected by the test)";

/// Databases that cannot be opened.
pub(crate) struct FailingSqlite;

#[async_trait]
impl SqliteDatabases for FailingSqlite {
    async fn open(&self, _label: &str) -> Result<Arc<dyn SqliteConnection>, SqliteError> {
        Err(SqliteError::Io(FAULT.to_owned()))
    }

    fn is_defined(&self, _label: &str) -> bool {
        true
    }
}
