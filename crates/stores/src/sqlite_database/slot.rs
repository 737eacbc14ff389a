//! A connection, opened when it is first needed, and its right to write.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rusqlite::{Connection, MAIN_DB, TransactionState};

use super::file::File;
use super::queue::Turn;
use super::statement;

/// How many prepared statements a connection keeps.
const CACHED_STATEMENTS: usize = 64;

/// What one statement at a time has.
#[derive(Default)]
pub(super) struct Slot {
    /// Filled by the first statement, as on Spin: opening takes no turn of its own on a thread.
    pub(super) connection: Option<Connection>,
    /// Goes after the connection, whose end lets go of SQLite's lock.
    pub(super) turn: Option<Turn>,
}

impl Slot {
    /// Opens the connection if it is not yet.
    pub(super) fn open(&mut self, file: &File, is_open: &AtomicBool) -> rusqlite::Result<()> {
        if self.connection.is_none() {
            let mut connection = file.connect()?;
            connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
            statement::give_up_soon(&mut connection)?;
            is_open.store(true, Ordering::Release);
            self.connection = Some(connection);
        }
        Ok(())
    }

    /// Whether others wait for what this connection does next: it has the turn, or, where it took no
    /// turn, SQLite's lock.
    pub(super) fn is_urgent(&self) -> bool {
        self.turn.is_some() || self.writes()
    }

    /// Runs any number of statements on this thread, where it waits for locks, too.
    pub(super) fn batch(&mut self, sql: &str, busy_timeout: Duration) -> rusqlite::Result<()> {
        let connection = self.connection.as_mut().expect("the slot is open");
        connection.busy_timeout(busy_timeout)?;
        let result = connection.execute_batch(sql);
        statement::give_up_soon(connection)?;
        result
    }

    /// Gives up the turn, unless there is a transaction that needs it.
    pub(super) fn give_up_turn(&mut self) -> Option<Turn> {
        if self.writes() {
            None
        } else {
            self.turn.take()
        }
    }

    fn writes(&self) -> bool {
        let state = self.connection.as_ref().map(state);
        state == Some(TransactionState::Write)
    }
}

/// What the connection holds of its file. Temporary tables are its own.
pub(super) fn state(connection: &Connection) -> TransactionState {
    let state = connection.transaction_state(Some(MAIN_DB));
    state.unwrap_or(TransactionState::None)
}
