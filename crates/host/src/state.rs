//! What belongs to one instance of a component.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use http::{Request, Response};
use wasmtime::component::ResourceTable;
use wasmtime_wasi::clocks::WasiClocksCtxView;
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::{
    Error, RequestOptions, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView,
};

use crate::Body;
use crate::bindings::{SpinCtx, SpinCtxView, SpinView};
use crate::caller::Callers;
use crate::chain::{Chain, Chains};
use crate::clock::{self, ClocksView};
use crate::instance::Component;
use crate::limits::MemoryLimiter;
use crate::logs::LogStream;
use crate::outbound;
use crate::places::Place;

/// What the rest of the host wants to know of an instance while it runs and after it is gone.
#[derive(Default)]
pub(crate) struct InstanceStatus {
    failed: AtomicBool,
    expired: AtomicBool,
    overdue: AtomicBool,
    accepting: AtomicBool,
    turns: AtomicU64,
}

impl InstanceStatus {
    /// The instance ended before its work was done. Set before the instance is dropped, because
    /// dropping closes its response bodies, which must not look complete.
    pub(crate) fn set_failed(&self) {
        self.failed.store(true, Ordering::Release);
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// A request of the instance was given up.
    pub(crate) fn set_expired(&self) {
        self.expired.store(true, Ordering::Relaxed);
    }

    pub(crate) fn has_expired(&self) -> bool {
        self.expired.load(Ordering::Relaxed)
    }

    /// The instance is ended because it takes too long.
    pub(crate) fn set_overdue(&self) {
        self.overdue.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_overdue(&self) -> bool {
        self.overdue.load(Ordering::Relaxed)
    }

    /// The instance's event loop went round: no guest code holds it. `accepting` says whether it
    /// offered to take another request.
    pub(crate) fn count_turn(&self, accepting: bool) {
        self.accepting.store(accepting, Ordering::Relaxed);
        self.turns.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn is_accepting(&self) -> bool {
        self.accepting.load(Ordering::Relaxed) && !self.has_expired()
    }

    pub(crate) fn turns(&self) -> u64 {
        self.turns.load(Ordering::Relaxed)
    }
}

/// Most bytes that a component may pass to one call of the host, which copies them: an eighth of
/// an instance's memory by default, and more than any value that belongs in a store. More traps.
/// Bodies are streams and not bound by this.
pub(crate) const MAX_CALL_BYTES: usize = 16 << 20;

/// Most handles (requests, headers, files, sockets, connections) that an instance may hold:
/// hundreds for each of its 16 concurrent requests. With wasmtime's 128 KiB for the fields of
/// one message, an instance that fills all of them with headers takes 512 MiB of the host.
const MAX_HANDLES: usize = 4096;

/// The data of one store.
pub(crate) struct HostState {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    table: ResourceTable,
    hooks: Hooks,
    spin: SpinCtx,
    pub(crate) limiter: MemoryLimiter,
    /// The instance's place among [`crate::Limits::max_instances`].
    _place: Place,
}

impl HostState {
    pub(crate) fn new(
        component: &Arc<Component>,
        number: u64,
        callers: &Callers,
        place: Place,
    ) -> wasmtime::Result<Self> {
        let mut table = ResourceTable::new();
        table.set_max_capacity(MAX_HANDLES);
        Ok(Self {
            wasi: wasi(component, number)?,
            http: WasiHttpCtx::new(),
            table,
            hooks: Hooks {
                component: Arc::clone(component),
                chains: Chains::default(),
                callers: callers.clone(),
            },
            spin: SpinCtx::new(component, callers),
            limiter: MemoryLimiter::new(
                Arc::clone(&component.id),
                component.limits.max_instance_memory,
            ),
            _place: place,
        })
    }
}

impl HostState {
    pub(crate) fn chains(&self) -> &Chains {
        &self.hooks.chains
    }

    pub(crate) fn chains_mut(&mut self) -> &mut Chains {
        &mut self.hooks.chains
    }

    pub(crate) fn ruled_clocks(&mut self) -> ClocksView<'_> {
        let Self {
            wasi, table, hooks, ..
        } = self;
        ClocksView {
            clock: hooks.component.clock.as_ref(),
            wasi: WasiClocksCtxView {
                ctx: wasi.clocks(),
                table,
            },
        }
    }
}

/// The WASI context of a new instance.
fn wasi(component: &Arc<Component>, number: u64) -> wasmtime::Result<WasiCtx> {
    let mut wasi = WasiCtxBuilder::new();
    wasi.envs(&component.environment)
        .stdout(component.logs.stream(LogStream::Stdout, number))
        .stderr(component.logs.stream(LogStream::Stderr, number));
    if let Some(mount) = component.files.mount() {
        wasi.preopened_dir(&mount.host, mount.guest, FsPerms::ReadOnly)?;
    }
    if let Some(clock) = &component.clock {
        clock::rule(&mut wasi, clock);
    }
    if let Some(randomness) = &component.randomness {
        randomness.give_to(&mut wasi);
    }
    outbound::allow_sockets(&mut wasi, component);
    Ok(wasi.build())
}

impl WasiView for HostState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for HostState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            ctx: &mut self.http,
            table: &mut self.table,
            hooks: &mut self.hooks,
        }
    }
}

impl SpinView for HostState {
    fn spin(&mut self) -> SpinCtxView<'_> {
        SpinCtxView {
            ctx: &mut self.spin,
            table: &mut self.table,
        }
    }
}

/// Takes the requests that a component sends.
struct Hooks {
    component: Arc<Component>,
    chains: Chains,
    callers: Callers,
}

type SentRequest = Result<
    (
        Response<Body>,
        Box<dyn Future<Output = Result<(), Error>> + Send>,
    ),
    Error,
>;

impl WasiHttpHooks for Hooks {
    fn send_request(
        &mut self,
        request: Request<Body>,
        options: Option<RequestOptions>,
        // What the component made of the response. There is nobody to tell.
        _processed: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = SentRequest> + Send> {
        let component = Arc::clone(&self.component);
        let call = self.callers.call();
        let chain = Chain::through(&component.id, self.chains.current(), call.request());
        Box::new(async move {
            let sent = call.of(outbound::send(&component, request, options, chain));
            // An instance that is to end does so before it sees this.
            let (response, io) = sent.await.map_err(|_| Error::ConnectionTerminated)??;
            Ok((response, Box::new(io) as Box<dyn Future<Output = _> + Send>))
        })
    }
}
