//! Who loads, who waits, and for whom a value is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::{join, join_all};

use super::fake::World;
use crate::cache::engine::Wanted;
use crate::cache::status::{Reason, Status};
use crate::cache::{Key, Policy};
use crate::identity::UserId;

const POLICY: Policy = Policy::seconds(30);

fn key() -> Key {
    Key::public("tags", "all").tagged("tags")
}

#[tokio::test]
async fn requests_that_miss_together_load_once() {
    let instance = World::new().instance();
    let loads = Arc::new(AtomicUsize::new(0));
    let requests = (0..16).map(|_| async {
        let loads = Arc::clone(&loads);
        let load = async move || {
            loads.fetch_add(1, Ordering::Relaxed);
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            Ok::<_, String>(Some("one".to_owned()))
        };
        instance
            .engine
            .fetch(&key(), &POLICY, Wanted::Whatever, load)
            .await
            .unwrap()
    });
    let found = join_all(requests).await;
    assert_eq!(loads.load(Ordering::Relaxed), 1);
    assert!(
        found
            .iter()
            .all(|(value, _)| value.as_deref().is_some_and(|text| text == "one"))
    );
    let collapsed = found.iter().filter(|(_, status)| {
        matches!(
            status,
            Status::Collapsed {
                reason: Reason::Miss
            }
        )
    });
    assert_eq!(collapsed.count(), 15);
}

#[tokio::test]
async fn nobody_waits_for_a_request_that_vanished() {
    let instance = World::new().instance();
    let never = async || std::future::pending::<Result<Option<String>, String>>().await;
    let (key, engine) = (key(), &instance.engine);
    {
        let leader = engine.fetch(&key, &POLICY, Wanted::Whatever, never);
        let mut leader = Box::pin(leader);
        // It is well into its load when another one begins to wait, and then it is dropped.
        for _ in 0..5 {
            assert!(futures::poll!(&mut leader).is_pending());
            tokio::task::yield_now().await;
        }
        let mut waiter = Box::pin(instance.get(&key, &POLICY, "mine"));
        for _ in 0..5 {
            assert!(futures::poll!(&mut waiter).is_pending());
            tokio::task::yield_now().await;
        }
        drop(leader);
        assert_eq!(waiter.await.0, "mine");
    }
}

#[tokio::test]
async fn nobody_waits_for_long() {
    let instance = World::new().instance();
    let never = async || std::future::pending::<Result<Option<String>, String>>().await;
    let key = key();
    let mut leader = Box::pin(
        instance
            .engine
            .fetch(&key, &POLICY, Wanted::Whatever, never),
    );
    for _ in 0..5 {
        assert!(futures::poll!(&mut leader).is_pending());
        tokio::task::yield_now().await;
    }
    let (first, second) = join(
        instance.get(&key, &POLICY, "first"),
        instance.get(&key, &POLICY, "second"),
    )
    .await;
    assert_eq!((first.0.as_str(), second.0.as_str()), ("first", "second"));
    // And whoever comes later does not begin to.
    instance.invalidate("tags").await;
    instance.world.pass(2000);
    let (value, status) = instance.get(&key, &POLICY, "third").await;
    assert_eq!(value, "third");
    assert!(!matches!(status, Status::Collapsed { .. }));
}

#[tokio::test]
async fn a_load_that_failed_is_not_waited_for_again() {
    let instance = World::new().instance();
    let loads = Arc::new(AtomicUsize::new(0));
    let requests = (0..8).map(|_| async {
        let loads = Arc::clone(&loads);
        let load = async move || {
            loads.fetch_add(1, Ordering::Relaxed);
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            Err::<Option<String>, _>("away".to_owned())
        };
        instance
            .engine
            .fetch(&key(), &POLICY, Wanted::Whatever, load)
            .await
    });
    let found = join_all(requests).await;
    assert!(found.iter().all(Result::is_err));
    assert_eq!(loads.load(Ordering::Relaxed), 8, "each tries once");
}

#[tokio::test]
async fn nobody_is_handed_what_was_loaded_before_a_write_that_he_has_seen() {
    for same in [true, false] {
        let world = World::new();
        let reader = world.instance();
        let writer = world.instance();
        let slow = async || {
            for _ in 0..50 {
                tokio::task::yield_now().await;
            }
            Ok::<_, String>(Some("before".to_owned()))
        };
        let key = key();
        let mut leader = Box::pin(reader.engine.fetch(&key, &POLICY, Wanted::Whatever, slow));
        for _ in 0..5 {
            assert!(futures::poll!(&mut leader).is_pending());
            tokio::task::yield_now().await;
        }
        world.pass(1);
        if same { &reader } else { &writer }
            .invalidate("tags")
            .await;

        let (late, _) = join(reader.get(&key, &POLICY, "after"), leader).await;
        assert_eq!(late.0, "after", "{}", late.1);
        world.pass(1);
        let (value, _) = reader.get(&key, &POLICY, "after").await;
        assert_eq!(value, "after");
    }
}

#[tokio::test]
async fn a_caller_is_answered_with_nothing_of_anothers() {
    let world = World::new();
    let instance = world.instance();
    let now = jiff::Timestamp::UNIX_EPOCH;
    let keys = [
        Key::for_caller(UserId::new(now), "feed", "x"),
        Key::for_caller(UserId::new(now), "feed", "x"),
        Key::public("feed", "x"),
    ];
    for (index, key) in keys.iter().enumerate() {
        let own = index.to_string();
        assert_eq!(instance.get(key, &POLICY, &own).await.0, own);
        assert_eq!(instance.get(key, &POLICY, "another").await.0, own);
    }
    instance.finish().await;
    // What is one caller's own does not leave the instance.
    assert_eq!(world.names(), [keys[2].place()]);
    assert_eq!(
        world.instance().get(&keys[0], &POLICY, "new").await.0,
        "new"
    );
}

#[tokio::test]
async fn who_wants_something_does_not_take_that_there_is_nothing() {
    let instance = World::new().instance();
    let key = key();
    let nothing = async || Ok::<Option<String>, String>(None);
    let something = async || Ok::<_, String>(Some("something".to_owned()));

    // Together: the first one is loading when the second one comes.
    let finds = instance
        .engine
        .fetch(&key, &POLICY, Wanted::Whatever, nothing);
    let gets = instance
        .engine
        .fetch(&key, &POLICY, Wanted::Something, something);
    let (found, got) = futures::join!(finds, gets);
    assert_eq!(found.unwrap().0, None);
    assert_eq!(got.unwrap().0.as_deref(), Some(&"something".to_owned()));
}
