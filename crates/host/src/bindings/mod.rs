//! The interfaces of Spin and of the WASI proposals that Spin carries, as a component imports
//! them, connected to the [capabilities](crate::capability).
//!
//! A function that WIT declares `async` does not hold the store while it waits: the other requests
//! of the same instance go on. The functions of the older interfaces (`fermyon:spin`,
//! `wasi:keyvalue`, `wasi:config`, those of `spin:sqlite` and `spin:postgres` without streams) do hold
//! it, because the component model lets nothing else of an instance run during a synchronous call.

mod config;
mod fermyon;
mod generated;
mod key_value;
mod mqtt;
mod mysql;
mod postgres;
mod redis;
mod sqlite;
mod stream;
mod variables;
mod wasi_key_value;

use std::sync::Arc;

use tokio::sync::Semaphore;
use wasmtime::component::{Accessor, HasData, Linker, ResourceTable};

use crate::caller::{Call, Callers};
use crate::capability::Capabilities;
use crate::instance::Component;
use jenny_stores::Grants;

/// How many stores, and how many databases, an instance may hold open at once: Spin's number.
const MAX_OPEN_HANDLES: usize = 256;

/// How many connections to MQTT brokers an instance may hold open at once: Spin's number.
const MAX_MQTT_CONNECTIONS: usize = 1024;

/// What the interfaces need to know of one instance.
pub(crate) struct SpinCtx {
    component: Arc<Component>,
    grants: Arc<Grants>,
    capabilities: Capabilities,
    callers: Callers,
    open_stores: usize,
    open_swaps: usize,
    open_connections: usize,
    /// The places for open connections that are left.
    postgres_places: Arc<Semaphore>,
    mysql_places: Arc<Semaphore>,
    redis_places: Arc<Semaphore>,
    mqtt_places: Arc<Semaphore>,
}

impl SpinCtx {
    /// The context of a new instance of `component`.
    pub(crate) fn new(component: &Arc<Component>, callers: &Callers) -> Self {
        Self {
            component: Arc::clone(component),
            grants: Arc::clone(&component.grants),
            capabilities: component.capabilities.clone(),
            callers: callers.clone(),
            open_stores: 0,
            open_swaps: 0,
            open_connections: 0,
            postgres_places: Arc::new(Semaphore::new(MAX_OPEN_HANDLES)),
            mysql_places: Arc::new(Semaphore::new(MAX_OPEN_HANDLES)),
            redis_places: Arc::new(Semaphore::new(MAX_OPEN_HANDLES)),
            mqtt_places: Arc::new(Semaphore::new(MAX_MQTT_CONNECTIONS)),
        }
    }
}

/// A [`SpinCtx`] together with the resource table of its instance.
pub(crate) struct SpinCtxView<'a> {
    /// What is known of the instance.
    pub(crate) ctx: &'a mut SpinCtx,
    /// The instance's resources.
    pub(crate) table: &'a mut ResourceTable,
}

impl SpinCtxView<'_> {
    /// The call that the component is making, for a function that holds the store while it waits.
    fn call(&self) -> Call {
        self.ctx.callers.call()
    }
}

/// The call that the component is making, for a function that runs beside others. To be asked
/// before anything is awaited.
fn call<T>(accessor: &Accessor<T, Spin>) -> Call {
    accessor.with(|mut access| access.get().call())
}

/// Implemented by the data of a wasmtime store whose components import Spin's interfaces.
pub(crate) trait SpinView: Send {
    /// The parts that the interfaces work on.
    fn spin(&mut self) -> SpinCtxView<'_>;
}

/// Names [`SpinCtxView`] as what the generated bindings work on.
pub(crate) struct Spin;

impl HasData for Spin {
    type Data<'a> = SpinCtxView<'a>;
}

/// Adds the interfaces of Spin, `wasi:keyvalue` and `wasi:config` to a linker.
///
/// # Errors
///
/// If one of them is defined there already.
pub(crate) fn add_to_linker<T: SpinView + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    generated::Spin::add_to_linker::<T, Spin>(linker, T::spin)
}
