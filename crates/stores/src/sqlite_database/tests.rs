use super::*;

mod confinement;
mod copies;
mod queue;

fn databases(path: Option<&Path>, work: Work) -> LocalSqlite {
    let paths = BTreeMap::from([("default".to_owned(), path.map(Path::to_owned))]);
    // How long others hold a lock is the disk's affair.
    LocalSqlite::new(&paths, work, Some(Duration::from_secs(3600))).unwrap()
}

fn in_file(path: &Path) -> LocalSqlite {
    databases(Some(path), Work::Pool)
}

/// As tests have them.
fn scratch() -> LocalSqlite {
    databases(None, Work::Inline)
}

async fn all(
    connection: &Arc<dyn SqliteConnection>,
    sql: &str,
    parameters: Vec<Value>,
) -> Result<Vec<Row>, SqliteError> {
    connection
        .execute(sql.to_owned(), parameters)
        .await?
        .collect(usize::MAX)
        .await
}

async fn number(connection: &Arc<dyn SqliteConnection>, sql: &str) -> i64 {
    match all(connection, sql, vec![]).await.unwrap()[..] {
        [ref row] => match row[..] {
            [Value::Integer(number)] => number,
            ref other => panic!("{other:?} is not one number"),
        },
        ref other => panic!("{other:?} is not one row"),
    }
}

fn message(result: Result<Vec<Row>, SqliteError>) -> String {
    match result {
        Err(SqliteError::Io(message)) => message,
        other => panic!("{other:?} is not an Io error"),
    }
}

#[tokio::test]
async fn every_kind_of_value_comes_back_as_it_went() {
    let database = scratch().open("default").await.unwrap();
    let values = vec![
        Value::Null,
        Value::Integer(i64::MIN),
        Value::Real(0.1),
        Value::Text("a\0ü\u{10ffff}".to_owned()),
        Value::Blob(vec![0, 255]),
    ];
    let result = database
        .execute(
            "SELECT ?1 AS a, ?2 AS b, ?3 AS c, ?4 AS d, ?5 AS e".to_owned(),
            values.clone(),
        )
        .await
        .unwrap();
    assert_eq!(result.columns, ["a", "b", "c", "d", "e"]);
    assert_eq!(result.collect(usize::MAX).await.unwrap(), [values]);
}

#[tokio::test]
async fn a_write_outlives_the_process_that_made_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sqlite_db.db");
    let database = in_file(&path).open("default").await.unwrap();
    all(&database, "CREATE TABLE t (a)", vec![]).await.unwrap();
    all(&database, "INSERT INTO t VALUES (1)", vec![])
        .await
        .unwrap();
    // The connection is still open, as it would be at `kill -9`, and another process reads.
    let other = rusqlite::Connection::open(&path).unwrap();
    let count: i64 = other
        .query_row("SELECT count(*) FROM t", [], |row| row.get(0))
        .unwrap();
    assert_eq!(count, 1);
    let journal: String = other
        .query_row("PRAGMA journal_mode", [], |row| row.get(0))
        .unwrap();
    assert_eq!(
        journal, "delete",
        "the file stays as Spin would have made it"
    );
    assert_eq!(number(&database, "PRAGMA synchronous").await, 2, "FULL");
}

#[tokio::test]
async fn a_dropped_connection_rolls_back() {
    let directory = tempfile::tempdir().unwrap();
    for databases in [in_file(&directory.path().join("a.db")), scratch()] {
        let first = databases.open("default").await.unwrap();
        all(&first, "CREATE TABLE t (a)", vec![]).await.unwrap();
        all(&first, "BEGIN IMMEDIATE", vec![]).await.unwrap();
        all(&first, "INSERT INTO t VALUES (1)", vec![])
            .await
            .unwrap();
        drop(first);
        let second = databases.open("default").await.unwrap();
        all(&second, "INSERT INTO t VALUES (2)", vec![])
            .await
            .unwrap();
        assert_eq!(number(&second, "SELECT sum(a) FROM t").await, 2);
    }
}

#[tokio::test]
async fn connections_share_the_database_and_nothing_else() {
    let databases = scratch();
    let first = databases.open("default").await.unwrap();
    let second = databases.open("default").await.unwrap();
    all(&first, "CREATE TABLE t (a INTEGER PRIMARY KEY)", vec![])
        .await
        .unwrap();
    all(&first, "CREATE TEMP TABLE own (a)", vec![])
        .await
        .unwrap();
    all(&first, "PRAGMA recursive_triggers = ON", vec![])
        .await
        .unwrap();
    all(&first, "INSERT INTO t VALUES (7), (8)", vec![])
        .await
        .unwrap();
    assert_eq!(number(&second, "SELECT count(*) FROM t").await, 2);
    assert_eq!(number(&second, "PRAGMA recursive_triggers").await, 0);
    assert_eq!(
        message(all(&second, "SELECT * FROM own", vec![]).await),
        "no such table: own"
    );
    assert_eq!(first.last_insert_rowid().await.unwrap(), 8);
    assert_eq!(first.changes().await.unwrap(), 2);
    assert_eq!(second.last_insert_rowid().await.unwrap(), 0);
}

#[tokio::test]
async fn scratch_databases_are_isolated_and_live_as_long_as_their_owner() {
    let (one, other) = (scratch(), scratch());
    let connection = one.open("default").await.unwrap();
    all(&connection, "CREATE TABLE t (a)", vec![])
        .await
        .unwrap();
    drop(connection);
    assert_eq!(
        number(
            &one.open("default").await.unwrap(),
            "SELECT count(*) FROM t"
        )
        .await,
        0
    );
    let stranger = other.open("default").await.unwrap();
    assert!(message(all(&stranger, "SELECT * FROM t", vec![]).await).contains("no such table"));
}

#[tokio::test]
async fn scratch_databases_answer_without_suspending() {
    use futures::FutureExt as _;
    let database = scratch().open("default").await.unwrap();
    let rows = all(&database, "SELECT 1", vec![]).now_or_never();
    assert_eq!(rows.unwrap().unwrap(), [[Value::Integer(1)]]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_wait_for_one_another() {
    let directory = tempfile::tempdir().unwrap();
    for databases in [in_file(&directory.path().join("a.db")), scratch()] {
        let first = databases.open("default").await.unwrap();
        all(&first, "CREATE TABLE t (a)", vec![]).await.unwrap();
        all(&first, "BEGIN IMMEDIATE", vec![]).await.unwrap();
        let mut waiting = tokio::task::JoinSet::new();
        for value in 0..4 {
            let connection = databases.open("default").await.unwrap();
            waiting.spawn(async move {
                all(
                    &connection,
                    "INSERT INTO t VALUES (?1)",
                    vec![Value::Integer(value)],
                )
                .await
            });
        }
        tokio::task::yield_now().await;
        all(&first, "INSERT INTO t VALUES (100)", vec![])
            .await
            .unwrap();
        all(&first, "COMMIT", vec![]).await.unwrap();
        for result in waiting.join_all().await {
            result.unwrap();
        }
        assert_eq!(number(&first, "SELECT count(*) FROM t").await, 5);
    }
}

#[tokio::test]
async fn readers_do_not_wait_for_an_open_transaction() {
    let directory = tempfile::tempdir().unwrap();
    for databases in [in_file(&directory.path().join("a.db")), scratch()] {
        let writer = databases.open("default").await.unwrap();
        all(&writer, "CREATE TABLE t (a)", vec![]).await.unwrap();
        all(&writer, "BEGIN IMMEDIATE", vec![]).await.unwrap();
        all(&writer, "INSERT INTO t VALUES (1)", vec![])
            .await
            .unwrap();
        let reader = databases.open("default").await.unwrap();
        assert_eq!(number(&reader, "SELECT count(*) FROM t").await, 0);
        all(&writer, "COMMIT", vec![]).await.unwrap();
        assert_eq!(number(&reader, "SELECT count(*) FROM t").await, 1);
    }
}

#[tokio::test]
async fn foreign_keys_are_enforced_as_on_spin() {
    // The SQLite that is built into rusqlite, and so into Spin, has it as its default.
    let database = scratch().open("default").await.unwrap();
    assert_eq!(number(&database, "PRAGMA foreign_keys").await, 1);
}

#[tokio::test]
async fn two_transactions_that_wait_for_each_other_fail_at_once() {
    use futures::FutureExt as _;
    let databases = scratch();
    let first = databases.open("default").await.unwrap();
    let second = databases.open("default").await.unwrap();
    all(&first, "CREATE TABLE t (a)", vec![]).await.unwrap();
    for connection in [&first, &second] {
        all(connection, "BEGIN", vec![]).await.unwrap();
        all(connection, "SELECT * FROM t", vec![]).await.unwrap();
    }
    all(&first, "INSERT INTO t VALUES (1)", vec![])
        .await
        .unwrap();
    let refused = all(&second, "INSERT INTO t VALUES (2)", vec![]).now_or_never();
    let error = message(refused.expect("waiting could not have helped"));
    assert_eq!(error, "database is locked");
}

#[tokio::test]
async fn a_lock_that_is_never_released_fails_the_statement_after_the_busy_timeout() {
    let mut databases = scratch();
    databases.busy_timeout = Duration::from_millis(30);
    let first = databases.open("default").await.unwrap();
    all(&first, "BEGIN IMMEDIATE", vec![]).await.unwrap();
    let second = databases.open("default").await.unwrap();
    let started = Instant::now();
    let error = message(all(&second, "BEGIN IMMEDIATE", vec![]).await);
    assert_eq!(error, "database is locked");
    assert!(started.elapsed() >= databases.busy_timeout);
}

#[tokio::test]
async fn one_statement_at_a_time() {
    let database = scratch().open("default").await.unwrap();
    let error = message(all(&database, "SELECT 1; SELECT 2", vec![]).await);
    assert_eq!(error, "Multiple statements provided");
    assert_eq!(number(&database, "SELECT 1; -- and no more").await, 1);
    database
        .execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (3)".into())
        .await
        .unwrap();
    assert_eq!(number(&database, "SELECT a FROM t").await, 3);
}

#[tokio::test]
async fn errors_are_text() {
    let database = scratch().open("default").await.unwrap();
    all(&database, "CREATE TABLE t (a UNIQUE)", vec![])
        .await
        .unwrap();
    all(&database, "INSERT INTO t VALUES (1)", vec![])
        .await
        .unwrap();
    let error = message(all(&database, "INSERT INTO t VALUES (1)", vec![]).await);
    assert_eq!(error, "UNIQUE constraint failed: t.a");
    let error = message(all(&database, "SELECT ?1", vec![]).await);
    assert!(error.contains("parameter"), "{error}");
    let error = message(all(&database, "SELECT CAST(x'ff' AS TEXT)", vec![]).await);
    assert!(error.contains("not UTF-8"), "{error}");
    assert!(all(&database, "", vec![]).await.is_err());
}

#[tokio::test]
async fn a_long_result_comes_in_batches_and_can_be_left() {
    let directory = tempfile::tempdir().unwrap();
    let databases = in_file(&directory.path().join("a.db"));
    let connection = databases.open("default").await.unwrap();
    let numbers =
        "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
        SELECT i, 'text' FROM n";
    let rows = all(&connection, numbers, vec![]).await.unwrap();
    assert_eq!(rows.len(), 50_000);
    assert_eq!(rows[49_999][0], Value::Integer(50_000));

    let mut result = connection
        .execute(numbers.to_owned(), vec![])
        .await
        .unwrap();
    assert_eq!(
        result.rows.try_next().await.unwrap().unwrap()[0],
        Value::Integer(1)
    );
    drop(result);
    // The connection is free again.
    assert_eq!(number(&connection, "SELECT 7").await, 7);
}

#[tokio::test]
async fn a_result_beyond_the_limit_is_refused() {
    let database = scratch().open("default").await.unwrap();
    let result = database
        .execute("SELECT zeroblob(100)".to_owned(), vec![])
        .await
        .unwrap();
    let error = message(result.collect(64).await);
    assert_eq!(error, "query result exceeds limit of 64 bytes");
    let error = message(all(&database, "SELECT zeroblob(1000000000)", vec![]).await);
    assert!(error.contains("too big"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_whose_caller_has_gone_is_interrupted() {
    let directory = tempfile::tempdir().unwrap();
    let databases = in_file(&directory.path().join("a.db"));
    let connection = databases.open("default").await.unwrap();
    // The first statement opens the database, so that the next one has begun when time is up.
    all(&connection, "SELECT 1", vec![]).await.unwrap();
    let endless = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n)
        SELECT count(*) FROM n";
    // Gone while it has hardly begun, and while it is well under way.
    for microseconds in (0..1000).step_by(10).chain([50_000]) {
        let statement = all(&connection, endless, vec![]);
        let time = Duration::from_micros(microseconds);
        assert!(tokio::time::timeout(time, statement).await.is_err());
        assert_eq!(number(&connection, "SELECT 7").await, 7);
    }
}

#[tokio::test]
async fn an_unknown_label_is_no_database() {
    let error = scratch().open("other").await.err();
    assert_eq!(error, Some(SqliteError::NoSuchDatabase));
}
