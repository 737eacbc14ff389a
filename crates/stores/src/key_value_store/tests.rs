use std::path::Path;

use super::*;

fn stores(labels: &[&str], path: Option<&Path>, work: Work) -> LocalKeyValue {
    let stores = labels
        .iter()
        .map(|label| ((*label).to_owned(), path.map(Path::to_owned)));
    // How long others hold a lock is the disk's affair.
    LocalKeyValue::new(&stores.collect(), work, Some(Duration::from_secs(3600)))
}

fn in_file(path: &Path) -> LocalKeyValue {
    stores(&["default", "other"], Some(path), Work::Pool)
}

/// As tests have them.
async fn in_memory() -> Arc<dyn KeyValueStore> {
    stores(&["default"], None, Work::Inline)
        .open("default")
        .await
        .unwrap()
}

async fn keys(store: &Arc<dyn KeyValueStore>) -> Vec<String> {
    store.get_keys().await.unwrap().try_collect().await.unwrap()
}

#[tokio::test]
async fn values_are_kept_in_spins_schema() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sqlite_key_value.db");
    {
        let store = in_file(&path).open("default").await.unwrap();
        store.set("a", b"1".to_vec()).await.unwrap();
        store.set("a", b"2".to_vec()).await.unwrap();
    }
    let other = Connection::open(&path).unwrap();
    let row: (String, String, Vec<u8>) = other
        .query_row("SELECT store, key, value FROM spin_key_value", [], |row| {
            row.try_into()
        })
        .unwrap();
    assert_eq!(row, ("default".to_owned(), "a".to_owned(), b"2".to_vec()));

    let store = in_file(&path).open("default").await.unwrap();
    assert_eq!(store.get("a").await.unwrap(), Some(b"2".to_vec()));
}

#[tokio::test]
async fn a_file_that_spin_made_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sqlite_key_value.db");
    let spin = Connection::open(&path).unwrap();
    spin.execute_batch(
        "CREATE TABLE spin_key_value (
            store TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (store, key));
        INSERT INTO spin_key_value VALUES ('default', 'k', x'00ff')",
    )
    .unwrap();
    let store = in_file(&path).open("default").await.unwrap();
    assert_eq!(store.get("k").await.unwrap(), Some(vec![0, 255]));
}

#[tokio::test]
async fn labels_in_one_file_are_kept_apart() {
    let directory = tempfile::tempdir().unwrap();
    let stores = in_file(&directory.path().join("a.db"));
    let one = stores.open("default").await.unwrap();
    let other = stores.open("other").await.unwrap();
    one.set("a", b"1".to_vec()).await.unwrap();
    assert_eq!(other.get("a").await.unwrap(), None);
    assert!(!other.exists("a").await.unwrap());
    assert!(keys(&other).await.is_empty());
    other.delete("a").await.unwrap();
    assert!(one.exists("a").await.unwrap());
    assert_eq!(
        stores.open("third").await.err(),
        Some(KeyValueError::NoSuchStore)
    );
}

#[tokio::test]
async fn worlds_in_memory_are_isolated() {
    let (one, other) = (in_memory().await, in_memory().await);
    one.set("a", b"1".to_vec()).await.unwrap();
    assert_eq!(other.get("a").await.unwrap(), None);
}

#[tokio::test]
async fn odd_keys_and_values() {
    let store = in_memory().await;
    let long = "k".repeat(10 * 1024 * 1024);
    let odd = ["", "a\0b", "a", "ü\u{10ffff}", "%_'\"", long.as_str()];
    for (index, key) in odd.iter().enumerate() {
        store
            .set(key, vec![u8::try_from(index).unwrap()])
            .await
            .unwrap();
    }
    for (index, key) in odd.iter().enumerate() {
        assert_eq!(
            store.get(key).await.unwrap(),
            Some(vec![u8::try_from(index).unwrap()])
        );
    }
    let mut all = keys(&store).await;
    all.sort();
    let mut expected = odd.map(str::to_owned).to_vec();
    expected.sort();
    assert!(all == expected);

    store.set("empty", Vec::new()).await.unwrap();
    assert_eq!(store.get("empty").await.unwrap(), Some(Vec::new()));
    let large = vec![7; 10 * 1024 * 1024];
    store.set("large", large.clone()).await.unwrap();
    assert!(store.get("large").await.unwrap() == Some(large));
    store.delete("large").await.unwrap();
    store.delete("large").await.unwrap();
    assert_eq!(store.get("large").await.unwrap(), None);
}

#[tokio::test]
async fn many_keys_come_page_by_page_and_hold_nobody_up() {
    let store = in_memory().await;
    let pairs = (0..3 * PAGE_KEYS)
        .map(|n| (format!("{n:06}"), vec![]))
        .collect();
    store.set_many(pairs).await.unwrap();
    let mut stream = store.get_keys().await.unwrap();
    assert_eq!(stream.try_next().await.unwrap().unwrap(), "000000");
    // Written while the stream is open, which must not wait for it.
    store.set("zzz", vec![]).await.unwrap();
    let rest: Vec<String> = stream.try_collect().await.unwrap();
    assert_eq!(rest.len(), 3 * PAGE_KEYS);
    assert_eq!(rest.last().unwrap(), "zzz");
}

#[tokio::test]
async fn batches_keep_the_order_of_the_keys() {
    let store = in_memory().await;
    let pairs = [("a", 1), ("b", 2)].map(|(key, value)| (key.to_owned(), vec![value]));
    store.set_many(pairs.to_vec()).await.unwrap();
    let keys = ["b", "missing", "a", "b"].map(str::to_owned).to_vec();
    let values: Vec<_> = store
        .get_many(keys)
        .await
        .unwrap()
        .into_iter()
        .map(|(_, value)| value)
        .collect();
    assert_eq!(values, [Some(vec![2]), None, Some(vec![1]), Some(vec![2])]);
    store
        .delete_many(vec!["a".to_owned(), "missing".to_owned()])
        .await
        .unwrap();
    assert_eq!(self::keys(&store).await, ["b"]);
    store.set_many(vec![]).await.unwrap();
    assert!(store.get_many(vec![]).await.unwrap().is_empty());
}

#[tokio::test]
async fn increments_are_spins_little_endian_numbers() {
    let store = in_memory().await;
    assert_eq!(store.increment("n", 5).await.unwrap(), 5);
    assert_eq!(store.increment("n", -7).await.unwrap(), -2);
    assert_eq!(
        store.get("n").await.unwrap(),
        Some((-2_i64).to_le_bytes().to_vec())
    );

    store.set("text", b"12".to_vec()).await.unwrap();
    let error = store.increment("text", 1).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the value is not a number: it has 2 bytes, and a number has 8"
    );
    assert_eq!(store.get("text").await.unwrap(), Some(b"12".to_vec()));

    store
        .set("n", i64::MAX.to_le_bytes().to_vec())
        .await
        .unwrap();
    assert!(store.increment("n", 1).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_increments_lose_none_even_between_processes() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    // Two sets of stores have two connections, as two processes would.
    let one = in_file(&path).open("default").await.unwrap();
    let other = in_file(&path).open("default").await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for index in 0..20 {
        let store = Arc::clone(if index % 2 == 0 { &one } else { &other });
        tasks.spawn(async move { store.increment("n", 1).await.unwrap() });
    }
    let mut sums = tasks.join_all().await;
    sums.sort_unstable();
    assert_eq!(sums, (1..=20).collect::<Vec<i64>>());
}

#[tokio::test]
async fn a_swap_compares() {
    let store = in_memory().await;
    let value = |text: &str| text.as_bytes().to_vec();
    assert!(store.compare_and_swap("k", None, value("1")).await.unwrap());
    assert!(!store.compare_and_swap("k", None, value("2")).await.unwrap());
    assert!(
        !store
            .compare_and_swap("k", Some(value("0")), value("2"))
            .await
            .unwrap()
    );
    assert!(
        store
            .compare_and_swap("k", Some(value("1")), value("2"))
            .await
            .unwrap()
    );
    assert_eq!(store.get("k").await.unwrap(), Some(value("2")));
    assert!(
        !store
            .compare_and_swap("gone", Some(value("1")), value("2"))
            .await
            .unwrap()
    );
    assert_eq!(store.get("gone").await.unwrap(), None);
}

#[tokio::test]
async fn a_call_that_waits_for_another_process_holds_up_none_that_need_not() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sqlite_key_value.db");
    let store = in_file(&path).open("default").await.unwrap();
    store.set("a", b"1".to_vec()).await.unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();

    // It has the connection before the others ask for it.
    let mut waiting = Box::pin(store.set_many(vec![("a".to_owned(), b"2".to_vec())]));
    assert!(futures::poll!(&mut waiting).is_pending());
    for _ in 0..3 {
        assert_eq!(store.get("a").await.unwrap(), Some(b"1".to_vec()));
        assert!(futures::poll!(&mut waiting).is_pending());
    }

    other.execute_batch("COMMIT").unwrap();
    waiting.await.unwrap();
    assert_eq!(store.get("a").await.unwrap(), Some(b"2".to_vec()));
}
