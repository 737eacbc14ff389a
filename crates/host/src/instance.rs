//! Instances of one component: when they are made, what they accept, when they end.

mod expiration;
mod stall;
mod worker;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};

use http::{Request, Response};
use tokio_util::sync::CancellationToken;
use wasmtime::{Engine, Store};
use wasmtime_wasi_http::WasiHttpView as _;
use wasmtime_wasi_http::handler::{HandlerState, Instance, ProxyHandler};

use self::expiration::Expiration;
use self::stall::StalledInstances;
use self::worker::Worker;
use crate::Body;
use crate::busy::BusyInstances;
use crate::caller::Callers;
use crate::capability::Capabilities;
use crate::clock::Clock;
use crate::engine::Compiled;
use crate::exchange::Exchange;
use crate::files::Files;
use crate::fuel::{FuelMeter, FuelTotal};
use crate::limits::Limits;
use crate::logs::ComponentLogs;
use crate::observer::{InstanceId, Observed};
use crate::outbound::{Application, Refusals};
use crate::places::Places;
use crate::randomness::SeededRandomness;
use crate::state::{HostState, InstanceStatus, MAX_CALL_BYTES};
use jenny_manifest::allowed_hosts::AllowedHosts;
use jenny_manifest::runtime_config::BlockedNetworks;
use jenny_stores::Grants;

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
    pub(crate) randomness: Option<SeededRandomness>,
    pub(crate) attribute_calls: bool,
    pub(crate) observed: Observed,
    /// How many instances the application has made.
    pub(crate) instances_made: Arc<AtomicU64>,
    /// Those of the application that have something to do.
    pub(crate) busy: Arc<BusyInstances>,
    pub(crate) grants: Arc<Grants>,
    pub(crate) capabilities: Capabilities,
    pub(crate) allowed_hosts: Arc<AllowedHosts>,
    pub(crate) blocked_networks: BlockedNetworks,
    pub(crate) refusals: Refusals,
    pub(crate) places: Places,
    pub(crate) draining: CancellationToken,
    /// The application, for requests between its components.
    pub(crate) app: Weak<dyn Application>,
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
        if !current.state().stalled.any() {
            return current;
        }
        let mut handler = self.handler.write().unwrap_or_else(PoisonError::into_inner);
        // Another request may have replaced it meanwhile.
        if handler.state().stalled.any() {
            *handler = ProxyHandler::new(Factory::new(Arc::clone(&self.component)));
        }
        handler.clone()
    }

    /// Gives new requests to new instances, and lets those that there are end.
    pub(crate) fn retire(&self) {
        let new = ProxyHandler::new(Factory::new(Arc::clone(&self.component)));
        let mut handler = self.handler.write().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut *handler, new);
        drop(handler);
        old.state().retired.cancel();
    }
}

/// Makes instances.
pub(crate) struct Factory {
    component: Arc<Component>,
    stalled: StalledInstances,
    retired: CancellationToken,
}

impl Factory {
    fn new(component: Arc<Component>) -> Self {
        Self {
            stalled: StalledInstances::default(),
            retired: component.draining.child_token(),
            component,
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
        let busy = component.busy.begin();
        let place = component.places.take(limits.queue_timeout).await;
        let place = place.ok_or(NoPlace)?;
        let surrender = place.surrender();
        let status = Arc::new(InstanceStatus::default());
        let number = component.instances_made.fetch_add(1, Ordering::Relaxed) + 1;
        let callers = Callers::new(component, number);
        let state = HostState::new(component, number, &callers, place)?;
        let mut store = Store::new(&component.engine, state);
        callers.watch(&mut store);
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
        component.observed.tell(|observer| {
            observer.instance_started(InstanceId {
                component: &component.id,
                number,
            });
        });
        Ok(Instance {
            store,
            proxy,
            view: HostState::http,
            expiration: Expiration::new(
                component,
                Arc::clone(&status),
                Arc::clone(&busy),
                self.stalled.instance(),
                self.retired.clone(),
                surrender,
            ),
            state: Worker {
                component: Arc::clone(component),
                number,
                status,
                busy,
                callers,
                fuel,
                requests,
                concurrent: component.concurrent_requests(),
            },
        })
    }
}
