//! The log of what the host answers by itself.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{Method, StatusCode};
use tokio::time::Instant;

/// How long answers are counted together.
const INTERVAL: Duration = Duration::from_secs(10);

/// The most answers that have a line of their own in each interval. Whoever sends requests that are refused
/// must not fill the log: these are two lines a second.
const MAX_LINES: usize = 20;

/// Writes one line for each answer, up to [`MAX_LINES`] in each interval, and at its end one line with the
/// number of the others.
///
/// Intervals go by real time, as all that the host limits does.
pub(crate) struct AnswerLog {
    interval: Duration,
    current: Arc<Mutex<Interval>>,
}

/// What there is to say of an answer. Paths are not: they hold names and ids.
pub(crate) struct Line<'a> {
    pub(crate) status: StatusCode,
    /// Unknown where the head of the request could not be read.
    pub(crate) method: Option<&'a Method>,
    /// The peer of the connection, or the client that a trusted proxy names.
    pub(crate) client: IpAddr,
    pub(crate) request_id: Option<&'a str>,
    /// What the client is told.
    pub(crate) detail: &'a str,
}

impl Default for AnswerLog {
    fn default() -> Self {
        Self::new(INTERVAL)
    }
}

impl AnswerLog {
    fn new(interval: Duration) -> Self {
        Self {
            interval,
            current: Arc::default(),
        }
    }

    /// Writes the line, or counts it.
    pub(crate) fn note(&self, line: &Line<'_>) {
        let now = Instant::now();
        let mut current = lock(&self.current);
        if current.end.is_none_or(|end| end <= now) {
            current.tell();
            current.end = Some(now + self.interval);
            current.lines = 0;
        }
        if current.lines < MAX_LINES {
            current.lines += 1;
            drop(current);
            line.write();
            return;
        }
        let is_first = current.counted.is_empty();
        *current.counted.entry(line.status.as_u16()).or_default() += 1;
        let end = current.end.unwrap_or(now);
        drop(current);
        if is_first {
            let current = Arc::downgrade(&self.current);
            tokio::spawn(async move {
                tokio::time::sleep_until(end).await;
                // Without it the counts were told when it was dropped.
                if let Some(current) = current.upgrade() {
                    lock(&current).tell();
                }
            });
        }
    }
}

fn lock(interval: &Mutex<Interval>) -> MutexGuard<'_, Interval> {
    // Nothing under the lock can panic half way.
    interval.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The present interval.
#[derive(Default)]
struct Interval {
    end: Option<Instant>,
    lines: usize,
    /// The answers without a line of their own, by status.
    counted: BTreeMap<u16, u64>,
}

impl Interval {
    /// Writes the counts, if there are any, and begins them again.
    fn tell(&mut self) {
        let counted = std::mem::take(&mut self.counted);
        if counted.is_empty() {
            return;
        }
        let answers: u64 = counted.values().sum();
        let by_status: Vec<String> = counted
            .iter()
            .map(|(status, number)| format!("{number} of status {status}"))
            .collect();
        tracing::warn!(
            answers,
            "the host answered {answers} more requests itself, which have no lines of their own: {}",
            by_status.join(", ")
        );
    }
}

impl Drop for Interval {
    fn drop(&mut self) {
        self.tell();
    }
}

impl Line<'_> {
    fn write(&self) {
        let Self { detail, .. } = self;
        let (status, method) = (self.status.as_u16(), self.method.map(Method::as_str));
        let (client, request_id) = (self.client, self.request_id);
        if self.status.is_server_error() {
            tracing::warn!(status, method, %client, request_id, "the host answered itself: {detail}");
        } else {
            tracing::info!(status, method, %client, request_id, "the host answered itself: {detail}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::answer::written::Written;

    fn note(log: &AnswerLog, status: u16, times: usize) {
        for _ in 0..times {
            log.note(&Line {
                status: StatusCode::from_u16(status).unwrap(),
                method: Some(&Method::GET),
                client: Ipv4Addr::LOCALHOST.into(),
                request_id: Some("of-a-test"),
                detail: "There is nothing at this path.",
            });
        }
    }

    #[tokio::test]
    async fn lines_are_bounded_and_the_rest_is_counted() {
        let written = Written::default();
        let _collecting = written.collect();
        let log = AnswerLog::new(Duration::from_secs(1 << 20));

        note(&log, 404, MAX_LINES + 3);
        note(&log, 503, 2);

        assert_eq!(
            written.lines("the host answered itself: There is"),
            MAX_LINES
        );
        assert_eq!(
            written.lines("status=404 method=\"GET\" client=127.0.0.1 request_id=\"of-a-test\""),
            MAX_LINES
        );
        assert_eq!(written.lines("more requests"), 0, "the interval goes on");
        drop(log);
        assert_eq!(
            written.lines("answered 5 more requests itself, which have no lines of their own: 3 of status 404, 2 of status 503"),
            1
        );
    }

    #[tokio::test]
    async fn the_counts_are_told_when_the_interval_is_over_and_lines_come_again() {
        let written = Written::default();
        let _collecting = written.collect();
        // Long enough that so many answers fall into one, which depends on the machine.
        let intervals = (0..32).map(|doublings| Duration::from_millis(4 << doublings));
        for interval in intervals {
            let log = AnswerLog::new(interval);
            note(&log, 503, MAX_LINES * 2);
            if lock(&log.current).counted.is_empty() {
                continue;
            }

            while written.lines("more requests") == 0 {
                tokio::task::yield_now().await;
            }
            assert_eq!(written.lines("status=404"), 0);
            note(&log, 404, 1);
            assert_eq!(written.lines("status=404"), 1);
            return;
        }
        panic!("no interval was long enough");
    }
}
