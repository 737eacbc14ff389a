//! One component's use of one connection: statements in turn, and what is left behind put right.
//!
//! The driver's calls must be seen to their end, or the connection is out of step. So each
//! statement runs in a task of its own, which outlives whoever asked for it as long as it takes to
//! end the statement.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use deadpool::managed::Object;
use futures::future::{Either, select};
use futures::stream::{self, StreamExt as _};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::timeout;

use super::Pool;
use super::link::{Link, Manager, ServerSession};
use super::statement::{Broken, Work};
use crate::mysql::{MysqlConnection, MysqlError, QueryResult, Value};

/// How long a statement that nobody waits for any more may take to end by itself, before the
/// server is asked to end it. Most have ended: what is left unread is the last message.
const GRACE: Duration = Duration::from_millis(20);

/// What a component holds.
pub(super) struct Connection(Arc<Mutex<Session>>);

impl Connection {
    pub(super) fn new(
        link: Object<Manager>,
        pool: Pool,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Self {
        Self(Arc::new(Mutex::new(Session {
            link: Some(link),
            pool,
            is_busy: false,
            permit,
        })))
    }

    /// Waits until no other statement runs on the connection, and runs `work` until that is dropped
    /// for which the result stands.
    async fn run(&self, work: Work) -> Result<Interest, MysqlError> {
        let mut session = Arc::clone(&self.0).lock_owned().await;
        if session.is_busy {
            // Whoever ran the last statement did not come to its end.
            session.give_up();
        }
        if session.link.is_none() {
            let sentence = "the connection was given up, because it broke or a statement could not \
                 be ended";
            return Err(MysqlError::QueryFailed(sentence.to_owned()));
        }
        session.is_busy = true;
        let (interest, lost) = oneshot::channel();
        tokio::spawn(see_through(session, work, lost));
        Ok(interest)
    }
}

/// Dropped by whoever no longer waits for a statement.
type Interest = oneshot::Sender<()>;

#[async_trait]
impl MysqlConnection for Connection {
    async fn query(
        &self,
        statement: String,
        parameters: Vec<Value>,
    ) -> Result<QueryResult, MysqlError> {
        let (start, started) = oneshot::channel();
        let (batches, more) = mpsc::channel(1);
        let work = Work {
            sql: statement,
            parameters,
            start,
            batches: Some(batches),
        };
        let interest = self.run(work).await?;
        let started = started.await.map_err(|_| unexpected_end())??;
        let first = stream::iter(started.rows);
        let rows = if started.is_whole {
            first.boxed()
        } else {
            let rest = stream::unfold((more, interest), async |(mut more, interest)| {
                // So that whoever takes all that is at hand takes no more than a batch at once.
                tokio::task::yield_now().await;
                let batch = more.recv().await?;
                Some((stream::iter(batch), (more, interest)))
            });
            first.chain(rest.flatten()).fuse().boxed()
        };
        Ok(QueryResult {
            columns: started.columns,
            rows,
        })
    }

    async fn execute(&self, statement: String, parameters: Vec<Value>) -> Result<(), MysqlError> {
        let (start, started) = oneshot::channel();
        let work = Work {
            sql: statement,
            parameters,
            start,
            batches: None,
        };
        let _interest = self.run(work).await?;
        started.await.map_err(|_| unexpected_end())?.map(drop)
    }
}

fn unexpected_end() -> MysqlError {
    MysqlError::QueryFailed("the connection ended within the statement".to_owned())
}

/// A connection and what may be left on it.
struct Session {
    /// None once the connection is of no more use.
    link: Option<Object<Manager>>,
    pool: Pool,
    /// A statement was sent whose answer has not been read to its end.
    is_busy: bool,
    /// The connection's place among all that components hold.
    permit: Option<OwnedSemaphorePermit>,
}

impl Session {
    fn give_up(&mut self) {
        if let Some(link) = self.link.take() {
            Object::take(link).close();
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.is_busy {
            self.give_up();
        }
        let Some(link) = self.link.take() else { return };
        let permit = self.permit.take();
        match Handle::try_current() {
            Ok(runtime) => {
                runtime.spawn(async move {
                    give_back(link).await;
                    drop(permit);
                });
            }
            // Nobody is left to clean it.
            Err(_) => Object::take(link).close(),
        }
    }
}

/// Returns a connection to its pool without a trace of its use, or closes it.
async fn give_back(mut link: Object<Manager>) {
    if !matches!(timeout(link.patience, link.clean()).await, Ok(Ok(()))) {
        Object::take(link).close();
    }
}

/// Runs a statement until the session is ready for the next one. Once nobody waits any more, which
/// `lost` says, the server is asked to end it.
async fn see_through(
    mut session: OwnedMutexGuard<Session>,
    work: Work,
    lost: oneshot::Receiver<()>,
) {
    let Session { link, pool, .. } = &mut *session;
    let Some(link) = link else { return };
    let link: &mut Link = link;
    let on_server = link.session();
    let outcome = {
        let work = pin!(work.run(&mut link.conn));
        match select(work, lost).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right((_, work)) => end(work, pool.manager(), on_server).await,
        }
    };
    session.is_busy = false;
    if let Err(Broken) = outcome {
        session.give_up();
    }
}

/// Waits until `work` has ended by itself, and has the server end it if that takes long.
async fn end(
    mut work: impl Future<Output = Result<(), Broken>> + Unpin,
    manager: &Manager,
    on_server: ServerSession,
) -> Result<(), Broken> {
    if let Ok(outcome) = timeout(GRACE, &mut work).await {
        return outcome;
    }
    let ending = async {
        if let Err(error) = manager.cancel(on_server).await {
            tracing::debug!("a statement on MySQL cannot be ended: {error}");
        }
        work.await
    };
    timeout(manager.patience(), ending)
        .await
        .unwrap_or(Err(Broken))
}
