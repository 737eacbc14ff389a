//! One application takes the place of another while requests come.

mod support;

use std::time::Duration;

use http::{Request, Response};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use jenny_host::server::Service as _;
use jenny_host::{AppOptions, Body, Limits, Live};
use support::{Fixture, GUEST, body_text, get, origin};
use tokio::sync::mpsc;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(600);

async fn version(version: &str) -> Fixture {
    let manifest = format!("{GUEST}environment = {{ VERSION = \"{version}\" }}\n");
    let options = AppOptions {
        limits: Limits {
            request_timeout: PATIENCE,
            body_timeout: PATIENCE,
            ..Limits::default()
        },
        quiet: true,
        ..AppOptions::default()
    };
    Fixture::load(&manifest, options).await
}

async fn ask(live: &Live, path: &str) -> (u16, String) {
    let response = live.call(get(path), origin()).await;
    (response.status().as_u16(), body_text(response).await)
}

/// A request whose body is what is sent, and its answer, which has begun.
async fn begin_echo(live: &Live) -> (mpsc::UnboundedSender<&'static str>, Response<Body>) {
    let (sender, mut parts) = mpsc::unbounded_channel::<&'static str>();
    let parts = futures::stream::poll_fn(move |cx| parts.poll_recv(cx));
    let frames = futures::StreamExt::map(parts, |part| Ok(Frame::data(part.into())));
    let request = Request::post("/echo").header("host", "test");
    let request = request.body(StreamBody::new(frames).boxed_unsync());
    let response = live.call(request.expect("a request"), origin()).await;
    assert_eq!(response.status(), 200);
    (sender, response)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_stays_with_the_application_that_it_began_with() {
    let (one, two) = (version("1").await, version("2").await);
    let live = Live::new(one.app.clone());
    assert_eq!(ask(&live, "/environment/VERSION").await, (200, "1".into()));
    let (sender, response) = begin_echo(&live).await;

    live.replace(two.app.clone(), PATIENCE);

    assert_eq!(ask(&live, "/environment/VERSION").await, (200, "2".into()));
    assert_ne!(one.app.activity().busy, 0);
    sender.send("to the ").expect("it is read");
    sender.send("end").expect("it is read");
    drop(sender);
    assert_eq!(body_text(response).await, "to the end");
    assert!(live.drain(PATIENCE).await);
    for app in [&one.app, &two.app] {
        assert_eq!(app.activity().busy, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_refused_when_the_place_changes() {
    let (one, two) = (version("1").await, version("2").await);
    let live = Live::new(one.app.clone());
    let asking = (0..8).map(|_| {
        let live = live.clone();
        tokio::spawn(async move {
            for _ in 0..50 {
                let (status, version) = ask(&live, "/environment/VERSION").await;
                assert_eq!(status, 200, "{version}");
            }
        })
    });
    let asking: Vec<_> = asking.collect();
    live.replace(two.app.clone(), PATIENCE);
    for asked in asking {
        asked.await.expect("everybody is answered");
    }
    assert_eq!(ask(&live, "/environment/VERSION").await, (200, "2".into()));
    assert!(live.drain(PATIENCE).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_end_is_given_up_in_the_end() {
    let (one, two) = (version("1").await, version("2").await);
    let live = Live::new(one.app.clone());
    let (_sender, _response) = begin_echo(&live).await;
    live.replace(two.app.clone(), Duration::ZERO);
    assert!(
        live.drain(PATIENCE).await,
        "the one in place has nothing to do"
    );
}
