//! Components that trap, loop, hang and eat memory, on real WebAssembly.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use futures::future::join_all;
use http_body_util::BodyExt as _;
use jenny_host::{AppOptions, HttpError, Limits};
use support::{
    Fixture, GUEST, PATIENCE, SHORT, body_text, clocked, fixture, limits, problem_status,
};

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_is_reused() {
    let fixture = fixture(limits()).await;

    assert_eq!(body_text(fixture.get("/count").await).await, "1");
    assert_eq!(body_text(fixture.get("/count").await).await, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_is_replaced_after_its_share_of_requests() {
    let fixture = fixture(Limits {
        requests_per_instance: 2,
        ..limits()
    })
    .await;

    let mut counts = Vec::new();
    for _ in 0..4 {
        counts.push(body_text(fixture.get("/count").await).await);
    }

    assert_eq!(counts, ["1", "2", "1", "2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trap_is_a_500_problem_with_a_backtrace_in_the_log() {
    let fixture = fixture(limits()).await;

    let response = fixture.get("/trap").await;

    assert_eq!(problem_status(response).await, 500);
    // The answer does not wait for the log.
    fixture.wait_for_log("component `guest` failed").await;
    let log = fixture.log();
    assert!(log.contains("asked to trap"), "{log}");
    assert!(log.contains("wasm backtrace"), "{log}");
    assert_eq!(fixture.get("/ok").await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trap_costs_no_request_of_another_instance() {
    let limits = Limits {
        concurrent_requests_per_instance: 1,
        ..limits()
    };
    let (fixture, clock) = clocked(GUEST, limits).await;
    let other = fixture.spawn_get("/wait/for/1");
    fixture
        .wait_until("requests that wait for the clock", async || {
            clock.waits() == 1
        })
        .await;

    assert_eq!(problem_status(fixture.get("/trap").await).await, 500);

    clock.advance(1);
    assert_eq!(other.await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_loop_is_ended() {
    let fixture = fixture(Limits {
        request_timeout: SHORT,
        ..limits()
    })
    .await;

    assert_eq!(problem_status(fixture.get("/loop").await).await, 504);

    fixture.has_instances(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn others_go_on_beside_a_busy_loop() {
    let fixture = fixture(limits()).await;
    let looping = fixture.spawn_get("/loop");
    fixture.wait_for_log("loops from now on").await;

    for _ in 0..10 {
        assert_eq!(fixture.get("/ok").await.status(), 200);
    }

    assert!(!looping.is_finished());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_loop_after_a_wait_does_not_stop_later_requests() {
    let fixture = fixture(limits()).await;
    let looping = fixture.spawn_get("/loop/50");
    fixture.wait_for_log("loops from now on").await;
    // Once the loop has been noticed.
    assert_eq!(fixture.first_answer("/ok").await, 200);

    let statuses = join_all((0..8).map(|_| async { fixture.get("/ok").await.status() })).await;

    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    assert!(!looping.is_finished());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_blocks_its_instance_does_not_stop_later_requests() {
    let (fixture, clock) = clocked(GUEST, limits()).await;
    let blocking = fixture.spawn_get("/block/1");
    fixture
        .wait_until("requests that wait for the clock", async || {
            clock.waits() == 1
        })
        .await;
    clock.advance(1_000_000);
    fixture.wait_for_log("blocks from now on").await;
    fixture
        .wait_until("requests that wait for the clock", async || {
            clock.waits() == 1
        })
        .await;
    // Once the call has been noticed.
    assert_eq!(fixture.first_answer("/ok").await, 200);

    let statuses = join_all((0..8).map(|_| async { fixture.get("/ok").await.status() })).await;

    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    assert!(!blocking.is_finished(), "they did not wait for it");
    clock.advance(2_000_000_000);
    assert_eq!(blocking.await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_never_answers_gets_a_504_and_is_ended() {
    let fixture = fixture(Limits {
        request_timeout: SHORT,
        idle_timeout: SHORT,
        ..limits()
    })
    .await;

    let response = fixture.get("/hang").await;

    assert_eq!(problem_status(response).await, 504);
    fixture.in_time("/ok").await;
    // The instance that hangs is given up too.
    fixture.has_instances(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_eats_memory_gets_a_500() {
    let fixture = fixture(Limits {
        max_instance_memory: 16 << 20,
        ..limits()
    })
    .await;

    let response = fixture.get("/memory").await;

    assert_eq!(problem_status(response).await, 500);
    assert_eq!(fixture.get("/ok").await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_streamed_response_arrives_whole() {
    let fixture = fixture(limits()).await;
    assert_eq!(body_text(fixture.get("/stream").await).await, "one two ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_cut_off_by_a_trap_does_not_look_complete() {
    let fixture = fixture(limits()).await;

    let response = fixture.get("/stream/trap").await;

    assert_eq!(response.status(), 200);
    response.into_body().collect().await.unwrap_err();
    assert_eq!(fixture.get("/ok").await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_of_a_known_length_says_that_it_was_cut_off() {
    let fixture = fixture(limits()).await;

    let response = fixture.get("/announce").await;

    assert_eq!(response.headers()["content-length"], "5");
    let error = response.into_body().collect().await.unwrap_err();
    assert!(
        matches!(error, HttpError::HttpResponseIncomplete),
        "{error:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_that_never_ends_is_cut_off() {
    let fixture = fixture(Limits {
        request_timeout: 10 * SHORT,
        ..limits()
    })
    .await;

    let response = fixture.in_time("/stream/hang").await;

    let body = tokio::time::timeout(PATIENCE, response.into_body().collect());
    body.await.expect("it ends").unwrap_err();
}

/// A WASIp2 component whose handler does what `body` says, on real WebAssembly.
async fn p2_fixture(body: &str, limits: Limits) -> Fixture {
    let text = format!(
        r#"(component
            (import "wasi:http/types@0.2.0" (instance $types
                (export "incoming-request" (type (sub resource)))
                (export "response-outparam" (type (sub resource)))))
            (alias export $types "incoming-request" (type $request))
            (alias export $types "response-outparam" (type $outparam))
            (core module $m
                (memory (export "memory") 1)
                (func (export "handle") (param i32 i32) {body}))
            (core instance $i (instantiate $m))
            (type $handle
                (func (param "request" (own $request)) (param "response-out" (own $outparam))))
            (func $f (type $handle) (canon lift (core func $i "handle")))
            (instance $h (export "handle" (func $f)))
            (export "wasi:http/incoming-handler@0.2.0" (instance $h)))"#
    );
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("p2.wasm");
    std::fs::write(&file, wat::parse_str(text).unwrap()).unwrap();
    let manifest = support::GUEST.replace("{guest}", file.to_str().unwrap());
    Fixture::load(
        &manifest,
        AppOptions {
            limits,
            quiet: true,
            ..AppOptions::default()
        },
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wasip2_component_that_traps_gets_a_500() {
    let fixture = p2_fixture("unreachable", limits()).await;

    assert_eq!(problem_status(fixture.get("/").await).await, 500);

    fixture
        .wait_for_log("wasm `unreachable` instruction executed")
        .await;
    fixture.has_instances(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wasip2_component_that_loops_gets_a_504_and_is_ended() {
    let limits = Limits {
        request_timeout: SHORT,
        ..limits()
    };
    let fixture = p2_fixture("(loop (br 0))", limits).await;

    assert_eq!(problem_status(fixture.get("/").await).await, 504);

    fixture.has_instances(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wasip2_component_that_gives_no_response_gets_a_500() {
    let fixture = p2_fixture("", limits()).await;
    assert_eq!(problem_status(fixture.get("/").await).await, 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wasip2_component_cannot_grow_beyond_its_memory() {
    // Loops (and so gets a 504) unless 1 MiB more is refused.
    let grow = "(if (i32.ne (memory.grow (i32.const 16)) (i32.const -1)) (then (loop (br 0))))
        unreachable";
    let fixture = p2_fixture(
        grow,
        Limits {
            max_instance_memory: 1 << 20,
            ..limits()
        },
    )
    .await;

    assert_eq!(problem_status(fixture.get("/").await).await, 500);
}
