//! Turns a Rust stream of results into what WIT makes of it: a stream of items, and a future that
//! says how the stream ended.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::stream::BoxStream;
use futures::{FutureExt as _, StreamExt as _};
use tokio::sync::oneshot;
use wasmtime::StoreContextMut;
use wasmtime::component::{
    Accessor, Destination, FutureReader, Lift, Lower, StreamProducer, StreamReader, StreamResult,
    VecBuffer,
};

use super::Spin;

/// How many items are handed to the guest at once.
const MAX_ITEMS: usize = 1024;

/// A stream, and how it ended: what WIT writes `tuple<stream<i>, future<result<_, e>>>`.
pub(crate) type StreamAndResult<I, E> = (StreamReader<I>, FutureReader<Result<(), E>>);

/// Makes the two readers that a guest is given for `source`.
///
/// What is at hand is taken before they are made. A short result is then complete: its future is
/// ready even if the guest never looks at the stream, as one that only wants to know whether its
/// write succeeded does not.
pub(super) async fn readers<T, R, F, I, E>(
    accessor: &Accessor<T, Spin>,
    mut source: BoxStream<'static, Result<R, F>>,
    item: fn(R) -> I,
    error: fn(F) -> E,
) -> wasmtime::Result<StreamAndResult<I, E>>
where
    T: 'static,
    R: Send + 'static,
    F: Send + 'static,
    I: Lift + Lower + Send + Sync + Unpin + 'static,
    E: Lift + Lower + Send + Sync + 'static,
    Result<(), E>: Lift + Lower,
{
    let mut first = Vec::new();
    while first.len() < MAX_ITEMS {
        match source.next().now_or_never() {
            Some(Some(Ok(next))) => first.push(item(next)),
            Some(Some(Err(failure))) => return complete(accessor, first, Err(error(failure))),
            Some(None) => return complete(accessor, first, Ok(())),
            None => break,
        }
    }
    let (end, ended) = oneshot::channel();
    let pump = Pump {
        ready: first.into(),
        source: Some(source),
        item,
        error,
        end: Some(end),
    };
    accessor.with(|mut access| {
        let stream = StreamReader::new(&mut access, pump)?;
        let future = FutureReader::new(&mut access, async move {
            // The guest let go of the stream before its end: no failure, it has what it wanted.
            wasmtime::error::Ok(ended.await.unwrap_or(Ok(())))
        })?;
        Ok((stream, future))
    })
}

fn complete<T, I, E>(
    accessor: &Accessor<T, Spin>,
    items: Vec<I>,
    result: Result<(), E>,
) -> wasmtime::Result<StreamAndResult<I, E>>
where
    T: 'static,
    I: Lift + Lower + Send + Sync + Unpin + 'static,
    E: Lift + Lower + Send + Sync + 'static,
    Result<(), E>: Lift + Lower,
{
    accessor.with(|mut access| {
        let stream = StreamReader::new(&mut access, items)?;
        let future = FutureReader::new(&mut access, async move { wasmtime::error::Ok(result) })?;
        Ok((stream, future))
    })
}

/// Hands the items of `source` to a guest that reads.
///
/// The guest may take fewer items than there are. What it was not asked for stays in `ready`, so that
/// wasmtime never keeps any: with some left over it asks a producer again that has said
/// [`Dropped`](StreamResult::Dropped), which is then said before the guest has the last of them.
struct Pump<R, F, I, E> {
    ready: VecDeque<I>,
    /// `None` once it has ended: most streams panic when they are asked again.
    source: Option<BoxStream<'static, Result<R, F>>>,
    item: fn(R) -> I,
    error: fn(F) -> E,
    end: Option<oneshot::Sender<Result<(), E>>>,
}

impl<R, F, I, E> Unpin for Pump<R, F, I, E> {}

impl<R, F, I, E> Pump<R, F, I, E> {
    /// Takes what is at hand, `most` items at most. Says whether those were the last; waits only for
    /// a first item.
    fn poll_batch(&mut self, cx: &mut Context<'_>, most: usize) -> Poll<(Vec<I>, bool)> {
        while self.ready.len() < most
            && let Some(source) = &mut self.source
        {
            match source.poll_next_unpin(cx) {
                Poll::Pending if self.ready.is_empty() => return Poll::Pending,
                Poll::Pending => break,
                Poll::Ready(Some(Ok(next))) => self.ready.push_back((self.item)(next)),
                Poll::Ready(Some(Err(failure))) => self.finish(Err((self.error)(failure))),
                Poll::Ready(None) => self.finish(Ok(())),
            }
        }
        let batch = self.ready.drain(..most.min(self.ready.len())).collect();
        Poll::Ready((batch, self.source.is_none() && self.ready.is_empty()))
    }

    fn finish(&mut self, result: Result<(), E>) {
        self.source = None;
        if let Some(end) = self.end.take() {
            // The guest may have let go of the future.
            drop(end.send(result));
        }
    }
}

impl<D, R, F, I, E> StreamProducer<D> for Pump<R, F, I, E>
where
    R: Send + 'static,
    F: Send + 'static,
    I: Lower + Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    type Item = I;
    type Buffer = VecBuffer<I>;

    fn poll_produce<'a>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut store: StoreContextMut<'a, D>,
        mut destination: Destination<'a, Self::Item, Self::Buffer>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        // `None` is a reader on the host, which takes whatever there is.
        let wanted = destination.remaining(&mut store).unwrap_or(MAX_ITEMS);
        // A read of nothing asks whether there is something. Saying yes is allowed, and items
        // handed over now could be lost.
        if wanted == 0 {
            return Poll::Ready(Ok(StreamResult::Completed));
        }
        match self.poll_batch(cx, wanted.min(MAX_ITEMS)) {
            Poll::Ready((batch, ended)) => {
                destination.set_buffer(VecBuffer::from(batch));
                Poll::Ready(Ok(if ended {
                    StreamResult::Dropped
                } else {
                    StreamResult::Completed
                }))
            }
            Poll::Pending if finish => Poll::Ready(Ok(StreamResult::Cancelled)),
            Poll::Pending => Poll::Pending,
        }
    }
}
