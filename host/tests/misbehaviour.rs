//! Components that trap, loop, hang and eat memory, on real WebAssembly.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::time::{Duration, Instant};

use futures::future::join_all;
use http_body_util::BodyExt as _;
use jenny_host::{AppOptions, Limits};
use support::{Fixture, body_text, fixture, limits, problem_status};

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_is_reused() {
    let fixture = fixture(Limits::default()).await;

    assert_eq!(body_text(fixture.get("/count").await).await, "1");
    assert_eq!(body_text(fixture.get("/count").await).await, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_is_replaced_after_its_share_of_requests() {
    let fixture = fixture(Limits {
        requests_per_instance: 2,
        ..Limits::default()
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
async fn a_trap_costs_the_requests_of_its_own_instance_and_no_other() {
    let fixture = fixture(Limits {
        concurrent_requests_per_instance: 2,
        ..limits()
    })
    .await;

    // The first two share an instance, the third does not fit into it.
    let (neighbour, trap, other) =
        tokio::join!(fixture.get("/sleep/300"), fixture.get("/trap/100"), async {
            fixture.wait_for_requests(2).await;
            fixture.get("/sleep/300").await
        },);

    assert_eq!(problem_status(trap).await, 500);
    assert_eq!(other.status(), 200);
    // It depends on timing whether the neighbour really was one; if so it gets a problem too.
    if neighbour.status() != 200 {
        assert_eq!(problem_status(neighbour).await, 500);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_loop_is_ended_and_others_go_on() {
    let fixture = fixture(limits()).await;
    let start = Instant::now();

    let (looping, others) = tokio::join!(fixture.get("/loop"), async {
        let mut others = Vec::new();
        while start.elapsed() < Duration::from_millis(700) {
            others.push(fixture.get("/ok").await.status());
        }
        others
    },);

    assert_eq!(problem_status(looping).await, 504);
    assert!(
        start.elapsed() < Duration::from_secs(3),
        "{:?}",
        start.elapsed()
    );
    assert!(others.len() > 10, "{}", others.len());
    assert!(others.iter().all(|status| *status == 200));
    fixture.has_instances(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_loop_after_a_wait_does_not_stop_later_requests() {
    let fixture = fixture(Limits {
        request_timeout: Duration::from_secs(3),
        ..limits()
    })
    .await;
    let looping = fixture.spawn_get("/loop/50");
    // Long enough for the loop to be noticed.
    fixture
        .wait_until(|| async {
            let answer = tokio::time::timeout(Duration::from_millis(300), fixture.get("/ok"));
            answer.await.is_ok_and(|answer| answer.status() == 200)
        })
        .await;

    let statuses = join_all((0..8).map(|_| async { fixture.get("/ok").await.status() })).await;

    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    assert_eq!(problem_status(looping.await.unwrap()).await, 504);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_blocks_its_instance_does_not_stop_later_requests() {
    let fixture = fixture(Limits {
        request_timeout: Duration::from_secs(10),
        ..limits()
    })
    .await;
    let blocking = fixture.spawn_get("/block/50");
    fixture.wait_for_log("blocks from now on").await;
    // Long enough for the call to be noticed.
    fixture
        .wait_until(|| async {
            let answer = tokio::time::timeout(Duration::from_millis(300), fixture.get("/ok"));
            answer.await.is_ok_and(|answer| answer.status() == 200) && !blocking.is_finished()
        })
        .await;

    let statuses = join_all((0..8).map(|_| async { fixture.get("/ok").await.status() })).await;

    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    assert!(!blocking.is_finished(), "they did not wait for it");
    assert_eq!(blocking.await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_never_answers_gets_a_504_and_is_ended() {
    let fixture = fixture(Limits {
        request_timeout: Duration::from_millis(200),
        ..limits()
    })
    .await;

    let response = fixture.get("/hang").await;

    assert_eq!(problem_status(response).await, 504);
    assert_eq!(fixture.get("/ok").await.status(), 200);
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
async fn a_response_that_never_ends_is_cut_off() {
    let fixture = fixture(Limits {
        request_timeout: Duration::from_millis(300),
        ..limits()
    })
    .await;

    let response = fixture.get("/stream/hang").await;

    assert_eq!(response.status(), 200);
    let body = tokio::time::timeout(Duration::from_secs(5), response.into_body().collect());
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
    let fixture = p2_fixture("(loop (br 0))", limits()).await;

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
