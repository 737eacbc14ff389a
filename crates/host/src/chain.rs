//! Through which components a request came, so that requests that go round in circles end.
//!
//! A component that sends requests to itself, directly or by way of others, would otherwise go on
//! until it has filled all places and waited for more. What one instance sends on behalf of one
//! of its concurrent requests is told apart by the task that calls: see [`Client`].

use std::sync::Arc;

use wasmtime::component::{Accessor, GuestTaskId, HasData, Linker, Resource};
use wasmtime::{AsContextMut as _, StoreContextMut};
use wasmtime_wasi::TrappableError;
use wasmtime_wasi_http::p3::bindings::http::{client, types};
use wasmtime_wasi_http::p3::{Request, Response};
use wasmtime_wasi_http::{WasiHttp, WasiHttpCtxView, WasiHttpView as _};

use crate::observer::RequestTag;
use crate::state::HostState;

/// The most requests of one chain that one component answers. Spin knows no such bound; what it
/// would take to get beyond this one is a recursion, not an architecture.
const MAX_ROUNDS: usize = 64;

/// The components that a request came through, the last one first.
pub(crate) struct Chain {
    component: Arc<str>,
    before: Option<Arc<Chain>>,
    /// The request from outside that it all began with.
    request: Option<RequestTag>,
}

impl Chain {
    /// `component` sends a request while it answers one that came through `before`, and is part of
    /// `request`.
    pub(crate) fn through(
        component: &Arc<str>,
        before: Option<Arc<Chain>>,
        request: Option<RequestTag>,
    ) -> Arc<Self> {
        Arc::new(Self {
            component: Arc::clone(component),
            before,
            request,
        })
    }

    pub(crate) fn request(&self) -> Option<RequestTag> {
        self.request
    }

    fn links(&self) -> impl Iterator<Item = &Arc<str>> {
        let mut next = Some(self);
        std::iter::from_fn(move || {
            let link = next?;
            next = link.before.as_deref();
            Some(&link.component)
        })
    }

    /// Whether the request must not go on to `component`: it has come through it so often that it
    /// would have to wait for one of the requests that wait for it. `places` is how many requests
    /// the component can answer at once, `requests` how many all components together.
    pub(crate) fn is_circle(&self, component: &str, places: usize, requests: usize) -> bool {
        let rounds = self.links().filter(|link| ***link == *component).count();
        rounds >= places.clamp(1, MAX_ROUNDS) || self.links().count() > requests
    }

    /// The circle that ends in `component`, from there to there.
    pub(crate) fn circle(&self, component: &str) -> String {
        let mut path = vec![component];
        for link in self.links() {
            path.push(link);
            if **link == *component {
                break;
            }
        }
        path.reverse();
        path.join(" → ")
    }
}

/// The chains of the requests that an instance has taken, as far as they came from components.
#[derive(Default)]
pub(crate) struct Chains {
    by_task: Vec<(GuestTaskId, Arc<Chain>)>,
    /// That of the request which is about to send one. An instance of a WASIp2 component has but
    /// one request.
    current: Option<Arc<Chain>>,
}

impl Chains {
    /// The instance has taken a request.
    pub(crate) fn begin(&mut self, task: GuestTaskId, chain: Option<Arc<Chain>>) {
        // Ids are used again.
        self.by_task.retain(|(other, _)| *other != task);
        self.by_task
            .extend(chain.iter().map(|chain| (task, Arc::clone(chain))));
        self.current = chain;
    }

    pub(crate) fn current(&self) -> Option<Arc<Chain>> {
        self.current.clone()
    }

    /// Notes which of the requests runs now.
    fn note_current(mut store: StoreContextMut<'_, HostState>) {
        if store.data().chains().by_task.is_empty() {
            store.data_mut().chains_mut().current = None;
            return;
        }
        let stack: Vec<GuestTaskId> = store
            .async_call_stack()
            .map(Iterator::collect)
            .unwrap_or_default();
        let chains = store.data_mut().chains_mut();
        let of = |task| chains.by_task.iter().find(|(other, _)| other == task);
        chains.current = stack
            .iter()
            .find_map(of)
            .map(|(_, chain)| Arc::clone(chain));
    }
}

/// The `wasi:http/client` of wasmtime, which does not tell whoever sends its requests on whose
/// behalf that is.
struct Client;

impl HasData for Client {
    type Data<'a> = WasiHttpCtxView<'a>;
}

impl client::HostWithStore<HostState> for Client {
    async fn send(
        store: &Accessor<HostState, Self>,
        request: Resource<Request>,
    ) -> Result<Resource<Response>, TrappableError<types::ErrorCode>> {
        store.with(|mut access| Chains::note_current(access.as_context_mut()));
        // The request is handed to the host before anything is awaited.
        let store = store.with_getter::<WasiHttp>(HostState::http);
        <WasiHttp as client::HostWithStore<HostState>>::send(&store, request).await
    }
}

/// The interfaces of WASIp3 for HTTP.
pub(crate) fn add_to_linker(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    client::add_to_linker::<_, Client>(linker, HostState::http)?;
    types::add_to_linker::<_, WasiHttp>(linker, HostState::http)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(components: &str) -> Arc<Chain> {
        let mut chain = None;
        for component in components.split(' ') {
            chain = Some(Chain::through(&component.into(), chain, None));
        }
        chain.unwrap()
    }

    #[test]
    fn a_chain_without_a_circle_is_as_long_as_it_likes() {
        let components: Vec<String> = (0..100).map(|number| format!("c{number}")).collect();
        assert!(!chain(&components.join(" ")).is_circle("other", 1, 100));
        assert!(chain(&components.join(" ")).is_circle("other", 1, 99));
    }

    #[test]
    fn a_component_answers_as_many_rounds_as_it_has_places_for() {
        let came = chain("a b a");
        assert!(!came.is_circle("a", 3, 100));
        assert!(came.is_circle("a", 2, 100));
        assert!(came.is_circle("b", 1, 100));
        let long = ["a"; MAX_ROUNDS].join(" ");
        assert!(chain(&long).is_circle("a", 1000, 1000));
        assert!(!chain(&long[2..]).is_circle("a", 1000, 1000));
    }

    #[test]
    fn a_circle_is_told_from_its_last_round() {
        assert_eq!(chain("a b c").circle("a"), "a → b → c → a");
        assert_eq!(chain("x a a").circle("a"), "a → a");
    }
}
