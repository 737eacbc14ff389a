//! SQLite databases in files, where Spin keeps them, or for a while only.

mod file;
mod queue;
mod slot;
mod statement;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use rusqlite::Connection;
use tokio::sync::{Mutex, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

use super::sqlite::{QueryResult, Row, SqliteConnection, SqliteDatabases, SqliteError, Value};
use super::work::Work;
use file::File;
use queue::Turn;
use slot::Slot;
use statement::{Attempt, Failure, Head, Statement, run};

/// How long a statement waits for another connection's lock before it fails with "database is
/// locked": what rusqlite, and so Spin, sets for every connection.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The pauses between attempts to get a lock double from one to the other. Within the process a lock
/// that becomes free ends them; another process's is found out by asking.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

/// How many statements of one database hold a thread at once, those whose rows wait for a slow
/// reader included, and that of the connection which writes left out: it always has one. A component
/// that leaves results unread can make others wait for the same database, at most until its requests
/// time out, but never for another database.
const MAX_RUNNING_STATEMENTS: usize = 64;

/// How many all databases of an application divide among them: half of tokio's 512 threads for
/// blocking work.
const MAX_RUNNING_STATEMENTS_OF_ALL: usize = 256;

/// The databases of an application by label.
pub(crate) struct LocalSqlite {
    files: BTreeMap<String, Arc<File>>,
    work: Work,
    busy_timeout: Duration,
}

impl LocalSqlite {
    /// The databases at `paths`, created when they are first used. One without a path is new, and
    /// gone when the last user of it is. Labels that share a path share its queue. A statement waits
    /// for another connection's lock for `patience`, or as long as on Spin.
    ///
    /// # Errors
    ///
    /// If there is no room for a database without a path.
    pub(crate) fn new(
        paths: &BTreeMap<String, Option<PathBuf>>,
        work: Work,
        patience: Option<Duration>,
    ) -> std::io::Result<Self> {
        let share = MAX_RUNNING_STATEMENTS_OF_ALL / paths.len().max(1);
        Self::with_threads(
            paths,
            work,
            patience,
            share.clamp(1, MAX_RUNNING_STATEMENTS),
        )
    }

    fn with_threads(
        paths: &BTreeMap<String, Option<PathBuf>>,
        work: Work,
        patience: Option<Duration>,
        threads: usize,
    ) -> std::io::Result<Self> {
        let mut lasting: HashMap<&Path, Arc<File>> = HashMap::new();
        let mut files = BTreeMap::new();
        for (label, path) in paths {
            let file = match path {
                Some(path) => Arc::clone(
                    lasting
                        .entry(path)
                        .or_insert_with(|| Arc::new(File::lasting(path.clone(), threads))),
                ),
                None => Arc::new(File::scratch(threads)?),
            };
            files.insert(label.clone(), file);
        }
        Ok(Self {
            files,
            work,
            busy_timeout: patience.unwrap_or(BUSY_TIMEOUT),
        })
    }

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
            busy_timeout: self.busy_timeout,
            slot: Arc::default(),
            is_open: Arc::default(),
        }))
    }

    fn is_defined(&self, label: &str) -> bool {
        self.files.contains_key(label)
    }
}

/// Where the answer to a statement goes.
type Reply = oneshot::Sender<Result<Head, Refusal>>;

/// Why there is no answer, and the turn that was taken and has not been used.
struct Refusal {
    why: Failure,
    turn: Option<Turn>,
}

impl From<Failure> for Refusal {
    fn from(why: Failure) -> Self {
        Self { why, turn: None }
    }
}

struct LocalConnection {
    file: Arc<File>,
    work: Work,
    busy_timeout: Duration,
    /// The mutex is asynchronous, so that statements queue up without holding threads.
    slot: Arc<Mutex<Slot>>,
    is_open: Arc<AtomicBool>,
}

impl LocalConnection {
    /// Tries to start a statement once, with the turn if that was waited for.
    async fn attempt(
        &self,
        statement: &Arc<Statement>,
        turn: Option<Turn>,
        queues: bool,
    ) -> Result<QueryResult, Refusal> {
        let mut slot = Arc::clone(&self.slot).lock_owned().await;
        if turn.is_some() {
            slot.turn = turn;
        }
        let thread = if self.work == Work::Inline || slot.is_urgent() {
            None
        } else {
            // After the connection, so that statements that queue up for it take nobody's thread.
            Some(self.file.queue.thread().await)
        };
        let (reply, answer) = oneshot::channel();
        let running = Running::default();
        let attempt = Attempt {
            statement: Arc::clone(statement),
            queues,
            work: self.work,
            abandoned: Arc::clone(&running.abandoned),
        };
        let is_open = Arc::clone(&self.is_open);
        let file = Arc::clone(&self.file);
        self.work.run_detached(move || {
            // Whoever asked may have gone while this waited for a thread. What nobody waits for
            // must not be written.
            let failed = if reply.is_closed() {
                None
            } else {
                match slot.open(&file, &is_open) {
                    Ok(()) => run(&mut slot, &file.queue, &attempt, reply),
                    Err(error) => Some((Failure::Final(io(error)), reply)),
                }
            };
            let turn = slot.give_up_turn();
            // The connection is free before the thread is: its next statement may need this one.
            drop(slot);
            drop(thread);
            if let Some((why, reply)) = failed {
                drop(reply.send(Err(Refusal { why, turn })));
            }
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
        let queue = &self.file.queue;
        let (mut turn, mut queues) = (None, true);
        let mut pause = FIRST_PAUSE;
        let mut deadline = None;
        loop {
            // From before the attempt: what ends meanwhile may be what it met.
            let ended = queue.ended();
            let refusal = match self.attempt(&statement, turn.take(), queues).await {
                Ok(result) => return Ok(result),
                Err(refusal) => refusal,
            };
            let deadline = *deadline.get_or_insert_with(|| Instant::now() + self.busy_timeout);
            // Waiting here holds no thread: the lock's holder needs one to release it.
            match refusal.why {
                Failure::Final(error) => return Err(error),
                Failure::Queued => match timeout_at(deadline, queue.turn()).await {
                    Ok(taken) => turn = Some(taken),
                    Err(_) => queues = false,
                },
                Failure::Locked(error) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Err(error);
                    }
                    // The first of the queue stays it.
                    turn = refusal.turn;
                    // Time is up, or something has ended: either is worth an attempt.
                    let _ = timeout(pause.min(left), ended).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    async fn execute_batch(&self, statements: String) -> Result<(), SqliteError> {
        let mut slot = Arc::clone(&self.slot).lock_owned().await;
        if !slot.is_urgent() {
            slot.turn = timeout(self.busy_timeout, self.file.queue.turn())
                .await
                .ok();
        }
        let is_open = Arc::clone(&self.is_open);
        let file = Arc::clone(&self.file);
        let busy_timeout = self.busy_timeout;
        let job = move || {
            slot.open(&file, &is_open)?;
            let result = slot.batch(&statements, busy_timeout);
            drop(slot.give_up_turn());
            result
        };
        self.work
            .run(job)
            .await
            .map_err(SqliteError::Io)?
            .map_err(io)
    }

    async fn last_insert_rowid(&self) -> Result<i64, SqliteError> {
        Ok(self
            .slot
            .lock()
            .await
            .connection
            .as_ref()
            .map_or(0, Connection::last_insert_rowid))
    }

    async fn changes(&self) -> Result<u64, SqliteError> {
        Ok(self
            .slot
            .lock()
            .await
            .connection
            .as_ref()
            .map_or(0, Connection::changes))
    }
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
