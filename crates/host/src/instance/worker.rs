//! What one instance accepts, and what is left when it ends.

use std::pin::Pin;
use std::sync::Arc;

use wasmtime::component::GuestTaskId;
use wasmtime::{Store, StoreContextMut};
use wasmtime_wasi_http::handler::{ShouldAccept, WorkerState};

use super::Component;
use crate::busy::Busy;
use crate::caller::{Callers, HostTrap};
use crate::exchange::Exchange;
use crate::fuel::FuelMeter;
use crate::observer::{Failure, FailureKind, InstanceEnd, InstanceId, Usage};
use crate::state::{HostState, InstanceStatus};

/// One instance's side of the contract with wasmtime's handler.
pub(crate) struct Worker {
    pub(super) component: Arc<Component>,
    pub(super) number: u64,
    pub(super) status: Arc<InstanceStatus>,
    pub(super) busy: Arc<Busy>,
    pub(super) callers: Callers,
    pub(super) fuel: Option<FuelMeter>,
    pub(super) requests: usize,
    pub(super) concurrent: usize,
}

impl WorkerState for Worker {
    type StoreData = HostState;
    type RequestData = Arc<Exchange>;

    fn should_accept_request(&self, concurrent: usize, total: usize) -> ShouldAccept {
        let answer = if total >= self.requests {
            ShouldAccept::Never
        } else if concurrent >= self.concurrent {
            ShouldAccept::No
        } else {
            ShouldAccept::Yes
        };
        self.status.count_turn(matches!(answer, ShouldAccept::Yes));
        answer
    }

    fn on_request_start(
        &self,
        mut store: StoreContextMut<'_, HostState>,
        exchange: Arc<Exchange>,
        task: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + Sync>> {
        self.busy.set(true);
        exchange.taken_by(&self.status);
        let chain = exchange.chain.clone();
        store.data_mut().chains_mut().begin(task, chain);
        self.callers.begin(task, exchange.tag);
        if let Some(fuel) = &self.fuel {
            fuel.read(&mut store);
        }
        self.component.observed.tell(|observer| {
            let usage = self.usage(store.data());
            observer.request_taken(self.id(), exchange.tag, usage);
        });
        let status = Arc::clone(&self.status);
        let limit = tokio::time::sleep(self.component.limits.request_timeout);
        Box::pin(async move {
            limit.await;
            status.set_expired();
        })
    }

    fn drop(&self, mut store: Store<HostState>, result: wasmtime::Result<()>) {
        if let Some(fuel) = &self.fuel {
            fuel.read(&mut store);
        }
        let failure = result.err().and_then(|error| {
            // Before the store is dropped, whose bodies must not look complete.
            self.status.set_failed();
            let kind = self.failure(&error)?;
            Some((kind, error))
        });
        let usage = self.usage(store.data());
        // With it goes what the instance holds, and the last line that it began to print.
        drop(store);
        self.component.observed.tell(|observer| {
            observer.instance_ended(&InstanceEnd {
                instance: self.id(),
                usage,
                failure: failure.map(|(kind, error)| Failure::of(kind, &error)),
            });
        });
    }
}

impl Worker {
    fn id(&self) -> InstanceId<'_> {
        InstanceId {
            component: &self.component.id,
            number: self.number,
        }
    }

    fn usage(&self, state: &HostState) -> Usage {
        Usage {
            fuel: self.fuel.as_ref().map(FuelMeter::used),
            memory_bytes: state.limiter.used(),
        }
    }

    /// What `error` says of the instance. Nothing, if it is only that its runtime ended.
    fn failure(&self, error: &wasmtime::Error) -> Option<FailureKind> {
        // wasmtime says so whenever its task is dropped, which panics do and runtimes that end.
        if error.to_string() == "worker panicked" && !std::thread::panicking() {
            return None;
        }
        report(&self.component, error);
        Some(if error.chain().any(|cause| cause.is::<HostTrap>()) {
            FailureKind::Killed
        } else if self.status.is_overdue() {
            FailureKind::TimedOut
        } else {
            FailureKind::Trap
        })
    }
}

/// Logs why an instance ended, with the guest's backtrace.
fn report(component: &Component, error: &wasmtime::Error) {
    let id = &component.id;
    tracing::error!(component = %id, "component `{id}` failed: {error:?}");
    component
        .logs
        .note(&format!("component `{id}` failed: {error:?}"));
}
