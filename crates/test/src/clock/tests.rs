use std::panic::{AssertUnwindSafe, catch_unwind};

use futures::channel::mpsc;
use futures::{FutureExt as _, StreamExt as _};

use super::*;

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn clock() -> TestClock {
    TestClock::new(None)
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A wait of as many seconds from now.
fn wait(clock: &TestClock, seconds: u64) -> BoxFuture<'static, ()> {
    clock.wait_until(clock.monotonic_nanos() + seconds * 1_000_000_000)
}

fn refusal<T>(what: impl FnOnce() -> T) -> String {
    let refused = catch_unwind(AssertUnwindSafe(what)).err();
    let text = refused.and_then(|panic| panic.downcast::<String>().ok());
    *text.expect("it is refused")
}

#[tokio::test]
async fn it_begins_where_it_is_told_and_stands_still() {
    let clock = clock();
    assert_eq!(clock.now(), time("2027-02-03T04:05:06.789Z"));
    assert_eq!(clock.wall(), Duration::from_millis(1_801_627_506_789));
    assert_eq!(clock.monotonic_nanos(), clock.monotonic_nanos());

    let start = time("1999-12-31T23:59:59.999999999Z");
    assert_eq!(TestClock::new(Some(start)).now(), start);
}

#[tokio::test]
async fn both_clocks_are_moved_and_only_the_wall_clock_is_set() {
    let clock = clock();
    let start = clock.monotonic_nanos();

    clock.advance(seconds(2));
    clock.advance_to(time("2027-02-03T04:05:11.789Z"));
    clock.tick();

    assert_eq!(clock.now(), time("2027-02-03T04:05:11.790Z"));
    assert_eq!(clock.monotonic_nanos() - start, 5_001_000_000);

    let mut waiting = wait(&clock, 1);
    for other in ["2001-01-01T00:00:00Z", "2099-01-01T00:00:00Z"] {
        clock.set(time(other));
        assert_eq!(clock.now(), time(other));
        assert_eq!(clock.monotonic_nanos() - start, 5_001_000_000);
        assert_eq!((&mut waiting).now_or_never(), None);
    }
}

#[tokio::test]
async fn what_cannot_be_told_is_refused_and_changes_nothing() {
    let clock = clock();
    let (now, monotonic) = (clock.now(), clock.monotonic_nanos());
    let too_early = time("1969-12-31T23:59:59Z");
    let sentences = [
        refusal(|| TestClock::new(Some(too_early))),
        refusal(|| clock.set(too_early)),
        refusal(|| clock.advance_to(time("2027-02-03T04:05:06.788Z"))),
        refusal(|| clock.advance(Duration::MAX)),
        refusal(|| clock.advance(seconds(600 * 365 * 86_400))),
        refusal(|| {
            clock.set(Timestamp::MAX);
            clock.advance(seconds(1));
        }),
    ];

    let expected = [
        "1970",
        "1970",
        "moved back",
        "so late",
        "so late",
        "so late",
    ];
    for (sentence, expected) in sentences.iter().zip(expected) {
        assert!(sentence.contains(expected), "{sentence}");
    }
    clock.set(now);
    assert_eq!((clock.now(), clock.monotonic_nanos()), (now, monotonic));
}

#[tokio::test]
async fn those_whose_time_has_come_wake_in_the_order_of_their_deadlines() {
    let clock = clock();
    let (woken, order) = mpsc::unbounded();
    let tasks = [5, 1, 4, 9, 2].map(|time| {
        let (waiting, woken) = (wait(&clock, time), woken.clone());
        tokio::spawn(async move {
            waiting.await;
            woken.unbounded_send(time).expect("the test listens");
        })
    });
    drop(woken);
    tokio::task::yield_now().await;
    assert_eq!(clock.waits(), [1, 2, 4, 5, 9].map(seconds));

    clock.advance(seconds(5));

    let mut order = order.map(|time| time.to_string());
    let woken: Vec<String> = order.by_ref().take(4).collect().await;
    assert_eq!(woken, ["1", "2", "4", "5"]);
    assert_eq!(clock.waits(), [seconds(4)]);
    clock.advance(seconds(4));
    assert_eq!(order.next().await.as_deref(), Some("9"));
    for task in tasks {
        task.await.expect("it ends");
    }
}

#[tokio::test]
async fn a_wait_that_nobody_ends_ends_by_itself_and_takes_the_clock_along() {
    let clock = clock();
    let start = clock.monotonic_nanos();
    let real = Instant::now();
    let mut longer = wait(&clock, 3600);

    clock.wait_until(start + 20_000_000).await;

    assert!(real.elapsed() >= Duration::from_millis(20));
    assert_eq!(clock.monotonic_nanos(), start + 20_000_000);
    assert_eq!((&mut longer).now_or_never(), None);
    assert_eq!(clock.waits(), [seconds(3600) - Duration::from_millis(20)]);
}

#[tokio::test]
async fn a_wait_does_not_end_by_itself_while_a_store_is_at_work() {
    let clock = clock();
    let mut wait = clock.begin_wait(clock.monotonic_nanos() + 1_000_000);

    // A call that takes until the wait would have been over twice.
    let call = std::future::poll_fn(|context| {
        let over = Pin::new(&mut wait).poll(context);
        assert_eq!(over, Poll::Pending);
        match wait.times {
            ..=2 => Poll::Pending,
            _ => Poll::Ready(()),
        }
    });
    clock.during(call).await;

    assert_eq!(clock.waits(), [Duration::from_millis(1)]);
    wait.await;
    assert!(!clock.is_store_at_work());
}

#[tokio::test]
async fn a_wait_for_what_is_past_is_over_and_one_without_an_end_never_is() {
    let clock = clock();
    assert_eq!(clock.wait_until(0).now_or_never(), Some(()));
    assert_eq!(wait(&clock, 0).now_or_never(), Some(()));

    let mut endless = clock.wait_until(u64::MAX);
    clock.advance(seconds(500 * 365 * 86_400));
    assert_eq!((&mut endless).now_or_never(), None);
}

#[tokio::test]
async fn a_wait_that_is_given_up_is_no_longer_one() {
    let clock = clock();
    let mut waiting = wait(&clock, 1);
    assert_eq!((&mut waiting).now_or_never(), None);
    assert_eq!(clock.waits().len(), 1);

    drop(waiting);

    assert!(clock.waits().is_empty());
}

#[tokio::test]
async fn a_test_can_wait_for_a_wait() {
    let clock = clock();
    let waiter = clock.clone();
    let task = tokio::spawn(async move {
        wait(&waiter, 2).await;
        wait(&waiter, 30).await;
    });

    assert_eq!(clock.next_wait().await, seconds(2));
    clock.advance(seconds(2));
    clock.until_waiting_for(seconds(30)).await;
    clock.advance(seconds(30));

    task.await.expect("it ends");
}

#[tokio::test]
async fn a_clock_that_flows_goes_on_by_itself_and_can_still_be_moved() {
    let start = time("2000-01-01T00:00:00Z");
    let clock = TestClock::flowing(Some(start));
    assert!(TestClock::flowing(None).now() > time("2026-01-01T00:00:00Z"));

    wait(&clock, 0).await;
    clock.wait_until(clock.monotonic_nanos() + 1_000_000).await;
    let passed = clock.now().duration_since(start);
    assert!(passed.as_millis() >= 1, "{passed}");

    let waiting = wait(&clock, 3600);
    clock.advance(seconds(3600));
    waiting.await;
    assert!(clock.now().duration_since(start).as_secs() >= 3600);
}
