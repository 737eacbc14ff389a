//! On whose behalf capabilities are called, and how they end whoever calls.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use http::{Request, Response};
use jenny_host::capability::{
    OutboundHttp, OutboundRequest, OutboundResponse, VariableError, Variables,
};
use jenny_host::{AppOptions, Body, Caller, Limits, RequestTag};
use support::{Fixture, GUEST, body_text, empty, get, limits, problem_status};
use tokio::sync::Barrier;

/// How many turns others get in a call that does not hold its instance.
const TURNS: usize = 5;

/// What was called, and on whose behalf.
type Called = Vec<(String, Option<Caller>)>;

#[derive(Clone)]
struct Calls {
    all: Arc<Mutex<Called>>,
    /// Where requests wait for each other before their calls `async_…` go on.
    together: Arc<Barrier>,
}

impl Calls {
    async fn note(&self, what: &str) {
        let caller = Caller::current();
        self.all
            .lock()
            .unwrap()
            .push((what.to_owned(), caller.clone()));
        if what.ends_with("kill") {
            Caller::trap(format!("killed in {what}")).await;
        }
        if what.starts_with("async") {
            self.together.wait().await;
        }
        for _ in 0..TURNS {
            tokio::task::yield_now().await;
        }
        assert_eq!(Caller::current(), caller, "while {what} was called");
    }

    fn all(&self) -> Called {
        self.all.lock().unwrap().clone()
    }
}

#[async_trait]
impl Variables for Calls {
    async fn get(&self, _: &str, name: &str) -> Result<String, VariableError> {
        self.note(name).await;
        Ok(String::new())
    }

    async fn get_all(&self, _: &str) -> Result<Vec<(String, String)>, VariableError> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl OutboundHttp for Calls {
    async fn send(
        &self,
        request: OutboundRequest,
    ) -> Result<OutboundResponse, wasmtime_wasi_http::Error> {
        self.note(request.request.uri().path()).await;
        Ok(OutboundResponse {
            response: Response::new(empty()),
            io: Box::pin(async { Ok(()) }),
        })
    }
}

/// An application with so many instances of its component, and the calls that they make: so many
/// requests wait for each other.
async fn fixture(attribute_calls: bool, max_instances: usize, together: usize) -> (Fixture, Calls) {
    let manifest = format!(
        "{GUEST}allowed_outbound_hosts = [\"http://world.example\", \"http://*.spin.internal\"]\n"
    );
    let options = AppOptions {
        quiet: true,
        attribute_calls,
        limits: Limits {
            max_instances,
            ..limits()
        },
        ..AppOptions::default()
    };
    let calls = Calls {
        all: Arc::default(),
        together: Arc::new(Barrier::new(together)),
    };
    let outbound = Arc::new(calls.clone());
    let variables = Arc::new(calls.clone());
    let fixture = Fixture::try_load_with(&manifest, options, outbound, |capabilities| {
        capabilities.variables = variables;
    });
    (fixture.await.unwrap(), calls)
}

fn tagged(path: &str, tag: u64) -> Request<Body> {
    let mut request = get(path);
    request.extensions_mut().insert(RequestTag(tag));
    request
}

#[tokio::test]
async fn a_call_is_its_requests_also_when_several_share_an_instance() {
    let (fixture, calls) = fixture(true, 1, 8).await;
    // An instance that is at hand takes them all; each would start one of its own otherwise.
    fixture.get("/ok").await;

    let paths: Vec<String> = (1..=8).map(|tag| format!("/calls/{tag}")).collect();
    let requests = (1..)
        .zip(&paths)
        .map(|(tag, path)| fixture.send(tagged(path, tag)));
    for response in futures::future::join_all(requests).await {
        assert_eq!(body_text(response).await, "called");
    }

    let all = calls.all();
    assert_eq!(all.len(), 8 * 9, "{all:?}");
    for (what, caller) in &all {
        let caller = caller.as_ref().expect("somebody calls");
        let RequestTag(tag) = caller.request.expect("for a request");
        let name = what.trim_start_matches(|c: char| !c.is_ascii_digit());
        assert_eq!(name, tag.to_string(), "{all:?}");
        assert_eq!((&*caller.component, caller.instance), ("guest", 1));
    }
    let order: Vec<_> = all.iter().map(|(_, caller)| caller.clone()).collect();
    // Each makes nine calls; one after the other, they would come in nines.
    let in_one_go = order.chunk_by(|a, b| a == b).count();
    assert!(in_one_go > 8, "no two met: {order:?}");
}

#[tokio::test]
async fn a_request_between_components_belongs_to_the_one_that_it_began_with() {
    let (fixture, calls) = fixture(true, 2, 1).await;

    let path = "/get/http/guest.spin.internal/calls/7";
    let response = fixture.send(tagged(path, 7)).await;

    assert_eq!(body_text(response).await, "200 OK\ncalled");
    let all = calls.all();
    assert_eq!(all.len(), 9);
    for (_, caller) in all {
        assert_eq!(caller.unwrap().request, Some(RequestTag(7)));
    }
}

#[tokio::test]
async fn a_capability_ends_the_instance_that_calls_it() {
    let (fixture, _) = fixture(true, 1, 1).await;
    for (number, what) in ["async_kill", "sync_kill", "http_kill"]
        .into_iter()
        .enumerate()
    {
        let path = format!("/call-one/{what}");

        let response = fixture.send(tagged(&path, number as u64)).await;

        assert_eq!(problem_status(response).await, 500, "{what}");
        fixture.wait_for_log(what).await;
        let next = fixture.send(tagged("/calls/1", 100)).await;
        assert_eq!(body_text(next).await, "called", "after {what}");
    }
}

#[tokio::test]
async fn nobody_is_told_who_did_not_ask() {
    let (fixture, calls) = fixture(false, 1, 1).await;

    let response = fixture.send(tagged("/calls/1", 1)).await;

    assert_eq!(body_text(response).await, "called");
    assert!(calls.all().iter().all(|(_, caller)| caller.is_none()));
}
