//! Time that the host rules, and randomness that a seed determines, in WASIp2 and WASIp3.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use jenny_host::{AppOptions, Clock};
use support::{Fixture, Moved, START, body_text};

static P2: LazyLock<std::path::PathBuf> = LazyLock::new(|| support::build("host-guest-p2"));

fn components() -> [&'static Path; 2] {
    [support::guest_file(), &P2]
}

async fn load(component: &Path, clock: Option<&Arc<Moved>>, random_seed: Option<u64>) -> Fixture {
    let manifest = support::GUEST.replace("{guest}", component.to_str().unwrap());
    let options = AppOptions {
        quiet: true,
        clock: clock.map(|clock| Arc::clone(clock) as Arc<dyn Clock>),
        random_seed,
        ..AppOptions::default()
    };
    Fixture::load(&manifest, options).await
}

async fn get(fixture: &Fixture, path: &str) -> String {
    body_text(fixture.get(path).await).await
}

/// What a component tells when its monotonic clock shows this.
fn at(monotonic: u64) -> String {
    format!("1800000000.{monotonic:09} {monotonic}")
}

#[tokio::test(flavor = "multi_thread")]
async fn both_clocks_stand_still_until_they_are_moved() {
    for component in components() {
        let clock = Moved::new();
        let fixture = load(component, Some(&clock), None).await;

        assert_eq!(get(&fixture, "/wait/").await, at(START));
        assert_eq!(get(&fixture, "/wait/").await, at(START));
        clock.advance(7);
        assert_eq!(get(&fixture, "/wait/").await, at(START + 7));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_past_is_not_waited_for() {
    let all = ["until/0", "until/999999", "until/1000000", "for/0"];
    for component in components() {
        let clock = Moved::new();
        let fixture = load(component, Some(&clock), None).await;

        for how in all {
            assert_eq!(
                get(&fixture, &format!("/wait/{how}")).await,
                at(START),
                "{how}"
            );
        }
        assert_eq!(clock.waits(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_ends_when_the_clock_gets_there_and_no_sooner() {
    let p3 = ["until/1000500", "for/500", "std/500"];
    let p2 = ["until/1000500", "for/500"];
    for (component, all) in components().into_iter().zip([&p3[..], &p2[..]]) {
        for how in all {
            let clock = Moved::new();
            let fixture = load(component, Some(&clock), None).await;
            let waiting = fixture.spawn_get(&format!("/wait/{how}"));
            fixture
                .wait_until("requests that wait for the clock", async || {
                    clock.waits() == 1
                })
                .await;

            clock.advance(499);
            assert_eq!(clock.waits(), 1, "{how}");
            assert!(!waiting.is_finished(), "{how}");
            clock.advance(1);

            let told = body_text(waiting.await.unwrap()).await;
            assert_eq!(told, at(START + 500), "{how}");
            assert_eq!(clock.waits(), 0, "{how}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_clock_can_tell_is_waited_for_without_a_trap() {
    let max = u64::MAX;
    for component in components() {
        let clock = Moved::new();
        let fixture = load(component, Some(&clock), None).await;

        // A deadline that will never come, and a time that leads beyond what can be told.
        let until = fixture.spawn_get(&format!("/wait/until/{max}"));
        fixture
            .wait_until("requests that wait for the clock", async || {
                clock.waits() == 1
            })
            .await;
        let over = fixture.spawn_get(&format!("/wait/for/{max}"));
        fixture.wait_for_requests(2).await;
        clock.advance(u64::MAX / 2);

        assert_eq!(get(&fixture, "/wait/for/0").await.split(' ').count(), 2);
        assert!(!until.is_finished() && !over.is_finished());
        assert!(!fixture.log().contains("failed"), "{}", fixture.log());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_waits_that_are_polled_together_end_one_after_the_other() {
    let clock = Moved::new();
    let fixture = load(&P2, Some(&clock), None).await;
    let waiting = fixture.spawn_get("/wait/poll/300,100,0,200");
    for left in [3, 2, 1] {
        fixture
            .wait_until("requests that wait for the clock", async || {
                clock.waits() == left
            })
            .await;
        clock.advance(100);
    }

    let told = body_text(waiting.await.unwrap()).await;

    let [first, second, third] = [100, 200, 300].map(|time| START + time);
    assert_eq!(told, format!("2@{START} 1@{first} 3@{second} 0@{third}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_clock_waits_take_real_time() {
    for component in components() {
        let fixture = load(component, None, None).await;
        let start = std::time::Instant::now();

        get(&fixture, "/wait/for/30000000").await;

        assert!(start.elapsed() >= Duration::from_millis(30));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_draws_the_same_and_another_seed_does_not() {
    for component in components() {
        let mut drawn = Vec::new();
        for seed in [Some(1), Some(1), Some(2), None, None] {
            let fixture = load(component, None, seed).await;
            drawn.push(get(&fixture, "/draw/").await);
        }

        assert_eq!(drawn[0], drawn[1]);
        // Each line is another kind of randomness.
        for (one, other) in [(1, 2), (2, 3), (3, 4), (1, 4)] {
            for (one, other) in drawn[one].lines().zip(drawn[other].lines()) {
                assert_ne!(one, other);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_instance_draws_something_else_whatever_other_components_do() {
    let application = r#"
spin_manifest_version = 2
[application]
name = "test"
[[trigger.http]]
route = "/draw/..."
component = "guest"
[[trigger.http]]
route = "/draw/other/..."
component = "other"
[component.guest]
source = "{p2}"
[component.other]
source = "{p2}"
"#;
    let mut drawn = Vec::new();
    for others in [0, 3] {
        let manifest = application.replace("{p2}", P2.to_str().unwrap());
        let options = AppOptions {
            quiet: true,
            random_seed: Some(1),
            ..AppOptions::default()
        };
        let fixture = Fixture::load(&manifest, options).await;
        let mut of_one = Vec::new();
        for _ in 0..2 {
            for _ in 0..others {
                get(&fixture, "/draw/other/").await;
            }
            of_one.push(get(&fixture, "/draw/").await);
        }
        assert_ne!(of_one[0], of_one[1]);
        drawn.push(of_one);
    }

    assert_eq!(drawn[0], drawn[1]);
}
