//! How old an answer may be.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::fake::World;
use crate::cache::engine::Wanted;
use crate::cache::status::{Level, Reason, Status};
use crate::cache::{Key, Policy};

const POLICY: Policy = Policy::seconds(30)
    .stale_while_revalidate_seconds(30)
    .negative_seconds(5);

fn key() -> Key {
    Key::public("article", "dragons").tagged("articles")
}

fn is_hit(status: Status) -> bool {
    matches!(status, Status::Hit { .. })
}

#[tokio::test]
async fn what_is_fresh_is_not_loaded_again() {
    let instance = World::new().instance();
    let (value, status) = instance.get(&key(), &POLICY, "one").await;
    assert_eq!(value, "one");
    assert!(matches!(
        status,
        Status::Loaded { reason: Reason::Miss, stored: Some(ttl) } if ttl >= 27
    ));

    instance.world.pass(20_000);
    let (value, status) = instance.get(&key(), &POLICY, "two").await;
    assert_eq!(value, "one");
    assert!(matches!(status, Status::Hit { level: Level::Memory, ttl } if ttl <= 10));
}

#[tokio::test]
async fn what_is_stale_is_answered_once_more_and_loaded_after_the_answer() {
    let instance = World::new().instance();
    instance.get(&key(), &POLICY, "one").await;
    instance.finish().await;
    instance.world.pass(40_000);

    let (value, status) = instance.get(&key(), &POLICY, "two").await;
    assert_eq!(value, "one");
    assert!(matches!(status, Status::Hit { ttl, .. } if ttl < 0));
    // Another one meanwhile begins no second load.
    instance.get(&key(), &POLICY, "three").await;
    // The load, and then the write of what it found.
    assert_eq!(instance.finish().await, 2);

    let (value, status) = instance.get(&key(), &POLICY, "four").await;
    assert_eq!(value, "two");
    assert!(is_hit(status));
}

#[tokio::test]
async fn a_refresh_that_the_host_drops_is_begun_again() {
    let instance = World::new().instance();
    instance.get(&key(), &POLICY, "one").await;
    instance.finish().await;
    instance.world.pass(40_000);
    instance.get(&key(), &POLICY, "two").await;
    instance.drop_the_rest();

    let (value, _) = instance.get(&key(), &POLICY, "three").await;
    assert_eq!(value, "one");
    assert!(instance.finish().await > 0);
    assert_eq!(instance.get(&key(), &POLICY, "four").await.0, "three");
}

#[tokio::test]
async fn past_its_end_nothing_is_served() {
    let instance = World::new().instance();
    instance.get(&key(), &POLICY, "one").await;
    instance.finish().await;
    instance.world.pass(60_000);
    let (value, status) = instance.get(&key(), &POLICY, "two").await;
    assert_eq!(value, "two");
    assert!(matches!(
        status,
        Status::Loaded {
            reason: Reason::Stale,
            ..
        }
    ));
}

#[tokio::test]
async fn that_there_is_nothing_is_remembered_for_a_shorter_time() {
    let instance = World::new().instance();
    let loads = Arc::new(AtomicUsize::new(0));
    let get = async || {
        let loads = Arc::clone(&loads);
        let load = async move || {
            loads.fetch_add(1, Ordering::Relaxed);
            Ok::<_, String>(None::<String>)
        };
        let found = instance
            .engine
            .fetch(&key(), &POLICY, Wanted::Whatever, load)
            .await;
        assert!(found.unwrap().0.is_none());
    };
    get().await;
    get().await;
    assert_eq!(loads.load(Ordering::Relaxed), 1);
    assert_eq!(instance.finish().await, 0, "is for no store");

    instance.world.pass(5_000);
    get().await;
    assert_eq!(loads.load(Ordering::Relaxed), 2);

    // What comes into being is there at once.
    instance.invalidate("articles").await;
    instance.world.pass(1);
    assert_eq!(instance.get(&key(), &POLICY, "now").await.0, "now");
}

#[tokio::test]
async fn errors_are_returned_and_not_kept() {
    let instance = World::new().instance();
    let load = async || Err::<Option<String>, _>("away".to_owned());
    let failed = instance
        .engine
        .fetch(&key(), &POLICY, Wanted::Whatever, load)
        .await;
    assert_eq!(failed.unwrap_err(), "away");
    assert_eq!(instance.get(&key(), &POLICY, "one").await.0, "one");
}

#[tokio::test]
async fn a_write_is_seen_by_every_instance_once_it_is_answered() {
    let world = World::new();
    let (writer, reader) = (world.instance(), world.instance());
    for instance in [&writer, &reader] {
        instance.get(&key(), &POLICY, "before").await;
        instance.finish().await;
    }
    world.pass(1);

    writer.invalidate("articles").await;

    for instance in [&reader, &writer] {
        let (value, status) = instance.get(&key(), &POLICY, "after").await;
        assert_eq!(value, "after", "{status}");
    }
}

#[tokio::test]
async fn an_instance_that_need_not_ask_is_stale_for_no_longer_than_it_may() {
    let policy = POLICY.unchecked_milliseconds(2000);
    let world = World::new();
    let (writer, reader) = (world.instance(), world.instance());
    reader.get(&key(), &policy, "before").await;
    reader.finish().await;
    world.pass(1000);
    let reads = world.reads.load(Ordering::Relaxed);
    assert_eq!(reader.get(&key(), &policy, "x").await.0, "before");
    assert_eq!(
        world.reads.load(Ordering::Relaxed),
        reads,
        "asked the store"
    );

    writer.invalidate("articles").await;

    for _ in 0..1000 {
        reader.get(&key(), &policy, "after").await;
        world.pass(2);
    }
    assert_eq!(reader.get(&key(), &policy, "after").await.0, "after");
    // One's own writes are seen at once all the same.
    writer.get(&key(), &policy, "before").await;
    world.pass(1);
    writer.invalidate("articles").await;
    world.pass(1);
    assert_eq!(writer.get(&key(), &policy, "after").await.0, "after");
}

#[tokio::test]
async fn a_load_that_raced_with_a_write_is_never_taken_for_fresh() {
    for same in [true, false] {
        let world = World::new();
        let reader = world.instance();
        let other = world.instance();
        let writer = Arc::new(if same { world.instance() } else { other });
        // The write commits and is answered while the reader's load, which saw what was before it,
        // is on its way.
        let engine = if same {
            Arc::clone(&reader.engine)
        } else {
            Arc::clone(&writer.engine)
        };
        let clock = Arc::clone(&world);
        let load = async move || {
            clock.pass(5);
            engine
                .invalidate(&[crate::cache::key::Slot::of("articles")])
                .await;
            clock.pass(5);
            Ok::<_, String>(Some("before".to_owned()))
        };
        reader
            .engine
            .fetch(&key(), &POLICY, Wanted::Whatever, load)
            .await
            .unwrap();
        reader.finish().await;

        for instance in [&reader, &world.instance()] {
            let (value, status) = instance.get(&key(), &POLICY, "after").await;
            assert_eq!(value, "after", "{status}");
        }
    }
}

#[tokio::test]
async fn only_what_has_the_tag_becomes_invalid() {
    let instance = World::new().instance();
    let alone = Key::public("article", "cats").tagged_by_itself();
    for key in [&key(), &alone] {
        instance.get(key, &POLICY, "before").await;
    }
    instance.world.pass(1);

    instance.engine.invalidate(&[alone.slot()]).await;

    assert_eq!(instance.get(&key(), &POLICY, "after").await.0, "before");
    assert_eq!(instance.get(&alone, &POLICY, "after").await.0, "after");
}
