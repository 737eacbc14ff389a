//! How long a database may take to answer.
//!
//! A database that is stuck must cost a request an error and not all of its time: the caller is told
//! to try again, while there is somebody left to tell.

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use super::DbError;

/// How long the answer to one statement may take to come. Longer than Postgres itself takes to give
/// up on a statement, and than SQLite waits for a lock.
pub(super) const ANSWER: Duration = Duration::from_secs(12);

/// The same for migrations: an index of a large table takes its time.
pub(super) const MIGRATION_ANSWER: Duration = Duration::from_secs(3600);

/// The answer to a statement.
///
/// # Errors
///
/// [`DbError::Silent`] when it does not come within `limit`.
pub(super) async fn answer<T>(
    limit: Duration,
    statement: impl Future<Output = T>,
) -> Result<T, DbError> {
    within(limit, statement).await.ok_or(DbError::Silent(limit))
}

/// What `work` gives, or `None` when it takes longer than `limit`: it is dropped then, and whatever
/// it waits for with it.
pub(super) async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    let mut limit = pin!(spin_sdk::time::sleep(limit));
    std::future::poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => limit.as_mut().poll(context).map(|()| None),
    })
    .await
}
