//! Instances of one component: when they are made, what they accept, when they end.

mod stall;

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use http::{Request, Response};
use tokio::time::{Interval, Sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use wasmtime::component::GuestTaskId;
use wasmtime::{Engine, Store, StoreContextMut};
use wasmtime_wasi_http::WasiHttpView as _;
use wasmtime_wasi_http::handler::{
    HandlerState, Instance, ProxyHandler, ShouldAccept, WorkerExpiration, WorkerState, WorkerStatus,
};

use self::stall::{MAX_GAP, STALL, StallWatch};
use crate::Body;
use crate::allowed_hosts::AllowedHosts;
use crate::app::AppInner;
use crate::capability::{Capabilities, Grants};
use crate::engine::Compiled;
use crate::exchange::Exchange;
use crate::files::Files;
use crate::fuel::{FuelMeter, FuelTotal};
use crate::limits::Limits;
use crate::logs::ComponentLogs;
use crate::places::{Places, Surrender};
use crate::runtime_config::BlockedNetworks;
use crate::state::{Clock, HostState, InstanceStatus, MAX_CALL_BYTES};

/// How long the rest of an instance may go on once one of its requests was given up.
const EXPIRED_GRACE: Duration = Duration::from_secs(5);

/// Everything that the instances of one component have in common.
pub(crate) struct Component {
    pub(crate) id: Arc<str>,
    pub(crate) compiled: Arc<Compiled>,
    pub(crate) engine: Engine,
    pub(crate) fuel: Option<FuelTotal>,
    pub(crate) limits: Limits,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) files: Files,
    pub(crate) logs: Arc<ComponentLogs>,
    pub(crate) clock: Option<Arc<dyn Clock>>,
    pub(crate) grants: Arc<Grants>,
    pub(crate) capabilities: Capabilities,
    pub(crate) allowed_hosts: Arc<AllowedHosts>,
    pub(crate) blocked_networks: BlockedNetworks,
    pub(crate) refusals: crate::outbound::Refusals,
    pub(crate) places: Places,
    pub(crate) draining: CancellationToken,
    /// The application, for requests between its components.
    pub(crate) app: Weak<AppInner>,
}

impl Component {
    fn concurrent_requests(&self) -> usize {
        if self.compiled.is_reusable() {
            self.limits.concurrent_requests_per_instance.max(1)
        } else {
            1
        }
    }

    /// How many requests it can answer at once.
    pub(crate) fn capacity(&self) -> usize {
        self.places.max().saturating_mul(self.concurrent_requests())
    }
}

/// No place for another instance became free in time.
#[derive(Debug, thiserror::Error)]
#[error("the limit of instances is reached")]
pub(crate) struct NoPlace;

/// Hands requests to the instances of one component.
pub(crate) struct Instances {
    pub(crate) component: Arc<Component>,
    handler: RwLock<ProxyHandler<Factory>>,
}

impl Instances {
    pub(crate) fn new(component: Arc<Component>) -> Self {
        let handler = RwLock::new(ProxyHandler::new(Factory::new(Arc::clone(&component))));
        Self { component, handler }
    }

    pub(crate) async fn handle(
        &self,
        exchange: Arc<Exchange>,
        request: Request<Body>,
    ) -> wasmtime::Result<Response<Body>> {
        self.handler().handle(exchange, request).await
    }

    /// The handler for a new request.
    ///
    /// wasmtime's handler puts a request into one queue for all instances that said they were
    /// free. An instance that waited for something, said so, and then fell into a busy loop
    /// never takes it, and nobody else is asked. So once an instance stalls, new requests get a
    /// fresh handler; the old one lives on until its instances are done.
    fn handler(&self) -> ProxyHandler<Factory> {
        let current = self
            .handler
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if !current.state().stalled.load(Ordering::Relaxed) {
            return current;
        }
        let mut handler = self.handler.write().unwrap_or_else(PoisonError::into_inner);
        // Another request may have replaced it meanwhile.
        if handler.state().stalled.load(Ordering::Relaxed) {
            *handler = ProxyHandler::new(Factory::new(Arc::clone(&self.component)));
        }
        handler.clone()
    }
}

/// Makes instances.
pub(crate) struct Factory {
    component: Arc<Component>,
    stalled: Arc<AtomicBool>,
}

impl Factory {
    fn new(component: Arc<Component>) -> Self {
        Self {
            component,
            stalled: Arc::default(),
        }
    }
}

impl HandlerState for Factory {
    type StoreData = HostState;
    type WorkerExpiration = Expiration;
    type WorkerState = Worker;

    async fn instantiate(&self) -> wasmtime::Result<Instance<HostState, Expiration, Worker>> {
        let component = &self.component;
        let limits = &component.limits;
        let place = component.places.take(limits.queue_timeout).await;
        let place = place.ok_or(NoPlace)?;
        let surrender = place.surrender();
        let status = Arc::new(InstanceStatus::default());
        let state = HostState::new(component, place)?;
        let mut store = Store::new(&component.engine, state);
        store.limiter(|state| &mut state.limiter);
        store.set_hostcall_fuel(MAX_CALL_BYTES);
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        let fuel = match &component.fuel {
            Some(total) => Some(FuelMeter::fill(Arc::clone(total), &mut store)?),
            None => None,
        };
        let instantiated = component.compiled.pre.instantiate_async(&mut store);
        let proxy = match tokio::time::timeout(limits.request_timeout, instantiated).await {
            Ok(proxy) => proxy?,
            Err(_) => wasmtime::bail!("starting an instance took too long"),
        };
        let requests = if component.compiled.is_reusable() {
            limits.requests_per_instance.max(1)
        } else {
            1
        };
        Ok(Instance {
            store,
            proxy,
            view: HostState::http,
            expiration: Expiration::new(
                component,
                Arc::clone(&status),
                Arc::clone(&self.stalled),
                surrender,
            ),
            state: Worker {
                component: Arc::clone(component),
                status,
                fuel,
                requests,
                concurrent: component.concurrent_requests(),
            },
        })
    }
}

/// One instance's side of the contract with wasmtime's handler.
pub(crate) struct Worker {
    component: Arc<Component>,
    status: Arc<InstanceStatus>,
    fuel: Option<FuelMeter>,
    requests: usize,
    concurrent: usize,
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
        exchange.taken_by(&self.status);
        let chain = exchange.chain.clone();
        store.data_mut().chains_mut().begin(task, chain);
        if let Some(fuel) = &self.fuel {
            fuel.read(store);
        }
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
        if let Err(error) = result {
            self.status.set_failed();
            report(&self.component, &error);
        }
        drop(store);
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

/// Decides, from outside the instance's own event loop, when it has lived long enough.
pub(crate) struct Expiration {
    status: Arc<InstanceStatus>,
    stalled: Arc<AtomicBool>,
    request_timeout: Duration,
    idle_timeout: Duration,
    sleep: Pin<Box<Sleep>>,
    draining: Pin<Box<WaitForCancellationFutureOwned>>,
    surrender: Surrender,
    stall: StallWatch,
    pulse: Interval,
}

impl Expiration {
    fn new(
        component: &Component,
        status: Arc<InstanceStatus>,
        stalled: Arc<AtomicBool>,
        surrender: Surrender,
    ) -> Self {
        Self {
            status,
            stalled,
            request_timeout: component.limits.request_timeout,
            idle_timeout: component.limits.idle_timeout,
            sleep: Box::pin(tokio::time::sleep(component.limits.request_timeout)),
            draining: Box::pin(component.draining.clone().cancelled_owned()),
            surrender,
            stall: StallWatch::default(),
            pulse: tokio::time::interval(MAX_GAP),
        }
    }

    fn watch_for_stall(&mut self, cx: &mut Context<'_>) {
        let busy = self.stall.look(self.status.turns(), Instant::now());
        if !self.status.is_accepting() {
            return;
        }
        if busy >= STALL {
            self.stalled.store(true, Ordering::Relaxed);
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
        if status != WorkerStatus::Idle {
            self.surrender.pass_on();
        }
        let limit = match status {
            WorkerStatus::Idle => {
                if self.draining.as_mut().poll(cx).is_ready() || self.surrender.poll(cx).is_ready()
                {
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
                return Poll::Ready(());
            }
            self.sleep.as_mut().reset(deadline.into());
        }
    }
}
