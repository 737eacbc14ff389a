//! Connections to Postgres as Spin may hand them out.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use jenny_stores::{PostgresConnection, PostgresDatabases, PostgresError};

/// Databases whose connections come as somebody left them who ended within a transaction; every
/// other one in a transaction that had failed as well.
pub(crate) struct UncleanConnections {
    databases: Arc<dyn PostgresDatabases>,
    opened: AtomicUsize,
}

impl UncleanConnections {
    pub(crate) fn of(databases: Arc<dyn PostgresDatabases>) -> Self {
        Self {
            databases,
            opened: AtomicUsize::new(0),
        }
    }
}

#[async_trait]
impl PostgresDatabases for UncleanConnections {
    async fn open(
        &self,
        address: &str,
        ca_root: Option<&str>,
    ) -> Result<Arc<dyn PostgresConnection>, PostgresError> {
        let connection = self.databases.open(address, ca_root).await?;
        connection.execute("BEGIN".to_owned(), Vec::new()).await?;
        if self.opened.fetch_add(1, Ordering::Relaxed) % 2 == 1 {
            let wrong = "SELECT 1 / 0".to_owned();
            let failed = connection.execute(wrong, Vec::new()).await;
            failed.expect_err("nothing can be divided by zero");
        }
        Ok(connection)
    }
}
