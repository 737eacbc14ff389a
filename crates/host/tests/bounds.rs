//! Requests and instances are bounded, and what is bounded is shared fairly, on real WebAssembly.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::time::Duration;

use bytes::Bytes;
use futures::future::join_all;
use http::Request;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use jenny_host::{Body, Limits};
use support::{GUEST, LONG, SHORT, body_text, clocked, fixture, get, limits, problem_status};
use tokio::sync::mpsc;

#[tokio::test(flavor = "multi_thread")]
async fn saturation_is_a_503_that_says_when_to_come_back() {
    let limits = Limits {
        max_concurrent_requests: 2,
        queue_timeout: SHORT,
        ..limits()
    };
    let (fixture, clock) = clocked(GUEST, limits).await;
    let busy = [(); 2].map(|()| fixture.spawn_get("/wait/for/1"));
    fixture
        .wait_until("requests that wait for the clock", async || {
            clock.waits() == 2
        })
        .await;

    let response = fixture.get("/ok").await;

    assert_eq!(response.headers()["retry-after"], "1");
    assert_eq!(problem_status(response).await, 503);
    clock.advance(1);
    for request in busy {
        assert_eq!(request.await.unwrap().status(), 200);
    }
    assert_eq!(fixture.get("/ok").await.status(), 200);
}

/// A request whose body is what is sent.
fn sending(path: &str) -> (mpsc::UnboundedSender<Bytes>, Request<Body>) {
    let (parts, mut coming) = mpsc::unbounded_channel();
    let frames = futures::stream::poll_fn(move |cx| {
        let part = coming.poll_recv(cx);
        part.map(|part| part.map(|part| Ok(Frame::data(part))))
    });
    let body = StreamBody::new(frames).boxed_unsync();
    let request = Request::post(path).header("host", "example.com");
    (parts, request.body(body).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_body_does_not_come_takes_no_place() {
    let fixture = fixture(Limits {
        max_concurrent_requests: 1,
        ..limits()
    })
    .await;
    let (parts, request) = sending("/echo");
    parts.send("one ".into()).unwrap();
    let mut slow = std::pin::pin!(fixture.send(request));
    assert!(futures::poll!(slow.as_mut()).is_pending());

    assert_eq!(fixture.get("/ok").await.status(), 200);

    parts.send("two".into()).unwrap();
    drop(parts);
    assert_eq!(body_text(slow.await).await, "one two");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_body_that_stalls_gets_a_408_and_its_place_is_free() {
    let fixture = fixture(Limits {
        body_timeout: SHORT,
        max_concurrent_requests: 1,
        ..limits()
    })
    .await;
    let (parts, request) = sending("/length");
    parts.send(vec![b'a'; 64 << 10].into()).unwrap();

    let response = fixture.send(request).await;

    assert_eq!(problem_status(response).await, 408);
    assert_eq!(fixture.get("/ok").await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_one_component_leave_the_others_answering() {
    let limits = Limits {
        max_concurrent_requests: 8,
        max_requests_per_client: Some(8),
        queue_timeout: Duration::ZERO,
        ..limits()
    };
    let (fixture, _) = clocked(TWO, limits).await;
    let hogs: Vec<_> = (0..8).map(|_| fixture.spawn_get("/hang")).collect();
    fixture
        .wait_until("the end of one of the hogs", || async {
            hogs.iter().any(|hog| hog.is_finished())
        })
        .await;
    assert_eq!(fixture.app.activity().requests, 7);

    assert_eq!(fixture.get("/ok").await.status(), 200);

    for hog in hogs {
        hog.abort();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_leave_take_no_place_with_them() {
    let fixture = fixture(Limits {
        max_concurrent_requests: 1,
        ..limits()
    })
    .await;

    for _ in 0..3 {
        let request = fixture.spawn_get("/hang");
        fixture.wait_for_requests(1).await;
        request.abort();
        assert!(request.await.unwrap_err().is_cancelled());
        // A response that is not read holds its place, and gives it back when it is dropped.
        let unread = fixture.get("/stream").await;
        assert_eq!(fixture.app.activity().requests, 1);
        drop(unread);
    }

    assert_eq!(fixture.get("/ok").await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_while_its_request_is_queued_still_counts() {
    let limits = Limits {
        max_instances: 1,
        concurrent_requests_per_instance: 1,
        ..limits()
    };
    let (fixture, clock) = clocked(GUEST, limits).await;
    let busy = fixture.spawn_get("/wait/for/1");
    fixture
        .wait_until("requests that wait for the clock", async || {
            clock.waits() == 1
        })
        .await;
    let queued = fixture.spawn_get("/ok");
    fixture.wait_for_requests(2).await;

    queued.abort();
    assert!(queued.await.unwrap_err().is_cancelled());

    assert_eq!(fixture.app.activity().requests, 2);
    clock.advance(1);
    assert_eq!(busy.await.unwrap().status(), 200);
    fixture.wait_for_requests(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_gives_its_place_back_in_time() {
    let fixture = fixture(Limits {
        request_timeout: 10 * SHORT,
        max_concurrent_requests: 1,
        ..limits()
    })
    .await;
    let unread = fixture.in_time("/stream").await;

    fixture.wait_for_requests(0).await;

    fixture.in_time("/ok").await;
    unread.into_body().collect().await.unwrap_err();
}

/// Two components; `/ok` and `/sleep/100` are the second one's.
const TWO: &str = r#"
spin_manifest_version = 2
[application]
name = "test"
[[trigger.http]]
route = "/..."
component = "guest"
[[trigger.http]]
route = "/ok"
component = "other"
[[trigger.http]]
route = "/sleep/100"
component = "other"
[component.guest]
source = "{guest}"
[component.other]
source = "{guest}"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn one_component_cannot_take_every_place_from_another() {
    let limits = Limits {
        max_instances: 4,
        concurrent_requests_per_instance: 1,
        queue_timeout: SHORT,
        ..limits()
    };
    let (fixture, _) = clocked(TWO, limits).await;
    let hogs: Vec<_> = (0..6).map(|_| fixture.spawn_get("/hang")).collect();
    // Its own place and half of the common two; the others find none.
    fixture
        .wait_until("four requests without a place", || async {
            hogs.iter().filter(|hog| hog.is_finished()).count() == 4
        })
        .await;
    assert_eq!(fixture.app.activity().instances, 2);

    assert_eq!(fixture.get("/ok").await.status(), 200);

    for hog in hogs {
        hog.abort();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_instances_make_room_however_long_they_could_stay() {
    let limits = Limits {
        max_instances: 3,
        concurrent_requests_per_instance: 1,
        ..limits()
    };
    let (fixture, clock) = clocked(TWO, limits).await;
    // Both of the first, then both of the second: they need a place at once, and only one is left.
    for (path, instances) in [("/wait/for/100000000", 2), ("/sleep/100", 3)] {
        let requests = [(); 2].map(|()| fixture.spawn_get(path));
        fixture
            .wait_until("requests that wait for the clock", async || {
                clock.waits() == 2
            })
            .await;
        clock.advance(100_000_000);
        for request in requests {
            assert_eq!(request.await.unwrap().status(), 200, "{path}");
        }
        fixture.has_instances(instances).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_instance_makes_room_for_its_own_component() {
    let fixture = fixture(Limits {
        max_instances: 1,
        concurrent_requests_per_instance: 1,
        ..limits()
    })
    .await;

    let answers = join_all((0..4).map(|_| fixture.get("/sleep/100"))).await;

    assert!(answers.iter().all(|answer| answer.status() == 200));
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_are_bounded() {
    let limits = Limits {
        max_instances: 2,
        concurrent_requests_per_instance: 1,
        queue_timeout: SHORT,
        ..limits()
    };
    let (fixture, clock) = clocked(GUEST, limits).await;
    let busy = [(); 2].map(|()| fixture.spawn_get("/wait/for/1"));
    fixture
        .wait_until("requests that wait for the clock", async || {
            clock.waits() == 2
        })
        .await;

    let response = fixture.get("/ok").await;

    assert_eq!(problem_status(response).await, 503);
    clock.advance(1);
    for request in busy {
        assert_eq!(request.await.unwrap().status(), 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn draining_lets_requests_finish() {
    let limits = Limits {
        queue_timeout: SHORT,
        ..limits()
    };
    let (fixture, clock) = clocked(GUEST, limits).await;
    let request = fixture.spawn_get("/wait/for/1");
    fixture
        .wait_until("requests that wait for the clock", async || {
            clock.waits() == 1
        })
        .await;

    // What is named first is begun first.
    let (is_drained, ()) = tokio::join!(fixture.app.drain(LONG), async { clock.advance(1) });

    assert!(is_drained);
    assert_eq!(request.await.unwrap().status(), 200);
    assert_eq!(
        problem_status(fixture.app.handle(get("/ok"), support::origin()).await).await,
        503
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn draining_does_not_wait_for_ever() {
    let fixture = fixture(limits()).await;
    let request = fixture.spawn_get("/hang");
    fixture.wait_for_requests(1).await;

    assert!(!fixture.app.drain(SHORT).await);
    request.abort();
}
