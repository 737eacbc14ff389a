//! Databases that fail as a test wants them to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use jenny_host::capability::postgres::{self, ServerError};
use jenny_host::capability::{
    PostgresConnection, PostgresDatabases, PostgresError, QueryResult, SqliteConnection,
    SqliteDatabases, SqliteError, Value,
};

/// The message of every failure that a test injects. It is internal, so no answer may repeat it.
pub const FAULT: &str = "disk I/O error (injected by the test)";

/// What goes wrong with a database.
#[derive(Clone)]
pub(crate) enum Fault {
    /// It cannot be opened.
    Open,
    /// It can be opened, and what it keeps can then be neither read nor written. What it answers
    /// without that still succeeds, as on a real connection whose disk is gone.
    Storage,
    /// Statements that contain this text fail.
    Statement(String),
    /// Statements that contain this text never come to an end.
    Silence(String),
    /// Connections come as somebody left them who ended within a transaction; every other one in a
    /// transaction that had failed as well. Of Postgres alone, where connections are shared.
    OpenTransactions,
}

impl Fault {
    /// Whether the statement may go on to the database.
    async fn admits(&self, statement: &str) -> bool {
        match self {
            Self::Open => false,
            Self::OpenTransactions => true,
            Self::Storage => needs_no_storage(statement),
            Self::Statement(text) => !statement.contains(text),
            Self::Silence(text) if statement.contains(text) => std::future::pending().await,
            Self::Silence(_) => true,
        }
    }
}

/// Whether a database answers from memory: a setting of the connection, or a query of no table.
fn needs_no_storage(statement: &str) -> bool {
    let reads_no_table = statement.starts_with("SELECT") && !statement.contains("FROM");
    reads_no_table
        || ["BEGIN", "ROLLBACK"].contains(&statement)
        || statement.starts_with("PRAGMA foreign_keys")
}

/// Databases with a fault.
pub(crate) struct Faulty<D: ?Sized> {
    pub(crate) databases: Arc<D>,
    pub(crate) fault: Fault,
    /// How many connections were opened.
    opened: AtomicUsize,
}

impl<D: ?Sized> Faulty<D> {
    pub(crate) fn new(databases: Arc<D>, fault: Fault) -> Self {
        Self {
            databases,
            fault,
            opened: AtomicUsize::new(0),
        }
    }
}

struct FaultyConnection<C: ?Sized> {
    connection: Arc<C>,
    fault: Fault,
}

fn sqlite_fault() -> SqliteError {
    SqliteError::Io(FAULT.to_owned())
}

#[async_trait]
impl SqliteDatabases for Faulty<dyn SqliteDatabases> {
    async fn open(&self, label: &str) -> Result<Arc<dyn SqliteConnection>, SqliteError> {
        if matches!(self.fault, Fault::Open) {
            return Err(sqlite_fault());
        }
        Ok(Arc::new(FaultyConnection {
            connection: self.databases.open(label).await?,
            fault: self.fault.clone(),
        }))
    }

    fn is_defined(&self, label: &str) -> bool {
        self.databases.is_defined(label)
    }
}

#[async_trait]
impl SqliteConnection for FaultyConnection<dyn SqliteConnection> {
    async fn execute(
        &self,
        statement: String,
        parameters: Vec<Value>,
    ) -> Result<QueryResult, SqliteError> {
        if !self.fault.admits(&statement).await {
            return Err(sqlite_fault());
        }
        self.connection.execute(statement, parameters).await
    }

    async fn execute_batch(&self, statements: String) -> Result<(), SqliteError> {
        if !self.fault.admits(&statements).await {
            return Err(sqlite_fault());
        }
        self.connection.execute_batch(statements).await
    }

    async fn last_insert_rowid(&self) -> Result<i64, SqliteError> {
        self.connection.last_insert_rowid().await
    }

    async fn changes(&self) -> Result<u64, SqliteError> {
        self.connection.changes().await
    }
}

/// What a server says whose disk fails: SQLSTATE 58030, `io_error`.
fn postgres_fault() -> PostgresError {
    PostgresError::Refused(Box::new(ServerError {
        as_text: FAULT.to_owned(),
        severity: "ERROR".to_owned(),
        code: "58030".to_owned(),
        message: FAULT.to_owned(),
        detail: None,
        extras: Vec::new(),
    }))
}

#[async_trait]
impl PostgresDatabases for Faulty<dyn PostgresDatabases> {
    async fn open(
        &self,
        address: &str,
        ca_root: Option<&str>,
    ) -> Result<Arc<dyn PostgresConnection>, PostgresError> {
        if matches!(self.fault, Fault::Open) {
            return Err(PostgresError::ConnectionFailed(FAULT.to_owned()));
        }
        let connection = self.databases.open(address, ca_root).await?;
        if matches!(self.fault, Fault::OpenTransactions) {
            connection.execute("BEGIN".to_owned(), Vec::new()).await?;
            if self.opened.fetch_add(1, Ordering::Relaxed) % 2 == 1 {
                let wrong = "SELECT 1 / 0".to_owned();
                let failed = connection.execute(wrong, Vec::new()).await;
                failed.expect_err("nothing can be divided by zero");
            }
        }
        Ok(Arc::new(FaultyConnection {
            connection,
            fault: self.fault.clone(),
        }))
    }
}

#[async_trait]
impl PostgresConnection for FaultyConnection<dyn PostgresConnection> {
    async fn query(
        &self,
        statement: String,
        parameters: Vec<postgres::Value>,
    ) -> Result<postgres::QueryResult, PostgresError> {
        if !self.fault.admits(&statement).await {
            return Err(postgres_fault());
        }
        self.connection.query(statement, parameters).await
    }

    async fn execute(
        &self,
        statement: String,
        parameters: Vec<postgres::Value>,
    ) -> Result<u64, PostgresError> {
        if !self.fault.admits(&statement).await {
            return Err(postgres_fault());
        }
        self.connection.execute(statement, parameters).await
    }

    async fn execute_batch(&self, statements: String) -> Result<(), PostgresError> {
        if !self.fault.admits(&statements).await {
            return Err(postgres_fault());
        }
        self.connection.execute_batch(statements).await
    }
}
