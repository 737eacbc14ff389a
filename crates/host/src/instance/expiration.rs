//! When an instance has lived long enough.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::time::{Interval, Sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use wasmtime_wasi_http::handler::{WorkerExpiration, WorkerStatus};

use super::Component;
use super::stall::{MAX_GAP, STALL, StallWatch, Stalled};
use crate::busy::Busy;
use crate::places::Surrender;
use crate::state::InstanceStatus;

/// How long the rest of an instance may go on once one of its requests was given up.
const EXPIRED_GRACE: Duration = Duration::from_secs(5);

/// Decides, from outside the instance's own event loop, when it has lived long enough.
pub(crate) struct Expiration {
    status: Arc<InstanceStatus>,
    busy: Arc<Busy>,
    stalled: Stalled,
    request_timeout: Duration,
    idle_timeout: Duration,
    sleep: Pin<Box<Sleep>>,
    retired: Pin<Box<WaitForCancellationFutureOwned>>,
    surrender: Surrender,
    stall: StallWatch,
    pulse: Interval,
}

impl Expiration {
    /// The expiration of a new instance, which ends as soon as it is idle once `retired` is
    /// cancelled.
    pub(super) fn new(
        component: &Component,
        status: Arc<InstanceStatus>,
        busy: Arc<Busy>,
        stalled: Stalled,
        retired: CancellationToken,
        surrender: Surrender,
    ) -> Self {
        Self {
            status,
            busy,
            stalled,
            request_timeout: component.limits.request_timeout,
            idle_timeout: component.limits.idle_timeout,
            sleep: Box::pin(tokio::time::sleep(component.limits.request_timeout)),
            retired: Box::pin(retired.cancelled_owned()),
            surrender,
            stall: StallWatch::default(),
            pulse: tokio::time::interval(MAX_GAP),
        }
    }

    fn watch_for_stall(&mut self, cx: &mut Context<'_>) {
        let busy = self.stall.look(self.status.turns(), Instant::now());
        let is_accepting = self.status.is_accepting();
        let is_stalled = is_accepting && busy >= STALL;
        // One that has come out of it, after a long computation on a busy machine, is as good as any.
        self.stalled.set(is_stalled);
        if !is_accepting || is_stalled {
            return;
        }
        // An event loop that waits goes round whenever it is polled. One that is held by a
        // synchronous call of the host does not, and nobody polls it either, hence this.
        while self.pulse.poll_tick(cx).is_ready() {}
    }
}

impl WorkerExpiration for Expiration {
    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        status: WorkerStatus,
        start: Instant,
    ) -> Poll<()> {
        if status == WorkerStatus::Idle {
            self.stalled.set(false);
        } else {
            self.surrender.pass_on();
        }
        // Last, for whoever waits for it.
        self.busy.set(status != WorkerStatus::Idle);
        let limit = match status {
            WorkerStatus::Idle => {
                if self.retired.as_mut().poll(cx).is_ready() || self.surrender.poll(cx).is_ready() {
                    return Poll::Ready(());
                }
                self.idle_timeout
            }
            WorkerStatus::Requests => {
                self.watch_for_stall(cx);
                self.request_timeout
            }
            // What a request that was given up left behind is not worth waiting for, but other
            // requests' work after their response may be.
            WorkerStatus::PostReturn if self.status.has_expired() => {
                self.request_timeout.min(EXPIRED_GRACE)
            }
            WorkerStatus::PostReturn => {
                self.watch_for_stall(cx);
                self.request_timeout
            }
        };
        // A limit beyond what a clock can tell is no limit.
        let Some(deadline) = start.checked_add(limit) else {
            return Poll::Pending;
        };
        // Deadlines come and go with every request, and mostly later ones: to sleep too short, and
        // then again, costs less than to tell the timer each time.
        if deadline < self.sleep.deadline().into_std() {
            self.sleep.as_mut().reset(deadline.into());
        }
        loop {
            ready!(self.sleep.as_mut().poll(cx));
            if deadline <= self.sleep.deadline().into_std() {
                if status != WorkerStatus::Idle {
                    self.status.set_overdue();
                }
                return Poll::Ready(());
            }
            self.sleep.as_mut().reset(deadline.into());
        }
    }
}
