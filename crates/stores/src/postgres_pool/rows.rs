//! Rows on their way to a component.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::stream::{Stream, StreamExt as _, TryStreamExt as _};
use tokio_postgres::RowStream;

use super::measure::Measured;
use super::session::Turn;
use super::value::{Read, data_type};
use crate::MAX_BUFFERED_BYTES;
use crate::postgres::{Column, PostgresError, QueryResult, Row, Value};

/// After so many bytes the stream pauses, so that whoever takes all that is at hand takes no more
/// at once. The driver reads on only when what it has read is taken.
const BATCH_BYTES: usize = 1024 * 1024;

/// Waits for the first row, so that what is wrong with a statement is known at once, and so that a
/// statement without rows has run.
pub(super) async fn result(mut turn: Turn, rows: RowStream) -> Result<QueryResult, PostgresError> {
    let mut rows = Box::pin(rows);
    let first = match rows.try_next().await {
        Ok(Some(first)) => first,
        Ok(None) => {
            turn.finish();
            return Ok(QueryResult {
                columns: Vec::new(),
                rows: futures::stream::empty().boxed(),
            });
        }
        Err(error) => return Err(turn.fail(error)),
    };
    let columns = first.columns().iter().map(|column| Column {
        name: column.name().to_owned(),
        data_type: data_type(column.type_()),
    });
    let columns = columns.collect();
    let first = row(&first)?;
    let rows = Rows {
        first: Some(first),
        rest: Some((rows, turn)),
        unpaused_bytes: 0,
    };
    Ok(QueryResult {
        columns,
        rows: rows.boxed(),
    })
}

struct Rows {
    first: Option<Row>,
    /// None at the end.
    rest: Option<(Pin<Box<RowStream>>, Turn)>,
    unpaused_bytes: usize,
}

impl Rows {
    fn poll_row(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Row, PostgresError>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        let Some((rows, turn)) = &mut self.rest else {
            return Poll::Ready(None);
        };
        let result = match ready!(rows.as_mut().poll_next(cx)) {
            Some(Ok(next)) => match row(&next) {
                Ok(row) => return Poll::Ready(Some(Ok(row))),
                // More rows are to come: whoever drops the turn ends the statement.
                Err(error) => Some(Err(error)),
            },
            Some(Err(error)) => Some(Err(turn.fail(error))),
            None => {
                turn.finish();
                None
            }
        };
        self.rest = None;
        Poll::Ready(result)
    }
}

impl Stream for Rows {
    type Item = Result<Row, PostgresError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.unpaused_bytes >= BATCH_BYTES {
            self.unpaused_bytes = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let next = ready!(self.poll_row(cx));
        if let Some(Ok(row)) = &next {
            self.unpaused_bytes += memory_bytes(row);
        }
        Poll::Ready(next)
    }
}

fn memory_bytes(row: &Row) -> usize {
    row.iter().map(Value::memory_bytes).sum()
}

fn row(row: &tokio_postgres::Row) -> Result<Row, PostgresError> {
    // Measured before anything is read, because values may be far longer than what was sent.
    let mut bytes = 0_usize;
    for index in 0..row.len() {
        let Measured(more) = row.try_get(index)?;
        bytes = bytes.saturating_add(more);
        if bytes > MAX_BUFFERED_BYTES {
            return Err(PostgresError::Failed(format!(
                "query result exceeds limit of {MAX_BUFFERED_BYTES} bytes"
            )));
        }
    }
    let values = (0..row.len())
        .map(|index| row.try_get(index).map(|Read(value)| value))
        .collect::<Result<Row, _>>()?;
    Ok(values)
}
