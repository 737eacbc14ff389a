//! Runs one statement on a connection and hands out what it returns.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, Rows, TransactionState, params_from_iter};
use tokio::sync::mpsc;

use super::queue::{Queue, Turn};
use super::slot::{self, Slot};
use super::{Reply, io};
use crate::work::Work;
use crate::{MAX_BUFFERED_BYTES, Row, SqliteError, Value};

/// A batch of rows is closed at this many rows, so that a reader gets the first ones early.
const BATCH_ROWS: usize = 1024;

/// A batch of rows is closed at this many bytes.
const BATCH_BYTES: usize = 1024 * 1024;

/// Batches that wait for a slow reader: with the one being read and the one being filled, a
/// result takes at most four batches of memory, however long it is.
const QUEUED_BATCHES: usize = 2;

/// Attempts at a lock that a connection with the turn makes without giving up its thread, which
/// nobody else can have. The pauses between them double from [`FIRST_PAUSE`], 6.3 ms in all: readers
/// that a commit waits for are usually gone by then.
const PATIENT_ATTEMPTS: i32 = 6;

const FIRST_PAUSE: Duration = Duration::from_micros(100);

/// After how many instructions of SQLite's a statement is looked at whose caller may have gone: a
/// fraction of a millisecond.
const INSTRUCTIONS: i32 = 1000;

thread_local! {
    /// Set when the busy handler gave up. SQLite also reports "busy" without asking the handler,
    /// when waiting could not help (two transactions that wait for each other); the flag tells
    /// the cases apart.
    static GAVE_UP: Cell<bool> = const { Cell::new(false) };

    /// Whether the connection may wait for a lock on its thread.
    static IS_PATIENT: Cell<bool> = const { Cell::new(false) };
}

/// Makes `connection` fail soon when another connection holds a lock, so that [`run`] can say
/// that it is worth trying again.
pub(super) fn give_up_soon(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_handler(Some(|attempt: i32| {
        let patient = IS_PATIENT.get() && attempt < PATIENT_ATTEMPTS;
        if patient {
            std::thread::sleep(FIRST_PAUSE * (1 << attempt));
        } else {
            GAVE_UP.set(true);
        }
        patient
    }))
}

/// A statement and its parameters.
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) parameters: Vec<Value>,
}

/// One attempt at a statement.
pub(super) struct Attempt {
    pub(super) statement: Arc<Statement>,
    /// Whether a statement that writes waits for the turn; without, SQLite says what becomes of it.
    pub(super) queues: bool,
    pub(super) work: Work,
    /// Set when its caller has gone.
    pub(super) abandoned: Arc<AtomicBool>,
}

/// The beginning of a result.
pub(super) struct Head {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Row>,
    /// What follows `rows`; `None` if the statement has run to its end.
    pub(super) rest: Option<mpsc::Receiver<Result<Vec<Row>, SqliteError>>>,
}

/// Why there is no [`Head`].
pub(super) enum Failure {
    /// It writes, and another connection has the turn. It has not run.
    Queued,
    /// Another connection holds a lock; the statement has had no effect and may be tried again.
    Locked(SqliteError),
    /// Anything else.
    Final(SqliteError),
}

/// Runs a statement, answers with its first rows through `reply`, and then, unless that was all,
/// feeds the rest to the reader at the reader's pace. Once it is abandoned it ends.
///
/// Returns why there is no answer, and who is to be told.
pub(super) fn run(
    slot: &mut Slot,
    queue: &Arc<Queue>,
    attempt: &Attempt,
    reply: Reply,
) -> Option<(Failure, Reply)> {
    let is_urgent = slot.is_urgent();
    let connection = slot.connection.as_mut().expect("the slot is open");
    GAVE_UP.set(false);
    // Who runs a statement on their own thread cannot leave meanwhile, nor wait there.
    let has_thread = attempt.work == Work::Pool;
    IS_PATIENT.set(has_thread && is_urgent);
    if has_thread {
        let abandoned = Arc::clone(&attempt.abandoned);
        watch(connection, Some(move || abandoned.load(Ordering::Relaxed)));
    }
    let failed = step_through(connection, &mut slot.turn, queue, attempt, reply);
    if has_thread {
        watch(connection, None::<fn() -> bool>);
    }
    // SQLite does not ask a handler again that has said no, not even for the next statement while
    // that one is being prepared. A new handler is asked. That a component has set its own by
    // `PRAGMA busy_timeout` is no reason for concern: ours was not asked then.
    if GAVE_UP.get()
        && let Err(error) = give_up_soon(connection)
    {
        tracing::warn!("SQLite refused a busy handler: {error}");
    }
    failed
}

/// Has whatever runs on `connection` end when this says so.
fn watch(connection: &mut Connection, ends: Option<impl FnMut() -> bool + Send + 'static>) {
    if let Err(error) = connection.progress_handler(INSTRUCTIONS, ends) {
        tracing::warn!("SQLite refused a progress handler: {error}");
    }
}

/// Whether a statement that writes may run now: with the turn, which is taken here if it is free.
fn may_write(
    connection: &Connection,
    turn: &mut Option<Turn>,
    queue: &Arc<Queue>,
    attempt: &Attempt,
) -> bool {
    let state = slot::state(connection);
    if turn.is_some() || state == TransactionState::Write {
        return true;
    }
    *turn = queue.try_turn();
    if turn.is_some() {
        IS_PATIENT.set(attempt.work == Work::Pool);
        return true;
    }
    // The connection with the turn may be waiting for this one's read to end. SQLite detects the
    // deadlock and fails the statement at once.
    state == TransactionState::Read || !attempt.queues
}

/// `PRAGMA journal_mode = WAL` counts as a write, and needs no lock where the file has that mode: every
/// instance asks for it first. One that needs the lock asks SQLite for it again and again.
fn is_pragma(sql: &str) -> bool {
    let word = sql.trim_start().get(.."pragma".len());
    word.is_some_and(|word| word.eq_ignore_ascii_case("pragma"))
}

fn step_through(
    connection: &Connection,
    turn: &mut Option<Turn>,
    queue: &Arc<Queue>,
    attempt: &Attempt,
    reply: Reply,
) -> Option<(Failure, Reply)> {
    let autocommit = connection.is_autocommit();
    let failure = |error: rusqlite::Error| {
        let busy = error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy);
        // A statement that took a transaction down with it must not be repeated outside of it.
        if busy && GAVE_UP.get() && connection.is_autocommit() == autocommit {
            Failure::Locked(io(error))
        } else {
            Failure::Final(io(error))
        }
    };

    let mut prepared = match connection.prepare_cached(&attempt.statement.sql) {
        Ok(prepared) => prepared,
        Err(error) => return Some((failure(error), reply)),
    };
    // `BEGIN IMMEDIATE` and `BEGIN EXCLUSIVE` are among those that are not read-only:
    // <https://www.sqlite.org/c3ref/stmt_readonly.html>.
    let writes = !prepared.readonly() && !is_pragma(&attempt.statement.sql);
    if writes && !may_write(connection, turn, queue, attempt) {
        return Some((Failure::Queued, reply));
    }
    let columns: Vec<String> = prepared.column_names().map(str::to_owned).collect();
    let width = columns.len();
    let mut rows = match prepared.query(params_from_iter(&attempt.statement.parameters)) {
        Ok(rows) => rows,
        Err(error) => return Some((failure(error), reply)),
    };
    let limits = match attempt.work {
        Work::Pool => (BATCH_ROWS, BATCH_BYTES),
        // Nobody would read while this thread writes: the whole result is one batch.
        Work::Inline => (usize::MAX, MAX_BUFFERED_BYTES),
    };
    let (batch, ended) = match next_batch(&mut rows, width, limits) {
        Ok(batch) => batch,
        Err(BatchError::Sqlite(error)) => return Some((failure(error), reply)),
        Err(BatchError::Text(error)) => return Some((Failure::Final(error), reply)),
    };
    if !ended && attempt.work == Work::Inline {
        let error = format!("query result exceeds limit of {MAX_BUFFERED_BYTES} bytes");
        return Some((Failure::Final(SqliteError::Io(error)), reply));
    }
    let (sender, rest) = mpsc::channel(QUEUED_BATCHES);
    let head = Head {
        columns,
        rows: batch,
        rest: (!ended).then_some(rest),
    };
    // This fails when the caller has gone; there is nobody left to tell.
    if reply.send(Ok(head)).is_err() || ended {
        return None;
    }
    loop {
        let (message, last) = match next_batch(&mut rows, width, limits) {
            Ok((batch, ended)) => (Ok(batch), ended),
            Err(BatchError::Sqlite(error)) => (Err(io(error)), true),
            Err(BatchError::Text(error)) => (Err(error), true),
        };
        if sender.blocking_send(message).is_err() || last {
            return None;
        }
    }
}

enum BatchError {
    Sqlite(rusqlite::Error),
    Text(SqliteError),
}

/// Reads rows up to the limits (rows, bytes). Says whether these were the last.
fn next_batch(
    rows: &mut Rows<'_>,
    width: usize,
    (max_rows, max_bytes): (usize, usize),
) -> Result<(Vec<Row>, bool), BatchError> {
    let mut batch = Vec::new();
    let mut bytes = 0;
    while batch.len() < max_rows && bytes < max_bytes {
        let Some(row) = rows.next().map_err(BatchError::Sqlite)? else {
            return Ok((batch, true));
        };
        let mut values = Vec::with_capacity(width);
        for column in 0..width {
            let value = row.get_ref(column).map_err(BatchError::Sqlite)?;
            values.push(owned(value, column)?);
        }
        bytes += values.iter().map(Value::memory_bytes).sum::<usize>();
        batch.push(values);
    }
    Ok((batch, false))
}

fn owned(value: ValueRef<'_>, column: usize) -> Result<Value, BatchError> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(integer) => Value::Integer(integer),
        ValueRef::Real(real) => Value::Real(real),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
        // SQLite does not check what it is given as text, and a WIT string is always UTF-8.
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Value::Text(text.to_owned()),
            Err(error) => {
                let message = format!("the text in column {column} is not UTF-8: {error}");
                return Err(BatchError::Text(SqliteError::Io(message)));
            }
        },
    })
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Integer(integer) => ValueRef::Integer(*integer),
            Value::Real(real) => ValueRef::Real(*real),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}
