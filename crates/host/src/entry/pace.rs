//! How fast a request's body has to come.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Instant, Sleep};
use tokio_util::sync::CancellationToken;
use wasmtime_wasi_http::Error;

use crate::Body;

/// The longest window, a year: timers can tell of little more.
const MAX_WINDOW: Duration = Duration::from_secs(1 << 25);

/// Measures what comes while the reader waits for it, in windows of that waiting time.
///
/// The time in which nobody asks for more does not count: a client cannot send into a full window of
/// its connection.
pub(super) struct Pace {
    window: Duration,
    /// How many bytes have to come in a window.
    least: u64,
    /// How many have come in this one.
    bytes: u64,
    /// How much of the window is over, the present wait left out.
    waited: Duration,
    /// When the present wait began.
    waiting: Option<Instant>,
}

impl Pace {
    /// Wants `rate` bytes a second, measured over `window`.
    pub(super) fn new(window: Duration, rate: u32) -> Self {
        let window = window.min(MAX_WINDOW);
        Self {
            window,
            least: window.as_secs().max(1).saturating_mul(rate.into()),
            bytes: 0,
            waited: Duration::ZERO,
            waiting: None,
        }
    }

    /// The reader waits. Returns when the window ends unless something comes.
    fn wait(&mut self, now: Instant) -> Instant {
        let since = *self.waiting.get_or_insert(now);
        since + self.window.saturating_sub(self.waited)
    }

    /// So many bytes have come.
    fn come(&mut self, now: Instant, bytes: usize) {
        if let Some(since) = self.waiting.take() {
            self.waited += now.saturating_duration_since(since);
        }
        self.bytes = self.bytes.saturating_add(bytes as u64);
    }

    /// The window has ended. Returns whether enough has come in it, and begins the next.
    fn end_window(&mut self, now: Instant) -> bool {
        let enough = self.bytes >= self.least;
        self.bytes = 0;
        self.waited = Duration::ZERO;
        self.waiting = Some(now);
        enough
    }
}

/// A body that ends in an error when it comes too slowly.
pub(super) struct PacedBody {
    inner: Body,
    pace: Pace,
    timer: Option<Pin<Box<Sleep>>>,
    late: CancellationToken,
}

impl PacedBody {
    /// Cancels `late`, before the reader learns of it, when `inner` is too slow.
    pub(super) fn new(inner: Body, pace: Pace, late: CancellationToken) -> Self {
        Self {
            inner,
            pace,
            timer: None,
            late,
        }
    }

    /// Ready when the body is too slow.
    fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let end = self.pace.wait(Instant::now());
            let timer = self
                .timer
                .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(end)));
            if timer.deadline() != end {
                timer.as_mut().reset(end);
            }
            std::task::ready!(timer.as_mut().poll(cx));
            if !self.pace.end_window(Instant::now()) {
                return Poll::Ready(());
            }
        }
    }
}

impl HttpBody for PacedBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.late.is_cancelled() {
            return Poll::Ready(None);
        }
        let frame = Pin::new(&mut self.inner).poll_frame(cx);
        if let Poll::Ready(frame) = frame {
            let data = frame.as_ref().and_then(|frame| frame.as_ref().ok());
            let bytes = data.and_then(Frame::data_ref).map_or(0, Bytes::len);
            self.pace.come(Instant::now(), bytes);
            return Poll::Ready(frame);
        }
        std::task::ready!(self.poll_late(cx));
        self.late.cancel();
        Poll::Ready(Some(Err(Error::ConnectionReadTimeout)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// What comes, second by second, while the reader waits all the time. Returns after how many
    /// seconds it was too slow.
    fn cut_off(pace: &mut Pace, come: impl Iterator<Item = usize>) -> Option<u64> {
        let start = Instant::now();
        let mut now = start;
        for bytes in come {
            while pace.wait(now) <= now {
                if !pace.end_window(now) {
                    return Some((now - start).as_secs());
                }
            }
            now += SECOND;
            if bytes > 0 {
                pace.come(now, bytes);
            }
        }
        None
    }

    #[test]
    fn a_body_that_keeps_the_rate_is_never_cut_off() {
        let mut pace = Pace::new(10 * SECOND, 240);
        assert_eq!(cut_off(&mut pace, std::iter::repeat_n(240, 1000)), None);
        // In bursts, too.
        let bursts = (0..1000).map(|second| if second % 10 == 5 { 2400 } else { 0 });
        let mut pace = Pace::new(10 * SECOND, 240);
        assert_eq!(cut_off(&mut pace, bursts), None);
    }

    #[test]
    fn a_trickle_is_cut_off_after_the_first_window() {
        for bytes in [0, 1, 200] {
            let mut pace = Pace::new(10 * SECOND, 240);
            let cut = cut_off(&mut pace, std::iter::repeat_n(bytes, 100));
            assert_eq!(cut, Some(10), "{bytes} bytes a second");
        }
    }

    #[test]
    fn much_at_first_buys_no_more_than_another_window() {
        let mut pace = Pace::new(10 * SECOND, 240);
        let come = std::iter::once(1 << 20).chain(std::iter::repeat_n(0, 100));
        assert_eq!(cut_off(&mut pace, come), Some(20));
    }

    #[test]
    fn the_time_in_which_the_reader_does_not_wait_does_not_count() {
        let mut pace = Pace::new(10 * SECOND, 240);
        let mut now = Instant::now();
        let end = pace.wait(now);
        assert_eq!(end, now + 10 * SECOND);
        now += 4 * SECOND;
        pace.come(now, 1);

        now += 3600 * SECOND;

        assert_eq!(pace.wait(now), now + 6 * SECOND);
    }

    #[test]
    fn a_window_without_end_is_one() {
        let now = Instant::now();
        assert!(Pace::new(Duration::MAX, 1).wait(now) > now);
    }
}
