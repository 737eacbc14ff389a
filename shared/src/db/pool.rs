//! The connections of an instance.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::DbError;
use super::store::{Connection, Store};

/// Connections kept while nobody uses them. More are opened when more are needed at once; an
/// instance serves up to 16 requests at a time, and seldom do all of them wait for the database.
/// Each costs the host a file handle and up to 2 MB of page cache.
const MAX_IDLE: usize = 4;

pub(crate) struct Pool {
    pub(super) store: Box<dyn Store>,
    idle: Mutex<Vec<Box<dyn Connection>>>,
}

impl Pool {
    pub(super) fn new(store: Box<dyn Store>) -> Self {
        Self {
            store,
            idle: Mutex::new(Vec::new()),
        }
    }

    /// A connection that nobody else uses until it is [given back](Self::give_back).
    pub(super) async fn take(&self) -> Result<Box<dyn Connection>, DbError> {
        // The latest used first: its prepared statements are the freshest. Never waits for a
        // neighbour to give one back, so that no request depends on another one's progress.
        let idle = self.idle().pop();
        match idle {
            Some(connection) => Ok(connection),
            None => self.store.connect().await,
        }
    }

    /// Only connections that are outside a transaction and on which nothing failed come back.
    pub(super) fn give_back(&self, connection: Box<dyn Connection>) {
        let mut idle = self.idle();
        if idle.len() < MAX_IDLE {
            idle.push(connection);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Box<dyn Connection>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
