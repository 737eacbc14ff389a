//! SQLite databases in files, where Spin keeps them, or for a while only.

mod file;
mod statement;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use rusqlite::Connection;
use tokio::sync::{Mutex, Semaphore, oneshot};
use tokio::time::Instant;

use super::sqlite::{QueryResult, Row, SqliteConnection, SqliteDatabases, SqliteError, Value};
use super::work::Work;
use file::File;
use statement::{Failure, Head, Statement, run};

/// How long a statement waits for another connection's lock before it fails with "database is
/// locked": what rusqlite, and so Spin, sets for every connection.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The pause between two attempts to get a lock, after those that [`statement`] makes without
/// giving up its thread.
const BUSY_PAUSE: Duration = Duration::from_millis(10);

/// How many prepared statements a connection keeps.
const CACHED_STATEMENTS: usize = 64;

/// How many statements of an application hold a thread at once, those whose rows wait for a slow
/// reader included. An eighth of tokio's 512 threads for blocking work: key-value stores and name
/// look-ups go on whatever components do with their databases. A component that leaves results
/// unread can make the others wait for their databases, at most until its requests time out.
const MAX_RUNNING_STATEMENTS: usize = 64;

/// The databases of an application by label.
pub(crate) struct LocalSqlite {
    files: BTreeMap<String, Arc<File>>,
    work: Work,
    threads: Arc<Semaphore>,
    busy_timeout: Duration,
}

impl LocalSqlite {
    /// The databases at `paths`, created when they are first used. One without a path is new, and
    /// gone when the last user of it is. A statement waits for another connection's lock for `patience`,
    /// or as long as on Spin.
    ///
    /// # Errors
    ///
    /// If there is no room for a database without a path.
    pub(crate) fn new(
        paths: &BTreeMap<String, Option<PathBuf>>,
        work: Work,
        patience: Option<Duration>,
    ) -> std::io::Result<Self> {
        let file = |path: &Option<PathBuf>| match path {
            Some(path) => Ok(File::lasting(path.clone())),
            None => File::scratch(),
        };
        let files = paths
            .iter()
            .map(|(label, path)| Ok((label.clone(), Arc::new(file(path)?))))
            .collect::<std::io::Result<_>>()?;
        Ok(Self {
            files,
            work,
            threads: Arc::new(Semaphore::new(MAX_RUNNING_STATEMENTS)),
            busy_timeout: patience.unwrap_or(BUSY_TIMEOUT),
        })
    }
}

impl LocalSqlite {
    /// Has the database called `label`, if there is one, begin with these contents of a database file.
    ///
    /// # Errors
    ///
    /// If its file cannot be written.
    pub(crate) fn fill(&self, label: &str, contents: &[u8]) -> std::io::Result<()> {
        self.files
            .get(label)
            .map_or(Ok(()), |file| file.fill(contents))
    }
}

#[async_trait]
impl SqliteDatabases for LocalSqlite {
    async fn open(&self, label: &str) -> Result<Arc<dyn SqliteConnection>, SqliteError> {
        let file = self.files.get(label).ok_or(SqliteError::NoSuchDatabase)?;
        Ok(Arc::new(LocalConnection {
            file: Arc::clone(file),
            work: self.work,
            threads: Arc::clone(&self.threads),
            busy_timeout: self.busy_timeout,
            slot: Arc::default(),
            is_open: Arc::default(),
        }))
    }

    fn is_defined(&self, label: &str) -> bool {
        self.files.contains_key(label)
    }
}

struct LocalConnection {
    file: Arc<File>,
    work: Work,
    threads: Arc<Semaphore>,
    busy_timeout: Duration,
    /// Filled by the first statement, as on Spin: opening takes no turn of its own on a thread.
    /// The mutex is asynchronous, so that statements queue up without holding threads.
    slot: Arc<Mutex<Option<Connection>>>,
    is_open: Arc<AtomicBool>,
}

impl LocalConnection {
    /// Tries to start a statement once.
    async fn attempt(&self, statement: &Arc<Statement>) -> Result<QueryResult, Failure> {
        let mut slot = Arc::clone(&self.slot).lock_owned().await;
        let thread = match self.work {
            // After the connection, so that statements that queue up for it take nobody's thread.
            Work::Pool => Arc::clone(&self.threads).acquire_owned().await.ok(),
            Work::Inline => None,
        };
        let (reply, answer) = oneshot::channel();
        let running = Running::default();
        let abandoned = Arc::clone(&running.abandoned);
        let is_open = Arc::clone(&self.is_open);
        let statement = Arc::clone(statement);
        let file = Arc::clone(&self.file);
        let work = self.work;
        work.run_detached(move || {
            // Whoever asked may have gone while this waited for a thread. What nobody waits for
            // must not be written.
            if !reply.is_closed() {
                match connection(&mut slot, &file, &is_open, work) {
                    Ok(connection) => run(connection, &statement, work, abandoned, reply),
                    Err(error) => drop(reply.send(Err(Failure::Final(io(error))))),
                }
            }
            // The connection is free before the thread is: its next statement may need this one.
            drop(slot);
            drop(thread);
        });
        let head = answer.await.map_err(|_| {
            Failure::Final(SqliteError::Io("the host's storage task ended".to_owned()))
        })??;
        Ok(result(head, running))
    }
}

impl Drop for LocalConnection {
    fn drop(&mut self) {
        // Closing rolls back an open transaction, which is work for a disk.
        let slot = std::mem::take(&mut self.slot);
        if self.is_open.load(Ordering::Acquire) {
            self.work.run_detached(move || drop(slot));
        }
    }
}

#[async_trait]
impl SqliteConnection for LocalConnection {
    async fn execute(
        &self,
        statement: String,
        parameters: Vec<Value>,
    ) -> Result<QueryResult, SqliteError> {
        let statement = Arc::new(Statement {
            sql: statement,
            parameters,
        });
        let mut deadline = None;
        loop {
            match self.attempt(&statement).await {
                Ok(result) => return Ok(result),
                Err(Failure::Final(error)) => return Err(error),
                // Waiting here holds no thread: whoever has the lock needs one to let go of it.
                Err(Failure::Locked(error)) => {
                    let now = Instant::now();
                    if now >= *deadline.get_or_insert(now + self.busy_timeout) {
                        return Err(error);
                    }
                    tokio::time::sleep(BUSY_PAUSE).await;
                }
            }
        }
    }

    async fn execute_batch(&self, statements: String) -> Result<(), SqliteError> {
        let mut slot = Arc::clone(&self.slot).lock_owned().await;
        let is_open = Arc::clone(&self.is_open);
        let file = Arc::clone(&self.file);
        let (work, busy_timeout) = (self.work, self.busy_timeout);
        let job = move || {
            let connection = connection(&mut slot, &file, &is_open, work)?;
            connection.busy_timeout(busy_timeout)?;
            let result = connection.execute_batch(&statements);
            statement::give_up_soon(connection, work)?;
            result
        };
        work.run(job).await.map_err(SqliteError::Io)?.map_err(io)
    }

    async fn last_insert_rowid(&self) -> Result<i64, SqliteError> {
        Ok(self
            .slot
            .lock()
            .await
            .as_ref()
            .map_or(0, Connection::last_insert_rowid))
    }

    async fn changes(&self) -> Result<u64, SqliteError> {
        Ok(self
            .slot
            .lock()
            .await
            .as_ref()
            .map_or(0, Connection::changes))
    }
}

/// The connection in `slot`, opened if it is not yet.
fn connection<'a>(
    slot: &'a mut Option<Connection>,
    file: &File,
    is_open: &AtomicBool,
    work: Work,
) -> rusqlite::Result<&'a mut Connection> {
    if slot.is_none() {
        let mut connection = file.connect()?;
        connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
        statement::give_up_soon(&mut connection, work)?;
        is_open.store(true, Ordering::Release);
        *slot = Some(connection);
    }
    Ok(slot.as_mut().expect("the slot was filled above"))
}

/// Ends a statement whose caller has gone: a request that timed out must not leave a query behind
/// that runs for ever.
///
/// It is the statement's own mark rather than SQLite's interrupt, which is the connection's: that is
/// lost on a statement which is about to begin, and hits the next one if this has just come to its end.
#[derive(Default)]
struct Running {
    abandoned: Arc<AtomicBool>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.abandoned.store(true, Ordering::Relaxed);
    }
}

fn result(head: Head, running: Running) -> QueryResult {
    let first = stream::iter(head.rows.into_iter().map(Ok));
    let Some(receiver) = head.rest else {
        return QueryResult {
            columns: head.columns,
            rows: first.boxed(),
        };
    };
    let rest = stream::unfold((receiver, running), |(mut receiver, running)| async move {
        let batch = receiver.recv().await?;
        Some((batch, (receiver, running)))
    })
    .map_ok(|batch: Vec<Row>| stream::iter(batch.into_iter().map(Ok)))
    .try_flatten();
    QueryResult {
        columns: head.columns,
        rows: first.chain(rest).boxed(),
    }
}

/// Spin hands SQLite's errors on as text.
fn io(error: rusqlite::Error) -> SqliteError {
    SqliteError::Io(error.to_string())
}
