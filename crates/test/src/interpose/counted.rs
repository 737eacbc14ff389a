//! Rows and keys, counted as they go by.

use std::fmt::Display;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::Stream;
use futures::StreamExt as _;
use futures::stream::BoxStream;

use crate::ledger::{Outcome, Recording};

/// Items of which the ledger is told how many there were.
pub(super) struct Counted<'a, T, E> {
    items: BoxStream<'a, Result<T, E>>,
    noun: &'static str,
    count: usize,
    /// Until the end is told.
    recording: Option<Recording>,
}

impl<'a, T, E> Counted<'a, T, E> {
    pub(super) fn new(
        items: BoxStream<'a, Result<T, E>>,
        noun: &'static str,
        recording: Recording,
    ) -> Self {
        Self {
            items,
            noun,
            count: 0,
            recording: Some(recording),
        }
    }

    fn so_far(&self) -> String {
        match self.count {
            1 => format!("1 {}", self.noun),
            count => format!("{count} {}s", self.noun),
        }
    }

    fn tell(&mut self, outcome: Outcome) {
        if let Some(recording) = self.recording.take() {
            recording.continued(outcome);
        }
    }
}

impl<T, E: Display> Stream for Counted<'_, T, E> {
    type Item = Result<T, E>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = ready!(self.items.poll_next_unpin(cx));
        match &next {
            Some(Ok(_)) => self.count += 1,
            Some(Err(error)) => {
                let outcome = Outcome::Failed(format!("{error} (after {})", self.so_far()));
                self.tell(outcome);
            }
            None => {
                let outcome = Outcome::Answered(self.so_far());
                self.tell(outcome);
            }
        }
        Poll::Ready(next)
    }
}

impl<T, E> Drop for Counted<'_, T, E> {
    /// Whoever reads may stop early.
    fn drop(&mut self) {
        let outcome = Outcome::Answered(format!("{} read", self.so_far()));
        self.tell(outcome);
    }
}
