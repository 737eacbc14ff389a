//! On whose behalf a component calls its host, for whoever wraps the
//! [capabilities](crate::capability) and wants to know.
//!
//! An instance answers several requests at once. Which of them calls is told by the task that does:
//! wasmtime's call hook notes it whenever a component enters the host, and the bindings wait for
//! every capability through [`Call::of`], inside of which [`Caller::current`] answers. Where
//! [`AppOptions::attribute_calls`](crate::AppOptions::attribute_calls) is not set, which is
//! everywhere but in tests, there is no hook and nothing to note.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Poll;

use wasmtime::component::GuestTaskId;
use wasmtime::{CallHook, Store, StoreContextMut};

use crate::instance::Component;
use crate::observer::RequestTag;
use crate::state::HostState;

/// Who calls a capability.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The id of the component.
    pub component: Arc<str>,
    /// The number of the instance, counted from 1 within the application.
    pub instance: u64,
    /// The request that the instance answers, if it has a tag. None while an instance starts, and where
    /// it cannot be told which of several requests calls.
    pub request: Option<RequestTag>,
    /// Whether the instance starts: it has not taken a request yet.
    pub starting: bool,
}

/// What ended an instance whose capability called [`Caller::trap`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct HostTrap(pub String);

tokio::task_local! {
    static CURRENT: Attributed;
}

impl Caller {
    /// Who calls, within a method of a capability that a component called. `None` elsewhere, and
    /// where [`AppOptions::attribute_calls`](crate::AppOptions::attribute_calls) is not set.
    #[must_use]
    pub fn current() -> Option<Self> {
        CURRENT.try_with(|call| call.caller.clone()).ok()
    }

    /// Ends the calling instance, as a trap of its own would, with everything else that it was
    /// about to answer. Never returns; [`HostTrap`] is the cause that the host reports.
    ///
    /// # Panics
    ///
    /// Where there is no [`current`](Self::current) caller.
    pub async fn trap(message: impl Into<String>) -> ! {
        CURRENT
            .try_with(|call| call.fate.seal(message.into()))
            .expect("a capability is called by an instance, in an application that attributes");
        // Whoever polls the call sees the fate.
        std::future::pending::<std::convert::Infallible>().await;
        unreachable!("nothing comes of what is pending")
    }
}

/// Whether an instance must end, and why.
#[derive(Debug, Default)]
struct Fate(OnceLock<HostTrap>);

impl Fate {
    fn seal(&self, message: String) {
        // The first reason stands.
        _ = self.0.set(HostTrap(message));
    }

    fn check(&self) -> wasmtime::Result<()> {
        match self.0.get() {
            None => Ok(()),
            Some(trap) => Err(wasmtime::Error::new(trap.clone())),
        }
    }
}

struct Attributed {
    caller: Caller,
    fate: Arc<Fate>,
}

/// One call of a capability, by whoever calls now.
pub(crate) struct Call(Option<Attributed>);

impl Call {
    /// Waits for what a capability makes of the call.
    ///
    /// # Errors
    ///
    /// If the capability ended the instance: the trap to answer with.
    pub(crate) async fn of<F: Future>(self, capability: F) -> wasmtime::Result<F::Output> {
        let Some(call) = self.0 else {
            return Ok(capability.await);
        };
        let fate = Arc::clone(&call.fate);
        let mut capability = pin!(CURRENT.scope(call, capability));
        std::future::poll_fn(|cx| match capability.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending => match fate.check() {
                Ok(()) => Poll::Pending,
                Err(trap) => Poll::Ready(Err(trap)),
            },
        })
        .await
    }

    /// The request that calls.
    pub(crate) fn request(&self) -> Option<RequestTag> {
        self.0.as_ref()?.caller.request
    }
}

/// The requests of one instance, by the task that answers each. Empty where nobody asks.
#[derive(Clone, Default)]
pub(crate) struct Callers(Option<Arc<Attribution>>);

struct Attribution {
    component: Arc<str>,
    instance: u64,
    tasks: Mutex<Tasks>,
    fate: Arc<Fate>,
}

#[derive(Default)]
struct Tasks {
    by_task: Vec<(GuestTaskId, Option<RequestTag>)>,
    current: Option<RequestTag>,
}

impl Callers {
    /// The callers of a new instance of `component`.
    pub(crate) fn new(component: &Component, instance: u64) -> Self {
        Self(component.attribute_calls.then(|| {
            Arc::new(Attribution {
                component: Arc::clone(&component.id),
                instance,
                tasks: Mutex::default(),
                fate: Arc::default(),
            })
        }))
    }

    /// The instance has taken a request.
    pub(crate) fn begin(&self, task: GuestTaskId, request: Option<RequestTag>) {
        if let Some(attribution) = &self.0 {
            let mut tasks = attribution.tasks();
            // Ids are used again.
            tasks.by_task.retain(|(other, _)| *other != task);
            tasks.by_task.push((task, request));
        }
    }

    /// A call by whoever entered the host last.
    pub(crate) fn call(&self) -> Call {
        Call(self.0.as_ref().map(|attribution| {
            let tasks = attribution.tasks();
            Attributed {
                caller: Caller {
                    component: Arc::clone(&attribution.component),
                    instance: attribution.instance,
                    request: tasks.current,
                    starting: tasks.by_task.is_empty(),
                },
                fate: Arc::clone(&attribution.fate),
            }
        }))
    }

    /// Has `store` note who calls, and end when a capability wants it to, if anybody asks.
    pub(crate) fn watch(&self, store: &mut Store<HostState>) {
        let Some(attribution) = self.0.clone() else {
            return;
        };
        store.call_hook(move |store, hook| match hook {
            CallHook::CallingHost => {
                attribution.note_current(store);
                Ok(())
            }
            // What was called may live on in a task of its own, and has no other way to end the
            // instance.
            CallHook::ReturningFromHost => attribution.fate.check(),
            CallHook::CallingWasm | CallHook::ReturningFromWasm => Ok(()),
        });
    }
}

impl Attribution {
    fn tasks(&self) -> MutexGuard<'_, Tasks> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_current(&self, mut store: StoreContextMut<'_, HostState>) {
        let mut tasks = self.tasks();
        tasks.current = match tasks.by_task.as_slice() {
            [] => None,
            [(_, only)] => *only,
            several => store.async_call_stack().ok().and_then(|mut stack| {
                let of = |task| several.iter().find(|(other, _)| *other == task);
                stack.find_map(of).and_then(|(_, request)| *request)
            }),
        };
    }
}
