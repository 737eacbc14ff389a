//! One component's use of one connection: statements in turn, and what is left behind put right.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use deadpool::managed::Object;
use futures::TryStreamExt as _;
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit};
use tokio_postgres::RowStream;

use super::error::{is_aborted, is_stale};
use super::link::{Link, Manager};
use super::rows;
use super::value::Parameter;
use crate::postgres::{PostgresConnection, PostgresError, QueryResult, Value};

/// How long a statement that nobody waits for any more may take to end by itself, before the
/// server is asked to end it. Most have ended: what is left unread is the last message.
const GRACE: Duration = Duration::from_millis(20);

/// Forgets what a session holds besides a transaction: cursors, roles, settings, notifications,
/// advisory locks, temporary tables, sequences. It is what `DISCARD ALL` does, except that prepared
/// statements stay.
const CLEAN: &str = "CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *; \
     SELECT pg_catalog.pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES";

/// First words of statements after which a session is in a transaction only if it was before.
/// Everything else (`BEGIN`, `START TRANSACTION`, `COMMIT AND CHAIN`, what stands behind a comment)
/// counts as one that may have begun one.
const OUTSIDE_OF_TRANSACTIONS: [&str; 12] = [
    "SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "VALUES", "MERGE", "CREATE", "ALTER", "DROP",
    "SET", "EXPLAIN",
];

/// First words of statements that leave nothing on a session but what is cleaned. `PREPARE`,
/// `DEALLOCATE` and `DISCARD` would leave statements that somebody else does not expect, or take
/// away the pool's own; what `DO`, `CALL` or `LOAD` leave is not to be known.
const CLEANED: &str = "SELECT INSERT UPDATE DELETE WITH VALUES MERGE CREATE ALTER DROP SET \
     EXPLAIN BEGIN START COMMIT ROLLBACK END ABORT SAVEPOINT RELEASE LISTEN UNLISTEN \
     NOTIFY DECLARE FETCH MOVE CLOSE LOCK SHOW RESET TRUNCATE TABLE ANALYZE VACUUM GRANT \
     REVOKE";

/// Whether all that `sql` leaves on a session is cleaned. At every semicolon, be it within a text, a
/// statement is taken to begin: a connection is rather closed in vain than kept by mistake.
fn is_cleaned(sql: &str) -> bool {
    sql.split(';').all(|statement| {
        first_word(statement).is_some_and(|word| {
            word.is_empty()
                || CLEANED
                    .split(' ')
                    .any(|known| word.eq_ignore_ascii_case(known))
        })
    })
}

/// The first word after spaces, comments and parentheses; empty if nothing else is there. None if
/// there is no word, or a comment does not end, which may have been cut in two.
fn first_word(mut sql: &str) -> Option<&str> {
    loop {
        sql = sql.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '(');
        if let Some(comment) = sql.strip_prefix("--") {
            (_, sql) = comment.split_once(['\n', '\r'])?;
        } else if let Some(comment) = sql.strip_prefix("/*") {
            let (comment, after) = comment.split_once("*/")?;
            // One comment within another ends elsewhere.
            if comment.contains("/*") || comment.ends_with('/') {
                return None;
            }
            sql = after;
        } else {
            break;
        }
    }
    let word = sql.split(|c: char| !c.is_ascii_alphabetic()).next()?;
    (sql.is_empty() || !word.is_empty()).then_some(word)
}

/// What a component holds.
pub(super) struct Connection(Arc<Mutex<Session>>);

impl Connection {
    pub(super) fn new(link: Object<Manager>, permit: Option<OwnedSemaphorePermit>) -> Self {
        Self(Arc::new(Mutex::new(Session {
            link: Some(link),
            is_busy: false,
            may_be_in_transaction: false,
            is_spoiled: false,
            permit,
        })))
    }

    /// Waits until no other statement runs on the connection.
    async fn turn(&self) -> Result<Turn, PostgresError> {
        let mut session = Arc::clone(&self.0).lock_owned().await;
        if session.link.is_none() {
            let sentence = "the connection was given up, because a statement could not be ended";
            return Err(PostgresError::Failed(sentence.to_owned()));
        }
        session.is_busy = true;
        Ok(Turn(Some(session)))
    }
}

#[async_trait]
impl PostgresConnection for Connection {
    async fn query(
        &self,
        statement: String,
        parameters: Vec<Value>,
    ) -> Result<QueryResult, PostgresError> {
        let mut turn = self.turn().await?;
        let started = turn.start(&statement, &parameters).await?;
        rows::result(turn, started).await
    }

    async fn execute(
        &self,
        statement: String,
        parameters: Vec<Value>,
    ) -> Result<u64, PostgresError> {
        let mut turn = self.turn().await?;
        let mut rows = pin!(turn.start(&statement, &parameters).await?);
        loop {
            match rows.try_next().await {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(error) => return Err(turn.fail(error)),
            }
        }
        turn.finish();
        Ok(rows.rows_affected().unwrap_or(0))
    }

    async fn execute_batch(&self, statements: String) -> Result<(), PostgresError> {
        let mut turn = self.turn().await?;
        let session = turn.session();
        session.may_be_in_transaction = true;
        session.is_spoiled |= !is_cleaned(&statements);
        let result = session.link().client.batch_execute(&statements).await;
        result.map_err(|error| turn.fail(error))?;
        turn.finish();
        Ok(())
    }
}

/// A connection and what may be left on it.
struct Session {
    /// None once the connection is of no more use.
    link: Option<Object<Manager>>,
    /// A statement was sent whose answer has not been read to its end.
    is_busy: bool,
    may_be_in_transaction: bool,
    /// Something may be left that is not cleaned.
    is_spoiled: bool,
    /// The connection's place among all that components hold.
    permit: Option<OwnedSemaphorePermit>,
}

impl Session {
    fn link(&mut self) -> &mut Link {
        self.link
            .as_mut()
            .expect("a turn is given only while there is a connection")
    }

    /// Notes what a statement that succeeded does to the transaction.
    fn note(&mut self, sql: &str) {
        let sql = sql.trim_matches(|c: char| c.is_ascii_whitespace() || c == ';');
        if ["COMMIT", "ROLLBACK", "END"]
            .iter()
            .any(|end| sql.eq_ignore_ascii_case(end))
        {
            self.may_be_in_transaction = false;
            return;
        }
        let word = sql.split(|c: char| !c.is_ascii_alphabetic()).next();
        let word = word.unwrap_or_default();
        let is_plain = OUTSIDE_OF_TRANSACTIONS
            .iter()
            .any(|plain| word.eq_ignore_ascii_case(plain));
        self.may_be_in_transaction |= !is_plain;
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some(link) = self.link.take() else { return };
        let permit = self.permit.take();
        let (is_busy, in_transaction) = (self.is_busy, self.may_be_in_transaction);
        let is_spoiled = self.is_spoiled;
        match Handle::try_current() {
            Ok(runtime) => {
                runtime.spawn(async move {
                    give_back(link, is_busy, in_transaction, is_spoiled).await;
                    drop(permit);
                });
            }
            // Nobody is left to clean it.
            Err(_) => drop(Object::take(link)),
        }
    }
}

/// Returns a connection to its pool without a trace of its use, or closes it.
async fn give_back(link: Object<Manager>, is_busy: bool, in_transaction: bool, is_spoiled: bool) {
    let patience = link.patience;
    let cleaning = async {
        if is_busy && !settle(&link).await {
            return false;
        }
        // Only now, so that the server does not go on with what nobody waits for.
        if is_spoiled {
            return false;
        }
        let sql = if in_transaction {
            // Only then, because outside of a transaction the server's log has a warning of it.
            format!("ROLLBACK; {CLEAN}")
        } else {
            CLEAN.to_owned()
        };
        link.client.batch_execute(&sql).await.is_ok()
    };
    if tokio::time::timeout(patience * 2, cleaning).await != Ok(true) {
        drop(Object::take(link));
    }
}

/// Waits until the connection has done what it was told, and has the server end it if that takes
/// long. Says whether the connection is at rest.
///
/// A request to end a statement says whose connection, not which statement. That of `barrier` is
/// sent before, and comes back after whatever was running: nothing later can be hit by mistake.
async fn settle(link: &Link) -> bool {
    let barrier = link.client.batch_execute("");
    tokio::pin!(barrier);
    if let Ok(result) = tokio::time::timeout(GRACE, &mut barrier).await {
        return result.is_ok();
    }
    let ending = async {
        if let Err(error) = link.cancel().await {
            tracing::debug!("a statement on Postgres cannot be ended: {error}");
        }
        // Its own end by the same request is an end as well.
        _ = barrier.await;
    };
    tokio::time::timeout(link.patience, ending).await.is_ok() && !link.client.is_closed()
}

/// The right to use a session, from the start of a statement to the end of its answer. Dropped
/// before, it ends the statement.
pub(super) struct Turn(Option<OwnedMutexGuard<Session>>);

impl Turn {
    fn session(&mut self) -> &mut Session {
        self.0
            .as_mut()
            .expect("the session is there until the turn is over")
    }

    /// Prepares and starts a statement.
    async fn start(&mut self, sql: &str, parameters: &[Value]) -> Result<RowStream, PostgresError> {
        let session = self.session();
        // Noted before it succeeds: it may succeed after whoever waits for it has gone.
        let before = session.may_be_in_transaction;
        session.may_be_in_transaction = true;
        session.is_spoiled |= !is_cleaned(sql);
        let mut result = attempt(session.link(), sql, parameters).await;
        if let Err(first) = &result
            && is_stale(first)
        {
            session.link().statements.clear();
            match attempt(session.link(), sql, parameters).await {
                // The first error ended the transaction, and is the one to tell.
                Err(second) if is_aborted(&second) => {}
                again => result = again,
            }
        }
        session.may_be_in_transaction = before;
        match result {
            Ok(rows) => {
                session.note(sql);
                Ok(rows)
            }
            Err(error) => Err(self.fail(error)),
        }
    }

    /// What a statement failed of. After a refusal by the server the driver reads the rest of the
    /// answer by itself. After anything else (`COPY`, which the driver's calls for queries do not
    /// know) the connection may be out of step, which is found out when the turn is dropped.
    pub(super) fn fail(&mut self, error: tokio_postgres::Error) -> PostgresError {
        if error.as_db_error().is_some() {
            self.finish();
        }
        error.into()
    }

    /// Says that the answer has been read to its end.
    pub(super) fn finish(&mut self) {
        if let Some(session) = &mut self.0 {
            session.is_busy = false;
        }
        self.0 = None;
    }
}

async fn attempt(
    link: &mut Link,
    sql: &str,
    parameters: &[Value],
) -> Result<RowStream, tokio_postgres::Error> {
    let prepared = link.statements.get(&link.client, sql).await?;
    let parameters = parameters.iter().map(Parameter);
    link.client.query_raw(&prepared, parameters).await
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(mut session) = self.0.take() else {
            return;
        };
        match Handle::try_current() {
            // The session stays locked meanwhile: its next statement waits.
            Ok(runtime) => drop(runtime.spawn(async move {
                if settle(session.link()).await {
                    session.is_busy = false;
                } else if let Some(link) = session.link.take() {
                    drop(Object::take(link));
                }
            })),
            Err(_) => drop(session.link.take().map(Object::take)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_cleaned;

    #[test]
    fn what_leaves_more_than_is_cleaned_is_found() {
        for sql in [
            "",
            "select 1",
            "SELECT 1; -- the end\n",
            "/* why */ -- what\n BEGIN; INSERT INTO t VALUES (1); COMMIT;",
            "(SELECT 1) UNION (SELECT 2)",
        ] {
            assert!(is_cleaned(sql), "{sql}");
        }
        for sql in [
            "PREPARE mine AS SELECT 1",
            "deallocate all",
            "SELECT 1; /* why */ DISCARD ALL",
            "-- what\nEXECUTE mine",
            "-- ; SELECT\nPREPARE mine AS SELECT 1",
            "/* ; SELECT */ PREPARE mine AS SELECT 1",
            "/* /* */ SELECT */ PREPARE mine AS SELECT 1",
            "DO $$ BEGIN END $$",
            "CALL f()",
        ] {
            assert!(!is_cleaned(sql), "{sql}");
        }
    }
}
