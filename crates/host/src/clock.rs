//! The clocks that components see, and how they wait.
//!
//! wasmtime lets its host say what `now` is, but waits in real time whatever the answer. So where an
//! application has a [`Clock`], `wasi:clocks/monotonic-clock` is implemented here, in both versions;
//! where it has none, wasmtime's own implementation is called.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use wasmtime::component::{Accessor, HasData, Linker, Resource};
use wasmtime_wasi::clocks::{WasiClocks, WasiClocksCtxView, WasiClocksView as _};
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock as p2;
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};
use wasmtime_wasi::p3::bindings::clocks::monotonic_clock as p3;
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtxBuilder};

use crate::state::HostState;

/// The clocks that components see, for hosts that rule time.
///
/// It answers `wasi:clocks` of WASIp2 and WASIp3, waits included. What the host itself limits
/// ([`Limits`](crate::Limits)) goes by real time all the same.
pub trait Clock: Send + Sync {
    /// Time since the Unix epoch. WASIp2 cannot tell of a time before it.
    fn wall(&self) -> Duration;

    /// Nanoseconds since some fixed moment; it never goes back.
    fn monotonic_nanos(&self) -> u64;

    /// Ends when [`monotonic_nanos`](Self::monotonic_nanos) has reached `deadline`, at once if it has
    /// already. Waiting begins with the call, not with the first poll, and ends for good when the
    /// future is dropped. It may be polled from one task after another.
    fn wait_until(&self, deadline: u64) -> BoxFuture<'static, ()>;
}

struct SharedClock(Arc<dyn Clock>);

impl HostWallClock for SharedClock {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        self.0.wall()
    }
}

impl HostMonotonicClock for SharedClock {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        self.0.monotonic_nanos()
    }
}

/// Has an instance read `clock`.
pub(crate) fn rule(wasi: &mut WasiCtxBuilder, clock: &Arc<dyn Clock>) {
    wasi.wall_clock(SharedClock(Arc::clone(clock)))
        .monotonic_clock(SharedClock(Arc::clone(clock)));
}

/// What `wasi:clocks` needs of an instance.
pub(crate) struct ClocksView<'a> {
    pub(crate) clock: Option<&'a Arc<dyn Clock>>,
    pub(crate) wasi: WasiClocksCtxView<'a>,
}

/// `wasi:clocks/monotonic-clock`, ruled by a [`Clock`] where there is one.
struct Clocks;

impl HasData for Clocks {
    type Data<'a> = ClocksView<'a>;
}

/// Puts the clocks in the place of wasmtime's.
pub(crate) fn add_to_linker(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    let added = p2::add_to_linker::<_, Clocks>(linker, HostState::ruled_clocks)
        .and_then(|()| p3::add_to_linker::<_, Clocks>(linker, HostState::ruled_clocks));
    linker.allow_shadowing(false);
    added
}

impl p3::Host for ClocksView<'_> {
    fn now(&mut self) -> wasmtime::Result<p3::Mark> {
        p3::Host::now(&mut self.wasi)
    }

    fn get_resolution(&mut self) -> wasmtime::Result<p3::Duration> {
        p3::Host::get_resolution(&mut self.wasi)
    }
}

impl p3::HostWithStore<HostState> for Clocks {
    async fn wait_until(store: &Accessor<HostState, Self>, when: p3::Mark) -> wasmtime::Result<()> {
        let clock = store.with(|mut access| access.get().clock.cloned());
        match clock {
            Some(clock) if clock.monotonic_nanos() >= when => Ok(()),
            Some(clock) => {
                clock.wait_until(when).await;
                Ok(())
            }
            None => {
                let store = store.with_getter::<WasiClocks>(HostState::clocks);
                <WasiClocks as p3::HostWithStore<HostState>>::wait_until(&store, when).await
            }
        }
    }

    async fn wait_for(
        store: &Accessor<HostState, Self>,
        duration: p3::Duration,
    ) -> wasmtime::Result<()> {
        let clock = store.with(|mut access| access.get().clock.cloned());
        match clock {
            Some(_) if duration == 0 => Ok(()),
            Some(clock) => {
                wait_for(&*clock, duration).await;
                Ok(())
            }
            None => {
                let store = store.with_getter::<WasiClocks>(HostState::clocks);
                <WasiClocks as p3::HostWithStore<HostState>>::wait_for(&store, duration).await
            }
        }
    }
}

impl p2::Host for ClocksView<'_> {
    fn now(&mut self) -> wasmtime::Result<p2::Instant> {
        p2::Host::now(&mut self.wasi)
    }

    fn resolution(&mut self) -> wasmtime::Result<p2::Duration> {
        p2::Host::resolution(&mut self.wasi)
    }

    fn subscribe_instant(&mut self, when: p2::Instant) -> wasmtime::Result<Resource<DynPollable>> {
        let Some(clock) = self.clock else {
            return self.wasi.subscribe_instant(when);
        };
        let wait = (when > clock.monotonic_nanos()).then(|| clock.wait_until(when));
        self.subscribe(wait)
    }

    fn subscribe_duration(
        &mut self,
        duration: p2::Duration,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        let Some(clock) = self.clock else {
            return self.wasi.subscribe_duration(duration);
        };
        let wait = (duration > 0).then(|| wait_for(&**clock, duration));
        self.subscribe(wait)
    }
}

impl ClocksView<'_> {
    fn subscribe(
        &mut self,
        wait: Option<BoxFuture<'static, ()>>,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        let wait = match wait {
            Some(wait) => Wait::Running(wait),
            None => Wait::Past { yielded: false },
        };
        let wait = self.wasi.table.push(wait)?;
        subscribe(self.wasi.table, wait)
    }
}

/// The wait for a moment from now; one that the clock cannot tell never comes.
fn wait_for(clock: &dyn Clock, nanos: u64) -> BoxFuture<'static, ()> {
    match clock.monotonic_nanos().checked_add(nanos) {
        Some(deadline) => clock.wait_until(deadline),
        None => Box::pin(std::future::pending()),
    }
}

/// What is behind a pollable.
enum Wait {
    Running(Pin<Box<dyn Future<Output = ()> + Send>>),
    /// There was nothing to wait for. A component that polls with such a time-out in a loop lets the
    /// runtime look at its sockets in between only if the first look gives way, as wasmtime's does.
    Past {
        yielded: bool,
    },
    Over,
}

#[wasmtime_wasi::async_trait]
impl Pollable for Wait {
    async fn ready(&mut self) {
        match self {
            Self::Running(wait) => {
                // Polling gives up when something else is ready, and comes back to the same wait.
                wait.as_mut().await;
                *self = Self::Over;
            }
            Self::Past { yielded: false } => {
                *self = Self::Past { yielded: true };
                tokio::task::yield_now().await;
            }
            Self::Past { yielded: true } | Self::Over => {}
        }
    }
}
