//! One statement, from its text to the end of its answer.

use std::future::poll_fn;
use std::task::Poll;

use futures::stream::{Stream, StreamExt as _};
use mysql_async::prelude::Queryable as _;
use mysql_async::{
    BinaryProtocol, Conn, DriverError, Error, Params, QueryResult, Row as DriverRow, Statement,
};
use tokio::sync::{mpsc, oneshot};

use super::link::describe;
use super::value;
use crate::mysql::{Column, MysqlError, Row, Value};

/// A batch ends after so many bytes or rows, so that no more than a few are in memory for each
/// statement.
const BATCH_BYTES: usize = 1024 * 1024;
const BATCH_ROWS: usize = 1024;

/// Rows, the last of which may be why there are no more.
pub(super) type Batch = Vec<Result<Row, MysqlError>>;

/// What is known of an answer as soon as there is one.
pub(super) struct Started {
    pub(super) columns: Vec<Column>,
    pub(super) rows: Batch,
    /// Whether those are all.
    pub(super) is_whole: bool,
}

impl Started {
    /// The answer to a statement without rows.
    fn empty() -> Self {
        Self {
            columns: Vec::new(),
            rows: Vec::new(),
            is_whole: true,
        }
    }
}

/// A statement to run.
pub(super) struct Work {
    pub(super) sql: String,
    pub(super) parameters: Vec<Value>,
    pub(super) start: oneshot::Sender<Result<Started, MysqlError>>,
    /// Where the rows after the first batch go. None if nobody wants rows: the start is then told
    /// at the end.
    pub(super) batches: Option<mpsc::Sender<Batch>>,
}

/// The connection is of no more use.
pub(super) struct Broken;

impl Work {
    /// Runs the statement until the connection is ready for the next one.
    pub(super) async fn run(self, conn: &mut Conn) -> Result<(), Broken> {
        let statement = match conn.prep(self.sql.as_str()).await {
            Ok(statement) => statement,
            Err(error) => {
                let Failure { error, outcome } = error.into();
                // Whoever asked may have gone.
                _ = self.start.send(Err(error));
                return outcome;
            }
        };
        self.answer(conn, &statement).await?;
        // Nothing keeps it, and a server has room for only so many.
        outcome(conn.close(statement).await.as_ref().err())
    }

    async fn answer(self, conn: &mut Conn, statement: &Statement) -> Result<(), Broken> {
        let result = match begin(conn, statement, self.parameters).await {
            Ok(result) => result,
            Err(failure) => {
                _ = self.start.send(Err(failure.error));
                return failure.outcome;
            }
        };
        match self.batches {
            Some(batches) => send_rows(result, self.start, batches).await,
            None => {
                let ended = result.drop_result().await;
                let outcome = outcome(ended.as_ref().err());
                _ = self.start.send(match ended {
                    Ok(()) => Ok(Started::empty()),
                    Err(error) => Err(MysqlError::QueryFailed(describe(&error))),
                });
                outcome
            }
        }
    }
}

/// What a statement failed of, and what that means for its connection.
struct Failure {
    error: MysqlError,
    outcome: Result<(), Broken>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            error: MysqlError::QueryFailed(describe(&error)),
            outcome: outcome(Some(&error)),
        }
    }
}

/// After an error of its server a connection goes on, after one of the driver's own it does not.
fn outcome(error: Option<&Error>) -> Result<(), Broken> {
    match error {
        Some(error) if error.is_fatal() => Err(Broken),
        _ => Ok(()),
    }
}

type Answer<'a> = QueryResult<'a, 'static, BinaryProtocol>;

async fn begin<'a>(
    conn: &'a mut Conn,
    statement: &Statement,
    parameters: Vec<Value>,
) -> Result<Answer<'a>, Failure> {
    let parameters = parameters.into_iter().map(value::parameter);
    let parameters: Vec<_> = parameters
        .collect::<Result<_, _>>()
        .map_err(|error| Failure {
            error,
            outcome: Ok(()),
        })?;
    // The driver, too, would find that out, and close the connection.
    if usize::from(statement.num_params()) != parameters.len() {
        let error = DriverError::StmtParamsMismatch {
            required: statement.num_params(),
            supplied: parameters.len(),
        };
        return Err(Failure {
            error: MysqlError::QueryFailed(describe(&error.into())),
            outcome: Ok(()),
        });
    }
    let parameters = match parameters.is_empty() {
        true => Params::Empty,
        false => Params::Positional(parameters),
    };
    Ok(conn.exec_iter(statement, parameters).await?)
}

/// Sends the rows on as they come, until nobody wants them, and reads the rest of the answer.
async fn send_rows(
    mut result: Answer<'_>,
    start: oneshot::Sender<Result<Started, MysqlError>>,
    batches: mpsc::Sender<Batch>,
) -> Result<(), Broken> {
    let columns: Vec<Column> = result.columns_ref().iter().map(value::column).collect();
    let sent = match result.stream::<DriverRow>().await {
        Ok(Some(mut rows)) => pass_on(&mut rows, columns, start, batches).await,
        Ok(None) => {
            _ = start.send(Ok(Started::empty()));
            Ok(())
        }
        Err(error) => {
            _ = start.send(Err(MysqlError::Other(error.to_string())));
            outcome(Some(&error))
        }
    };
    sent?;
    // More results, of a procedure, or rows that nobody wants.
    outcome(result.drop_result().await.as_ref().err())
}

async fn pass_on(
    rows: &mut (impl Stream<Item = Result<DriverRow, Error>> + Unpin),
    columns: Vec<Column>,
    start: oneshot::Sender<Result<Started, MysqlError>>,
    batches: mpsc::Sender<Batch>,
) -> Result<(), Broken> {
    let mut reader = Reader {
        rows,
        columns,
        end: None,
    };
    // With its first row, so that a statement without rows has run.
    let rows = reader.batch().await;
    let started = Started {
        columns: reader.columns.clone(),
        rows,
        is_whole: reader.end.is_some(),
    };
    if start.send(Ok(started)).is_err() {
        return reader.end.unwrap_or(Ok(()));
    }
    while reader.end.is_none() {
        let batch = reader.batch().await;
        if batches.send(batch).await.is_err() {
            break;
        }
    }
    reader.end.unwrap_or(Ok(()))
}

struct Reader<'a, S> {
    rows: &'a mut S,
    columns: Vec<Column>,
    /// Set when no more rows are to be read.
    end: Option<Result<(), Broken>>,
}

impl<S: Stream<Item = Result<DriverRow, Error>> + Unpin> Reader<'_, S> {
    /// Takes what is at hand, and waits only for a first row.
    async fn batch(&mut self) -> Batch {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        poll_fn(|cx| {
            while self.end.is_none() && bytes < BATCH_BYTES && batch.len() < BATCH_ROWS {
                match self.rows.poll_next_unpin(cx) {
                    Poll::Pending if batch.is_empty() => return Poll::Pending,
                    Poll::Pending => break,
                    Poll::Ready(next) => {
                        let row = self.read(next);
                        let row = row.inspect(|row| {
                            let row = row.iter().flatten().map(Value::memory_bytes);
                            bytes += row.sum::<usize>();
                        });
                        batch.extend(row);
                    }
                }
            }
            Poll::Ready(())
        })
        .await;
        batch
    }

    fn read(&mut self, next: Option<Result<DriverRow, Error>>) -> Option<Result<Row, MysqlError>> {
        match next {
            None => {
                self.end = Some(Ok(()));
                None
            }
            Some(Ok(row)) => {
                let row = value::row(row, &self.columns);
                if row.is_err() {
                    self.end = Some(Ok(()));
                }
                Some(row)
            }
            Some(Err(error)) => {
                self.end = Some(outcome(Some(&error)));
                Some(Err(MysqlError::Other(error.to_string())))
            }
        }
    }
}
