//! Who writes next, and who has a thread.

use futures::future::BoxFuture;
use futures::{FutureExt as _, poll};

use super::*;

const ENDLESS: &str = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n)
    SELECT i FROM n";

/// Databases with one thread each for connections without the turn.
fn with_one_thread(directory: &Path) -> LocalSqlite {
    let paths = ["one", "other"].map(|label| {
        let path = directory.join(label).with_extension("db");
        (label.to_owned(), Some(path))
    });
    let patience = Some(Duration::from_secs(3600));
    LocalSqlite::with_threads(&paths.into(), Work::Pool, patience, 1).unwrap()
}

fn free_threads(databases: &LocalSqlite, label: &str) -> usize {
    databases.files[label].queue.free_threads()
}

/// A connection of its own that inserts a number.
async fn insertion(
    databases: &LocalSqlite,
    number: i64,
) -> BoxFuture<'static, Result<Vec<Row>, SqliteError>> {
    let connection = databases.open("default").await.unwrap();
    async move {
        let sql = "INSERT INTO t VALUES (?1)";
        all(&connection, sql, vec![Value::Integer(number)]).await
    }
    .boxed()
}

/// The numbers in the order in which they were inserted.
async fn inserted(connection: &Arc<dyn SqliteConnection>) -> Vec<i64> {
    let rows = all(connection, "SELECT a FROM t ORDER BY rowid", vec![]).await;
    let numbers = rows.unwrap().into_iter().map(|row| match row[..] {
        [Value::Integer(number)] => number,
        ref other => panic!("{other:?} is not one number"),
    });
    numbers.collect()
}

/// Ten insertions, begun one after the other, none of which is done yet.
async fn waiting(
    databases: &LocalSqlite,
) -> Vec<BoxFuture<'static, Result<Vec<Row>, SqliteError>>> {
    let mut waiting = Vec::new();
    for number in 0..10 {
        let mut insertion = insertion(databases, number).await;
        assert!(poll!(&mut insertion).is_pending());
        waiting.push(insertion);
    }
    waiting
}

#[tokio::test]
async fn writers_are_served_in_the_order_in_which_they_came() {
    let databases = scratch();
    let first = databases.open("default").await.unwrap();
    all(&first, "CREATE TABLE t (a)", vec![]).await.unwrap();
    all(&first, "BEGIN IMMEDIATE", vec![]).await.unwrap();
    let mut waiting = waiting(&databases).await;

    all(&first, "COMMIT", vec![]).await.unwrap();
    // The lock is free, but not for one who comes now.
    let mut late = insertion(&databases, 10).await;
    assert!(poll!(&mut late).is_pending());
    waiting.push(late);
    // Whoever is asked first.
    waiting.reverse();
    for result in futures::future::join_all(waiting).await {
        result.unwrap();
    }

    assert_eq!(inserted(&first).await, Vec::from_iter(0..=10));
}

#[tokio::test]
async fn the_order_holds_when_another_process_has_the_lock() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    let databases = databases(Some(&path), Work::Inline);
    let reader = databases.open("default").await.unwrap();
    all(&reader, "CREATE TABLE t (a)", vec![]).await.unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut waiting = waiting(&databases).await;
    assert_eq!(number(&reader, "SELECT count(*) FROM t").await, 0);

    other.execute_batch("COMMIT").unwrap();
    waiting.reverse();
    for result in futures::future::join_all(waiting).await {
        result.unwrap();
    }

    assert_eq!(inserted(&reader).await, Vec::from_iter(0..10));
}

#[tokio::test]
async fn the_turn_of_one_who_gave_up_is_the_next_ones() {
    let databases = scratch();
    let first = databases.open("default").await.unwrap();
    all(&first, "CREATE TABLE t (a)", vec![]).await.unwrap();
    all(&first, "BEGIN IMMEDIATE", vec![]).await.unwrap();
    let mut waiting = waiting(&databases).await.into_iter();

    drop(waiting.next());
    all(&first, "COMMIT", vec![]).await.unwrap();
    // It would be the turn of this one.
    drop(waiting.next());
    for result in futures::future::join_all(waiting).await {
        result.unwrap();
    }

    assert_eq!(inserted(&first).await, Vec::from_iter(2..10));
}

#[tokio::test]
async fn a_connection_that_goes_in_its_transaction_ends_its_turn() {
    let databases = scratch();
    let first = databases.open("default").await.unwrap();
    all(&first, "CREATE TABLE t (a)", vec![]).await.unwrap();
    for begin in ["BEGIN IMMEDIATE", "BEGIN"] {
        all(&first, begin, vec![]).await.unwrap();
        all(&first, "INSERT INTO t VALUES (1)", vec![])
            .await
            .unwrap();
        assert!(databases.files["default"].queue.try_turn().is_none());
        all(&first, "ROLLBACK", vec![]).await.unwrap();
        assert!(databases.files["default"].queue.try_turn().is_some());
    }
    all(&first, "BEGIN IMMEDIATE", vec![]).await.unwrap();

    drop(first);

    assert!(databases.files["default"].queue.try_turn().is_some());
}

#[tokio::test]
async fn what_reads_takes_no_turn() {
    let directory = tempfile::tempdir().unwrap();
    let databases = databases(Some(&directory.path().join("a.db")), Work::Inline);
    let writer = databases.open("default").await.unwrap();
    all(&writer, "PRAGMA journal_mode = WAL", vec![])
        .await
        .unwrap();
    all(&writer, "CREATE TABLE t (a)", vec![]).await.unwrap();
    all(&writer, "BEGIN IMMEDIATE", vec![]).await.unwrap();
    let reader = databases.open("default").await.unwrap();
    for sql in [
        "BEGIN",
        "SELECT * FROM t",
        "PRAGMA foreign_keys = ON",
        "COMMIT",
        "PRAGMA journal_mode = WAL",
    ] {
        let done = all(&reader, sql, vec![]).now_or_never();
        done.expect("it waits for nobody").unwrap();
    }
}

#[tokio::test]
async fn what_has_no_need_of_the_lock_is_done_without_the_turn_in_the_end() {
    let mut databases = scratch();
    databases.busy_timeout = Duration::from_millis(30);
    let writer = databases.open("default").await.unwrap();
    all(&writer, "BEGIN IMMEDIATE", vec![]).await.unwrap();
    let other = databases.open("default").await.unwrap();
    all(&other, "CREATE TEMP TABLE own (a)", vec![])
        .await
        .unwrap();
}

#[tokio::test]
async fn labels_that_share_a_file_share_its_queue() {
    let directory = tempfile::tempdir().unwrap();
    let path = Some(directory.path().join("a.db"));
    let paths = ["a", "b"].map(|label| (label.to_owned(), path.clone()));
    let databases = LocalSqlite::new(&paths.into(), Work::Inline, None).unwrap();
    let writer = databases.open("a").await.unwrap();
    all(&writer, "BEGIN IMMEDIATE", vec![]).await.unwrap();
    assert!(databases.files["b"].queue.try_turn().is_none());
}

#[tokio::test]
async fn whoever_writes_needs_no_thread_of_those_who_read() {
    let directory = tempfile::tempdir().unwrap();
    let databases = with_one_thread(directory.path());
    let writer = databases.open("one").await.unwrap();
    all(&writer, "CREATE TABLE t (a)", vec![]).await.unwrap();
    let reader = databases.open("one").await.unwrap();
    for begin in ["BEGIN IMMEDIATE", "BEGIN"] {
        all(&writer, begin, vec![]).await.unwrap();
        all(&writer, "INSERT INTO t VALUES (1)", vec![])
            .await
            .unwrap();
        let unread = reader.execute(ENDLESS.to_owned(), vec![]).await.unwrap();
        assert_eq!(free_threads(&databases, "one"), 0);

        all(&writer, "INSERT INTO t VALUES (2)", vec![])
            .await
            .unwrap();
        all(&writer, "ROLLBACK", vec![]).await.unwrap();

        drop(unread);
        assert_eq!(number(&reader, "SELECT count(*) FROM t").await, 0);
    }
}

#[tokio::test]
async fn unread_results_hold_up_no_other_database() {
    let directory = tempfile::tempdir().unwrap();
    let databases = with_one_thread(directory.path());
    let reader = databases.open("one").await.unwrap();
    let unread = reader.execute(ENDLESS.to_owned(), vec![]).await.unwrap();
    let second = databases.open("one").await.unwrap();
    let mut waiting = Box::pin(number(&second, "SELECT 7"));
    assert!(poll!(&mut waiting).is_pending());

    let other = databases.open("other").await.unwrap();
    all(&other, "CREATE TABLE t (a)", vec![]).await.unwrap();
    all(&other, "INSERT INTO t VALUES (1)", vec![])
        .await
        .unwrap();
    assert_eq!(number(&other, "SELECT count(*) FROM t").await, 1);
    assert!(poll!(&mut waiting).is_pending());

    drop(unread);
    assert_eq!(waiting.await, 7);
}

#[test]
fn all_databases_leave_half_of_the_threads_to_others() {
    for databases in [1, 2, 7, 100, 1000] {
        let path = |number| Some(PathBuf::from(format!("{number}.db")));
        let paths = (0..databases).map(|number| (number.to_string(), path(number)));
        let databases = LocalSqlite::new(&paths.collect(), Work::Pool, None).unwrap();
        let threads: Vec<_> = databases
            .files
            .values()
            .map(|file| file.queue.free_threads())
            .collect();
        assert!(threads.iter().all(|threads| (1..=64).contains(threads)));
        assert!(threads.iter().sum::<usize>() <= threads.len().max(256));
    }
}
