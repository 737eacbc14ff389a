//! The second level, which other instances share and which may fail.

use std::sync::atomic::Ordering;

use tracing::level_filters::LevelFilter;

use super::fake::World;
use crate::cache::status::{Level, Status};
use crate::cache::{Key, Policy};
use crate::log::capture::Captured;

const POLICY: Policy = Policy::seconds(30).stale_while_revalidate_seconds(30);

fn key() -> Key {
    Key::public("tags", "all").tagged("tags")
}

#[tokio::test]
async fn another_instance_finds_what_the_first_one_loaded() {
    let world = World::new();
    let first = world.instance();
    first.get(&key(), &POLICY, "one").await;
    assert!(world.names().is_empty(), "written before the answer");
    first.finish().await;

    let second = world.instance();
    world.pass(10_000);
    let (value, status) = second.get(&key(), &POLICY, "two").await;
    assert_eq!(value, "one");
    assert!(matches!(status, Status::Hit { level: Level::Store, ttl } if ttl <= 20));
    let (_, status) = second.get(&key(), &POLICY, "two").await;
    assert!(matches!(
        status,
        Status::Hit {
            level: Level::Memory,
            ..
        }
    ));

    // The store forgets nothing by itself.
    world.pass(60_000);
    assert_eq!(
        world.instance().get(&key(), &POLICY, "three").await.0,
        "three"
    );
}

#[tokio::test]
async fn garbage_in_the_store_is_a_miss() {
    let world = World::new();
    for garbage in [
        &b""[..],
        b"garbage",
        b"{\"key\":\"tags\"}\n1",
        b"\xff\n\xff",
    ] {
        world.put(&key().place(), garbage);
        world.put(&key().slots()[0].name(), garbage);
        assert_eq!(world.instance().get(&key(), &POLICY, "one").await.0, "one");
    }
}

#[tokio::test]
async fn a_store_that_fails_fails_no_request_and_is_logged_once() {
    let log = Captured::default();
    let _guard = tracing::subscriber::set_default(log.subscriber(LevelFilter::INFO));
    let world = World::new();
    let instance = world.instance();
    instance.get(&key(), &POLICY, "zero").await;
    instance.finish().await;
    world.fail(true);
    for n in 0..20 {
        let present = n.to_string();
        let (value, _) = instance.get(&key(), &POLICY, &present).await;
        assert_eq!(value, present, "is stale, as far as can be known");
        instance.invalidate("tags").await;
        instance.finish().await;
        world.pass(300);
    }
    assert_eq!(log.lines().len(), 1, "{:?}", log.lines());

    // It is not asked by every request, and it is found again.
    let reads = world.reads.load(Ordering::Relaxed);
    assert!(reads < 10, "{reads}");
    world.fail(false);
    world.pass(1000);
    instance.get(&key(), &POLICY, "again").await;
    world.pass(1);
    assert_eq!(instance.get(&key(), &POLICY, "x").await.0, "again");
}

#[tokio::test]
async fn without_a_store_memory_serves_for_as_long_as_it_need_not_ask() {
    let world = World::new();
    world.fail(true);
    let instance = world.instance();
    let policy = POLICY.unchecked_milliseconds(2000);
    assert_eq!(instance.get(&key(), &policy, "one").await.0, "one");
    world.pass(1999);
    assert_eq!(instance.get(&key(), &policy, "two").await.0, "one");
    world.pass(1);
    assert_eq!(instance.get(&key(), &policy, "three").await.0, "three");
}

#[tokio::test]
async fn an_invalidation_that_is_lost_is_kept_by_the_instance_that_made_it() {
    let world = World::new();
    let (writer, reader) = (world.instance(), world.instance());
    for instance in [&writer, &reader] {
        instance.get(&key(), &POLICY, "before").await;
        instance.finish().await;
    }
    world.pass(1);
    world.fails_to_write.store(true, Ordering::Relaxed);
    writer.invalidate("tags").await;
    world.fails_to_write.store(false, Ordering::Relaxed);
    world.pass(2000);

    assert_eq!(writer.get(&key(), &POLICY, "after").await.0, "after");
    // Elsewhere it is the policy's seconds, all told, that bound it.
    assert_eq!(reader.get(&key(), &POLICY, "after").await.0, "before");
    reader.drop_the_rest();
    world.pass(58_000);
    assert_eq!(reader.get(&key(), &POLICY, "after").await.0, "after");
}

#[tokio::test]
async fn writes_are_few_however_many_keys_callers_make_up() {
    let world = World::new();
    let instance = world.instance();
    for n in 0..500 {
        let key = Key::public("article", n).tagged("articles");
        instance.get(&key, &POLICY, "one").await;
        instance.finish().await;
        world.pass(10);
    }
    // Eight at once, and four a second for five seconds.
    let writes = world.writes.load(Ordering::Relaxed);
    assert!((20..=30).contains(&writes), "{writes}");
}
