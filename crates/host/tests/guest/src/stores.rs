//! Calls every function of Spin's interfaces, as SDKs of any language would: the synchronous ones
//! too, for which `spin-sdk` has no wrapper.

#![allow(clippy::unwrap_used, reason = "what panics here fails a test")]

use spin_sdk::wit_bindgen;
use spin_sdk::wit_bindgen::{StreamReader, StreamResult};

wit_bindgen::generate!({
    path: "../../wit",
    world: "jenny:host/spin",
    runtime_path: "spin_sdk::wit_bindgen::rt",
    generate_all,
});

use self::spin::key_value::key_value;
use self::spin::sqlite::sqlite::{self, RowResult, Value};
use self::spin::variables::variables;
use self::wasi::config::store as config;
use self::wasi::keyvalue::{atomics, batch, store};

pub(crate) async fn key_value() -> String {
    let store = key_value::Store::open("default".into()).await.unwrap();
    let missing = store.get("a".into()).await;
    store.set("a".into(), b"1".to_vec()).await.unwrap();
    store.set("b".into(), vec![]).await.unwrap();
    let (keys, result) = store.get_keys().await;
    let mut keys = collect(keys).await;
    // No order is promised.
    keys.sort();
    let result = result.await;
    store.delete("b".into()).await.unwrap();
    let (unread, done) = store.get_keys().await;
    let done = done.await;
    drop(unread);
    let (a, b) = (store.get("a".into()).await, store.exists("b".into()).await);
    let denied = key_value::Store::open("other".into()).await.err();
    format!("{missing:?} {keys:?} {result:?} {done:?} {a:?} {b:?} {denied:?}")
}

pub(crate) fn sqlite_sync() -> String {
    let connection = sqlite::Connection::open("default").unwrap();
    let execute = |sql: &str, parameters: &[Value]| match connection.execute(sql, parameters) {
        Ok(result) => format!("{:?} {:?}", result.columns, rows(result.rows)),
        Err(error) => format!("{error:?}"),
    };
    let lines = [
        execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b)", &[]),
        execute(
            "INSERT INTO t (b) VALUES (?1), (2.5)",
            &[Value::Text("x".into())],
        ),
        execute("SELECT a, b FROM t", &[]),
        execute("SELECT nonsense", &[]),
        format!(
            "{} {}",
            connection.last_insert_rowid(),
            connection.changes()
        ),
        format!("{:?}", sqlite::Connection::open("other").err()),
    ];
    lines.join("\n")
}

pub(crate) async fn sqlite_async() -> String {
    let connection = sqlite::Connection::open_async("default".into())
        .await
        .unwrap();
    let mut lines = Vec::new();
    for sql in [
        "CREATE TABLE t (a INTEGER PRIMARY KEY)",
        "INSERT INTO t VALUES (7) RETURNING a",
    ] {
        // Only the outcome is asked for; the rows stay unread.
        let (columns, unread, done) = connection.execute_async(sql.into(), vec![]).await.unwrap();
        lines.push(format!("{columns:?} {:?}", done.await));
        drop(unread);
    }
    let numbers = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
        SELECT i FROM n";
    let (columns, many, done) = connection
        .execute_async(numbers.into(), vec![])
        .await
        .unwrap();
    let many = collect(many).await;
    lines.push(format!(
        "{columns:?} {} {:?} {:?}",
        many.len(),
        many[4999].values,
        done.await
    ));
    let error = connection
        .execute_async("SELECT nonsense".into(), vec![])
        .await
        .err();
    lines.push(format!("{error:?}"));
    let rowid = connection.last_insert_rowid_async().await;
    lines.push(format!("{rowid} {}", connection.changes_async().await));
    lines.push(format!(
        "{:?}",
        sqlite::Connection::open_async("other".into()).await.err()
    ));
    lines.join("\n")
}

/// Reads a result in parts that are smaller than what the host has at hand, after a look whether
/// there is something to read.
pub(crate) async fn sqlite_parts() -> String {
    let connection = sqlite::Connection::open_async("default".into())
        .await
        .unwrap();
    let statement = connection.execute_async("SELECT".into(), vec![]).await;
    let (_, mut rows, done) = statement.unwrap();
    let rows = match rows.read(Vec::new()).await {
        (StreamResult::Dropped, none) => none,
        _ => collect(rows).await,
    };
    let numbers = rows.iter().map(|row| match row.values[..] {
        [Value::Integer(number)] => number,
        _ => -1,
    });
    let in_order = numbers.eq(0..i64::try_from(rows.len()).unwrap());
    format!("{} {in_order} {:?}", rows.len(), done.await)
}

pub(crate) async fn variables() -> String {
    let lines = [
        format!("{:?}", variables::get("greeting".into()).await),
        format!(
            "{}",
            matches!(
                variables::get("no".into()).await,
                Err(variables::Error::Undefined(_))
            )
        ),
        format!(
            "{}",
            matches!(
                variables::get("!".into()).await,
                Err(variables::Error::InvalidName(_))
            )
        ),
        format!(
            "{:?} {:?} {:?}",
            config::get("greeting"),
            config::get("no"),
            config::get("!"),
        ),
        format!("{:?}", config::get_all()),
    ];
    lines.join("\n")
}

pub(crate) fn wasi_key_value() -> String {
    let bucket = store::open("default").unwrap();
    let key = |key: &str| key.to_owned();
    bucket.set("a", b"1").unwrap();
    batch::set_many(&bucket, &[(key("b"), b"2".to_vec()), (key("c"), vec![])]).unwrap();
    batch::delete_many(&bucket, &[key("c")]).unwrap();
    let mut lines = vec![
        format!("{:?} {:?}", bucket.get("a"), bucket.exists("c")),
        format!("{:?}", batch::get_many(&bucket, &[key("b"), key("c")])),
        format!(
            "{:?} {:?}",
            bucket.list_keys(None).map(|mut page| {
                page.keys.sort();
                page
            }),
            bucket.list_keys(Some("x")).is_err()
        ),
        format!("{:?}", store::open("other").err()),
        format!(
            "{:?} {:?}",
            atomics::increment(&bucket, "n", 2),
            atomics::increment(&bucket, "n", 3)
        ),
        format!("{}", atomics::increment(&bucket, "a", 1).is_err()),
    ];
    bucket.delete("b").unwrap();
    // A missing key is swapped in once only.
    let first = atomics::Cas::new(&bucket, "b").unwrap();
    let second = atomics::Cas::new(&bucket, "b").unwrap();
    lines.push(format!("{:?}", atomics::swap(first, b"first").is_ok()));
    match atomics::swap(second, b"second") {
        Err(atomics::CasError::CasFailed(newer)) => {
            lines.push(format!("{:?}", newer.current()));
            lines.push(format!("{:?}", atomics::swap(newer, b"third").is_ok()));
        }
        _ => lines.push("a stale swap went through".to_owned()),
    }
    lines.push(format!("{:?}", bucket.get("b")));
    lines.join("\n")
}

fn rows(rows: Vec<RowResult>) -> Vec<Vec<Value>> {
    rows.into_iter().map(|row| row.values).collect()
}

pub(crate) async fn collect<T>(mut stream: StreamReader<T>) -> Vec<T> {
    let mut all = Vec::new();
    loop {
        let (result, items) = stream.read(Vec::with_capacity(100)).await;
        all.extend(items);
        if !matches!(result, StreamResult::Complete(_)) {
            return all;
        }
    }
}
