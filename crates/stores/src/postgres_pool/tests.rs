//! The pool, on a server of its own.

use futures::{FutureExt as _, StreamExt as _};
use postgres_server::{PostgresServer, TestDatabase};

use super::*;
use crate::postgres::{QueryResult, Value};

/// Long enough for what has to happen at last.
const PATIENCE: Duration = Duration::from_secs(600);

fn pools(runtime_config: &str) -> PostgresPools {
    PostgresPools::new(
        &RuntimeConfig::parse(runtime_config, "runtime-config.toml".as_ref()).unwrap(),
    )
    .patient(PATIENCE)
}

/// A database, and pools that keep one connection to it.
fn world() -> Option<(TestDatabase, PostgresPools)> {
    let database = PostgresServer::shared_or_skip()?.create_database(None);
    Some((database, pools("[outbound_pg]\nmax_connections = 1")))
}

async fn open(pools: &PostgresPools, database: &TestDatabase) -> Arc<dyn PostgresConnection> {
    pools.open(database.url(), None).await.unwrap()
}

async fn execute(
    connection: &Arc<dyn PostgresConnection>,
    sql: &str,
) -> Result<u64, PostgresError> {
    connection.execute(sql.to_owned(), Vec::new()).await
}

async fn query(connection: &Arc<dyn PostgresConnection>, sql: &str) -> QueryResult {
    connection.query(sql.to_owned(), Vec::new()).await.unwrap()
}

async fn scalar(connection: &Arc<dyn PostgresConnection>, sql: &str) -> Value {
    let rows = query(connection, sql).await.collect(1024).await.unwrap();
    rows[0][0].clone()
}

#[tokio::test]
async fn whoever_is_next_finds_no_trace_of_who_was_before() {
    let Some((database, pools)) = world() else {
        return;
    };
    let first = open(&pools, &database).await;
    let pid = scalar(&first, "SELECT pg_backend_pid()").await;
    for sql in [
        "CREATE TABLE t (a int4)",
        "SET application_name = 'first'",
        "CREATE TEMPORARY TABLE mine (a int4)",
        "SELECT pg_advisory_lock(7)",
        "LISTEN channel",
        "DECLARE mine CURSOR WITH HOLD FOR SELECT 1",
        "/* behind a comment */ BEGIN",
        "INSERT INTO t VALUES (1)",
    ] {
        execute(&first, sql).await.unwrap();
    }
    drop(first);

    let second = open(&pools, &database).await;

    assert_eq!(scalar(&second, "SELECT pg_backend_pid()").await, pid);
    for (sql, nothing) in [
        (
            "SELECT current_setting('application_name')",
            Value::Text(String::new()),
        ),
        ("SELECT to_regclass('mine')::text", Value::Null),
        (
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'",
            Value::Int64(0),
        ),
        (
            "SELECT count(*) FROM pg_listening_channels()",
            Value::Int64(0),
        ),
        (
            "SELECT count(*) FROM pg_cursors WHERE name = 'mine'",
            Value::Int64(0),
        ),
        ("SELECT count(*) FROM t", Value::Int64(0)),
        // The abandoned transaction had one.
        (
            "SELECT pg_current_xact_id_if_assigned() IS NULL",
            Value::Boolean(true),
        ),
    ] {
        assert_eq!(scalar(&second, sql).await, nothing, "{sql}");
    }
}

#[tokio::test]
async fn a_transaction_that_failed_is_left_behind_too() {
    let Some((database, pools)) = world() else {
        return;
    };
    let first = open(&pools, &database).await;
    execute(&first, "BEGIN").await.unwrap();
    execute(&first, "SELECT 1 / 0").await.unwrap_err();
    execute(&first, "SELECT 1").await.unwrap_err();
    drop(first);

    let second = open(&pools, &database).await;

    assert_eq!(scalar(&second, "SELECT 7").await, Value::Int32(7));
}

#[tokio::test]
async fn a_session_with_statements_of_its_own_does_not_come_back() {
    let Some((database, pools)) = world() else {
        return;
    };
    let first = open(&pools, &database).await;
    let pid = scalar(&first, "SELECT pg_backend_pid()").await;
    execute(&first, "PREPARE mine AS SELECT 1").await.unwrap();
    drop(first);

    let second = open(&pools, &database).await;

    assert_ne!(scalar(&second, "SELECT pg_backend_pid()").await, pid);
}

#[tokio::test]
async fn a_table_may_change_under_a_statement_that_was_prepared() {
    let Some((database, pools)) = world() else {
        return;
    };
    let connection = open(&pools, &database).await;
    execute(&connection, "CREATE TABLE t AS SELECT 1 AS a")
        .await
        .unwrap();
    assert_eq!(
        scalar(&connection, "SELECT * FROM t").await,
        Value::Int32(1)
    );
    execute(&connection, "ALTER TABLE t ALTER a TYPE text")
        .await
        .unwrap();
    assert_eq!(
        scalar(&connection, "SELECT * FROM t").await,
        Value::Text("1".to_owned())
    );
    execute(&connection, "DEALLOCATE ALL").await.unwrap();
    assert_eq!(execute(&connection, "SELECT * FROM t").await, Ok(1));
}

#[tokio::test]
async fn statements_are_prepared_once_and_kept_in_bounds() {
    let Some((database, pools)) = world() else {
        return;
    };
    let connection = open(&pools, &database).await;
    let prepared = "SELECT count(*) FROM pg_prepared_statements";
    for _ in 0..3 {
        assert_eq!(scalar(&connection, prepared).await, Value::Int64(1));
    }
    for number in 0..300 {
        execute(&connection, &format!("SELECT {number}"))
            .await
            .unwrap();
    }
    let long = format!("SELECT '{}'", "x".repeat(20_000));
    execute(&connection, &long).await.unwrap();
    match scalar(&connection, prepared).await {
        // Those that had to go are closed after the next statement.
        Value::Int64(count) => assert!((100..=130).contains(&count), "{count}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_statement_that_nobody_waits_for_ends_and_its_connection_goes_on() {
    let Some((database, pools)) = world() else {
        return;
    };
    let connection = open(&pools, &database).await;
    let pid = scalar(&connection, "SELECT pg_backend_pid()").await;

    for _ in 0..3 {
        let asleep = execute(&connection, "SELECT pg_sleep(3600)");
        tokio::time::timeout(Duration::from_millis(100), asleep)
            .await
            .unwrap_err();
        let next = scalar(&connection, "SELECT pg_backend_pid()");
        assert_eq!(tokio::time::timeout(PATIENCE, next).await.unwrap(), pid);
    }
}

#[tokio::test]
async fn a_result_that_is_not_read_is_not_buffered() {
    let Some((database, pools)) = world() else {
        return;
    };
    let connection = open(&pools, &database).await;
    // 100 rows of a megabyte.
    let sql = "SELECT repeat('x', 1000000) FROM generate_series(1, 100)";
    let mut result = query(&connection, sql).await;
    // What is at hand ends at each pause, however fast the server is.
    let mut most = 0;
    let mut total = 0;
    loop {
        let mut at_hand = 0;
        while let Some(Some(row)) = result.rows.next().now_or_never() {
            row.unwrap();
            at_hand += 1;
        }
        total += at_hand;
        most = most.max(at_hand);
        match result.rows.next().await {
            Some(row) => drop(row.unwrap()),
            None => break,
        }
        total += 1;
    }
    assert_eq!(total, 100);
    assert!(most <= 2, "{most} rows were at hand at once");

    let all = query(&connection, sql).await.collect(10_000_000).await;
    assert!(matches!(all, Err(PostgresError::Failed(text)) if text.contains("exceeds limit")));
    assert_eq!(scalar(&connection, "SELECT 7").await, Value::Int32(7));
}

#[tokio::test]
async fn what_puts_a_connection_out_of_step_costs_the_connection() {
    let Some((database, pools)) = world() else {
        return;
    };
    let first = open(&pools, &database).await;
    execute(&first, "CREATE TABLE t (a int4)").await.unwrap();
    drop(first);
    for sql in ["COPY t FROM STDIN", "COPY t TO STDOUT"] {
        let connection = open(&pools, &database).await;
        assert!(matches!(
            execute(&connection, sql).await,
            Err(PostgresError::Failed(_))
        ));
        drop(connection);
        let next = open(&pools, &database).await;
        assert_eq!(scalar(&next, "SELECT 7").await, Value::Int32(7));
    }
}

#[tokio::test]
async fn a_row_that_is_too_long_to_keep_ends_its_connection() {
    let Some((database, pools)) = world() else {
        return;
    };
    let connection = open(&pools, &database).await;
    let sql = "SELECT repeat('x', 200 * 1024 * 1024)".to_owned();
    let result = connection.query(sql, Vec::new()).await;
    assert!(matches!(result, Err(PostgresError::Failed(_))));
    drop(connection);
    let next = open(&pools, &database).await;
    assert_eq!(scalar(&next, "SELECT 7").await, Value::Int32(7));
}

#[tokio::test]
async fn statements_on_one_connection_take_turns() {
    let Some((database, pools)) = world() else {
        return;
    };
    let connection = open(&pools, &database).await;
    execute(&connection, "CREATE TABLE t (a int4)")
        .await
        .unwrap();
    let (rows, inserted) = tokio::join!(
        async {
            let result = query(&connection, "SELECT generate_series(1, 10000)").await;
            result.collect(10_000_000).await.unwrap().len()
        },
        execute(&connection, "INSERT INTO t VALUES (1)"),
    );
    assert_eq!((rows, inserted), (10_000, Ok(1)));
}

#[tokio::test]
async fn connections_are_waited_for_and_come_back() {
    let Some((database, pools)) = world() else {
        return;
    };
    let held = open(&pools, &database).await;
    assert!(pools.open(database.url(), None).now_or_never().is_none());
    drop(held);
    let next = pools.open(database.url(), None);
    tokio::time::timeout(PATIENCE, next).await.unwrap().unwrap();
}

#[tokio::test]
async fn pools_are_kept_in_bounds_and_the_latest_used_stay() {
    let pools = pools("");
    let key = |number: usize| Key {
        address: format!("postgres://h{number}/d"),
        ca_root: None,
    };
    for number in 0..100 {
        pools.pool(key(number)).unwrap();
        pools.pool(key(0)).unwrap();
    }
    let kept = pools.pools.lock().unwrap();
    assert_eq!(kept.len(), POOLS);
    assert!(kept.iter().any(|(kept, _)| *kept == key(0)));
    assert!(kept.iter().any(|(kept, _)| *kept == key(99)));
}

#[tokio::test]
async fn blocked_networks_are_not_reached() {
    let pools = pools("[outbound_networking]\nblock_networks = ['private']");
    let error = pools
        .open("postgres://u:secret@localhost:1/d", None)
        .await
        .err();
    let sentence = "the address of localhost is in block_networks";
    assert_eq!(
        error,
        Some(PostgresError::ConnectionFailed(sentence.to_owned()))
    );
}

#[tokio::test]
async fn failures_to_connect_say_why_but_not_the_password() {
    let pools = pools("");
    // Nothing listens on port 1.
    for address in [
        "postgres://u:secret@127.0.0.1:1/d",
        "postgres://u:secret@no.such.host.invalid/d",
        "postgres://u:secret@127.0.0.1:1/d?nonsense=1",
    ] {
        let error = pools.open(address, None).await.err().unwrap();
        assert!(
            matches!(error, PostgresError::ConnectionFailed(_)),
            "{error:?}"
        );
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    let root = pools
        .open("postgres://u@127.0.0.1:1/d", Some("nonsense"))
        .await;
    assert!(matches!(root.err(), Some(PostgresError::Other(_))));
}
