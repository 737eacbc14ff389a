//! Key-value stores on a Redis server.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::join_all;
use futures::{FutureExt as _, TryStreamExt as _};
use jenny_host::{AppOptions, HttpClient};
use jenny_manifest::runtime_config::RuntimeConfig;
use jenny_stores::{
    KeyValueError, KeyValueStore, RedisConnection, RedisConnector, RedisParameter,
    RedisServers as _, StoreError, StoreLocations, Stores,
};
use test_servers::RedisServer;

use crate::support::{Fixture, GUEST, LONG, body_text};

/// What a runtime configuration with this store comes to.
fn stores(url: &str) -> Result<Stores, StoreError> {
    let text = format!("[key_value_store.default]\ntype = 'redis'\nurl = '{url}'\n");
    let config = RuntimeConfig::parse(&text, "runtime-config.toml".as_ref()).unwrap();
    let locations = StoreLocations {
        patience: Some(LONG),
        ..StoreLocations::new(&config, None)?
    };
    Stores::local(&locations)
}

async fn store(url: &str) -> Arc<dyn KeyValueStore> {
    let stores = stores(url).unwrap().key_value;
    stores.open("default").await.unwrap()
}

/// A store, and what is really in its database.
async fn world() -> Option<(Arc<dyn KeyValueStore>, Arc<dyn RedisConnection>)> {
    let url = RedisServer::shared_or_skip()?.create_database();
    let database = RedisConnector::default().patient(LONG);
    let database = database.open(&url).await.unwrap();
    Some((store(&url).await, database))
}

fn text(value: &str) -> RedisParameter {
    RedisParameter::Binary(value.into())
}

#[tokio::test]
async fn keys_are_those_of_the_database_and_numbers_are_digits_as_on_spin() {
    let Some((store, database)) = world().await else {
        return;
    };
    store.set("a b", b"\0value".to_vec()).await.unwrap();
    assert_eq!(database.get("a b").await.unwrap().unwrap(), b"\0value");
    database.set("foreign", b"41".to_vec()).await.unwrap();
    assert_eq!(store.get("foreign").await.unwrap().unwrap(), b"41");

    assert_eq!(store.increment("foreign", 1).await, Ok(42));
    assert_eq!(store.increment("new", -5).await, Ok(-5));

    assert_eq!(database.get("foreign").await.unwrap().unwrap(), b"42");
    assert_eq!(database.get("new").await.unwrap().unwrap(), b"-5");
    assert!(store.exists("new").await.unwrap());
    store.delete("new").await.unwrap();
    assert!(!store.exists("new").await.unwrap());
    assert_eq!(store.get("new").await, Ok(None));
    store.delete("new").await.unwrap();
}

#[tokio::test]
async fn an_increment_that_cannot_be_changes_nothing() {
    let Some((store, _)) = world().await else {
        return;
    };
    for value in ["text", "9223372036854775807", "1.5", ""] {
        store.set("n", value.into()).await.unwrap();
        let refused = store.increment("n", 1).await;
        assert!(
            matches!(refused, Err(KeyValueError::Other(_))),
            "{refused:?}"
        );
        assert_eq!(store.get("n").await.unwrap().unwrap(), value.as_bytes());
    }
}

#[tokio::test]
async fn several_keys_at_once() {
    let Some((store, _)) = world().await else {
        return;
    };
    let names = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    let pairs = [("a", "1"), ("b", "2"), ("a", "3")];
    let pairs = pairs.map(|(key, value)| (key.to_owned(), value.as_bytes().to_vec()));
    store.set_many(pairs.into()).await.unwrap();
    let found = store.get_many(names(&["b", "no", "a", "b"])).await.unwrap();
    let expected = [
        ("b", Some("2")),
        ("no", None),
        ("a", Some("3")),
        ("b", Some("2")),
    ];
    let expected =
        expected.map(|(key, value)| (key.to_owned(), value.map(|value| value.as_bytes().to_vec())));
    assert_eq!(found, expected);
    store.delete_many(names(&["a", "no"])).await.unwrap();
    assert!(!store.exists("a").await.unwrap());

    store.set_many(vec![]).await.unwrap();
    store.delete_many(vec![]).await.unwrap();
    assert_eq!(store.get_many(vec![]).await, Ok(vec![]));
}

#[tokio::test]
async fn every_key_is_listed_once() {
    let Some((store, database)) = world().await else {
        return;
    };
    let keys = || async { store.get_keys().await?.try_collect::<Vec<_>>().await };
    assert_eq!(keys().await, Ok(vec![]));
    // More than one page, and none of a size that pages have.
    let mut expected: Vec<String> = (0..4321).map(|number| format!("key {number}")).collect();
    let pairs = expected.iter().map(|key| (key.clone(), vec![])).collect();
    store.set_many(pairs).await.unwrap();
    expected.sort();

    let mut found = keys().await.unwrap();
    found.sort();
    assert_eq!(found, expected);

    let binary = vec![RedisParameter::Binary(vec![0xFF]), text("value")];
    database.execute("SET", binary).await.unwrap();
    let refused = keys().await.unwrap_err();
    assert_eq!(refused.to_string(), "a value is not text in UTF-8");
}

#[tokio::test]
async fn a_swap_compares_with_what_is_there_and_with_nothing() {
    let Some((store, database)) = world().await else {
        return;
    };
    let value = |text: &str| text.as_bytes().to_vec();
    let swap = |expected: Option<&str>, new: &str| {
        store.compare_and_swap("k", expected.map(value), value(new))
    };
    assert_eq!(swap(Some("a"), "b").await, Ok(false));
    assert_eq!(swap(Some(""), "b").await, Ok(false));
    assert_eq!(store.get("k").await, Ok(None));
    assert_eq!(swap(None, "a").await, Ok(true));
    assert_eq!(swap(None, "b").await, Ok(false));
    assert_eq!(swap(Some("b"), "c").await, Ok(false));
    assert_eq!(swap(Some("a"), "\0b").await, Ok(true));
    assert_eq!(store.get("k").await, Ok(Some(value("\0b"))));

    // Of those who have seen the same, one swaps.
    let all = (0..50).map(|number| swap(Some("\0b"), &number.to_string()).boxed_local());
    let swapped = join_all(all).await;
    assert_eq!(
        swapped
            .iter()
            .filter(|swapped| **swapped == Ok(true))
            .count(),
        1
    );

    database.del(vec!["k".to_owned()]).await.unwrap();
    database.sadd("k", vec!["a".to_owned()]).await.unwrap();
    assert!(swap(Some("a"), "b").await.is_err());
    assert_eq!(swap(None, "b").await, Ok(false));
}

#[tokio::test]
async fn values_of_other_types_are_errors_and_no_values() {
    let Some((store, database)) = world().await else {
        return;
    };
    database.sadd("set", vec!["a".to_owned()]).await.unwrap();
    assert!(store.get("set").await.is_err());
    assert!(store.increment("set", 1).await.is_err());
    let many = store.get_many(vec!["set".to_owned()]).await.unwrap();
    assert_eq!(many, [("set".to_owned(), None)]);
    assert!(store.exists("set").await.unwrap());
}

#[tokio::test]
async fn what_is_too_large_for_an_answer_leaves_the_others_alone() {
    let Some((store, database)) = world().await else {
        return;
    };
    let script = "redis.call('SET', 'large', string.rep('x', 134217728))";
    database
        .execute("EVAL", vec![text(script), text("0")])
        .await
        .unwrap();
    store.set("small", b"1".to_vec()).await.unwrap();

    let (large, small) = futures::join!(store.get("large"), store.get("small"));

    let sentence = "query result exceeds limit of 134217728 bytes";
    assert_eq!(large, Err(KeyValueError::Other(sentence.to_owned())));
    assert_eq!(small, Ok(Some(b"1".to_vec())));
    let many = store.get_many(vec!["small".to_owned(), "large".to_owned()]);
    assert_eq!(many.await, Err(KeyValueError::Other(sentence.to_owned())));
    database.del(vec!["large".to_owned()]).await.unwrap();
}

#[tokio::test]
async fn a_server_that_comes_back_is_found_again() {
    let Some(server) = RedisServer::private_or_skip() else {
        return;
    };
    let url = server.create_database();
    let stores = stores(&url).unwrap().key_value;
    let store = stores.open("default").await.unwrap();
    store.set("a", b"1".to_vec()).await.unwrap();

    server.stop();
    let gone = store.get("a").await.unwrap_err().to_string();
    assert!(!gone.contains("tests-only"), "{gone}");
    let refused = stores.open("default").await.err().unwrap().to_string();
    // Which server that is, is for the log.
    let sentence = "the Redis server of the store is not to be had";
    assert_eq!(refused, sentence);
    server.restart();

    // A failure is the answer for a moment.
    let mut tick = tokio::time::interval(std::time::Duration::from_millis(20));
    let found = loop {
        tick.tick().await;
        if let Ok(found) = store.get("a").await {
            break found;
        }
    };
    assert_eq!(found, Some(b"1".to_vec()));
}

#[tokio::test(flavor = "multi_thread")]
async fn components_do_not_know_the_difference() {
    let Some(server) = RedisServer::shared_or_skip() else {
        return;
    };
    for (interface, expected) in [
        (
            "key-value",
            "Ok(None) [\"a\", \"b\"] Ok(()) Ok(()) Ok(Some([49])) Ok(false) \
             Some(Error::AccessDenied)",
        ),
        (
            "wasi-key-value",
            "Ok(Some([49])) Ok(false)\n\
             Ok([(\"b\", Some([50])), (\"c\", None)])\n\
             Ok(KeyResponse { keys: [\"a\", \"b\"], cursor: None }) true\n\
             Some(Error::AccessDenied)\n\
             Ok(2) Ok(5)\n\
             false\n\
             true\n\
             Ok(Some([102, 105, 114, 115, 116]))\n\
             true\n\
             Ok(Some([116, 104, 105, 114, 100]))",
        ),
    ] {
        let key_value = stores(&server.create_database()).unwrap().key_value;
        let manifest = format!("{GUEST}key_value_stores = [\"default\"]\n");
        let options = AppOptions {
            quiet: true,
            ..AppOptions::default()
        };
        let outbound = Arc::new(HttpClient::default());
        let fixture = Fixture::try_load_with(&manifest, options, outbound, |capabilities| {
            capabilities.stores.key_value = key_value;
        })
        .await
        .unwrap();
        let answer = fixture.get(&format!("/interface/{interface}")).await;
        assert_eq!(body_text(answer).await, expected, "{interface}");
    }
}

#[test]
fn a_url_that_is_none_is_a_sentence_with_its_line_and_without_the_url() {
    for url in [
        "localhost:6379",
        "http://hunter2@localhost",
        "redis://localhost/hunter2",
    ] {
        let error = stores(url).err().unwrap().to_string();
        assert!(error.starts_with("runtime-config.toml:1: the url of the key-value store is not"));
        assert!(!error.contains("hunter2"), "{error}");
    }
    // As a test or another host might have it.
    let locations = StoreLocations {
        redis: BTreeMap::from([("sessions".to_owned(), "hunter2".into())]),
        ..StoreLocations::default()
    };
    assert!(!format!("{locations:?}").contains("hunter2"));
}

#[tokio::test]
async fn other_labels_are_files_as_ever() {
    let stores = stores("redis://127.0.0.1:1").unwrap();
    assert!(stores.key_value.is_defined("default"));
    assert!(!stores.key_value.is_defined("other"));
    assert!(stores.key_value.open("default").await.is_err());
    assert_eq!(
        stores.key_value.open("other").await.err(),
        Some(KeyValueError::NoSuchStore)
    );
}
