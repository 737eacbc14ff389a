//! Calls `spin:postgres`. What to do is in the path, the address of the database in a header.

#![allow(clippy::unwrap_used, reason = "what panics here fails a test")]

use std::fmt::Debug;

use spin_sdk::http::Request;

use crate::stores::collect;
use crate::stores::spin::postgres3_0_0::postgres as v3;
use crate::stores::spin::postgres4_2_0::postgres::{
    Connection, ConnectionBuilder, DbValue, Error, Interval, ParameterValue, QueryError,
    RangeBoundKind,
};

pub(crate) async fn call(action: &str, request: &Request) -> String {
    let header = |name: &str| {
        let value = request.headers().get(name);
        value.map(|value| value.to_str().unwrap().to_owned())
    };
    let address = header("x-address").unwrap();
    let (action, argument) = action.split_once('/').unwrap_or((action, ""));
    match action {
        "open" => open(&address).await,
        "build" => build(&address, &header("x-authority").unwrap()).await,
        "types" => types(&address).await,
        "nulls" => nulls(&address),
        "errors" => errors(&address),
        "transaction" => transaction(&address).await,
        "abandon" => abandon(&address, argument).await,
        "insert" => insert(&address).await,
        "add" => add(&address).await,
        "long" => long(&address, argument).await,
        "partly" => partly(&address).await,
        "older" => older(&address),
        "run" => run(&address, &header("x-statement").unwrap()).await,
        _ => "no such action".to_owned(),
    }
}

async fn open(address: &str) -> String {
    let blocking = Connection::open(address).map(drop);
    let beside = Connection::open_async(address.into()).await.map(drop);
    let built = ConnectionBuilder::new(address).build().map(drop);
    let built_beside = ConnectionBuilder::new(address)
        .build_async()
        .await
        .map(drop);
    lines([&blocking, &beside, &built, &built_beside])
}

async fn build(address: &str, authority: &str) -> String {
    let builder = ConnectionBuilder::new(address);
    let nonsense = builder.set_ca_root("nonsense");
    let set = builder.set_ca_root(&authority.replace('|', "\n"));
    let sentence = match builder.build_async().await {
        Ok(connection) => {
            let sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
            format!("{:?}", connection.query(sql, &[]).unwrap().rows)
        }
        Err(error) => format!("{error:?}"),
    };
    format!("{} {set:?} {sentence}", nonsense.is_err())
}

/// Every type: what goes in, the column's type, what comes out.
async fn types(address: &str) -> String {
    let connection = Connection::open(address).unwrap();
    let inclusive = |value| Some((value, RangeBoundKind::Inclusive));
    let interval = Interval {
        micros: -1,
        days: 2,
        months: 3,
    };
    let cases = [
        ("bool", ParameterValue::Boolean(true)),
        ("\"char\"", ParameterValue::Int8(65)),
        ("int2", ParameterValue::Int16(i16::MIN)),
        ("int4", ParameterValue::Int32(i32::MIN)),
        ("int8", ParameterValue::Int64(i64::MIN)),
        ("float4", ParameterValue::Floating32(1.5)),
        ("float8", ParameterValue::Floating64(-0.1)),
        ("text", ParameterValue::Str("é\"'; --😀".into())),
        ("varchar", ParameterValue::Str(String::new())),
        ("bytea", ParameterValue::Binary(vec![0, 255])),
        ("date", ParameterValue::Date((-43, 3, 15))),
        ("time", ParameterValue::Time((23, 59, 59, 999_999_000))),
        (
            "timestamp",
            ParameterValue::Datetime((2024, 2, 29, 1, 2, 3, 4000)),
        ),
        ("timestamptz", ParameterValue::Timestamp(-1)),
        (
            "uuid",
            ParameterValue::Uuid("018f4e6a-7c7a-7b1e-8a55-0123456789ab".into()),
        ),
        (
            "jsonb",
            ParameterValue::Jsonb(br#"{"a":[1,null]}"#.to_vec()),
        ),
        (
            "numeric",
            ParameterValue::Decimal("-12345678901234567890.012300".into()),
        ),
        (
            "int4range",
            ParameterValue::RangeInt32((inclusive(1), inclusive(5))),
        ),
        (
            "int8range",
            ParameterValue::RangeInt64((None, Some((7, RangeBoundKind::Exclusive)))),
        ),
        (
            "numrange",
            ParameterValue::RangeDecimal((Some(("1.5".into(), RangeBoundKind::Inclusive)), None)),
        ),
        ("int4[]", ParameterValue::ArrayInt32(vec![Some(1), None])),
        ("int8[]", ParameterValue::ArrayInt64(vec![])),
        (
            "numeric[]",
            ParameterValue::ArrayDecimal(vec![Some("0.10".into()), None]),
        ),
        (
            "text[]",
            ParameterValue::ArrayStr(vec![Some("a,b".into()), None]),
        ),
        ("interval", ParameterValue::Interval(interval)),
    ];
    let mut all = Vec::new();
    for (name, value) in cases {
        let sql = format!("SELECT $1::{name}");
        let blocking = connection
            .query(&sql, std::slice::from_ref(&value))
            .unwrap();
        let (columns, rows, end) = connection.query_async(sql, vec![value]).await.unwrap();
        let rows = collect(rows).await;
        end.await.unwrap();
        let streamed = format!("{:?} {:?}", columns[0].data_type, rows[0][0]);
        let blocking = format!(
            "{:?} {:?}",
            blocking.columns[0].data_type, blocking.rows[0][0]
        );
        assert_eq!(streamed, blocking);
        all.push(format!("{name}: {blocking}"));
    }
    for unsupported in [
        "'a'::json",
        "'10.0.0.1'::inet",
        "'empty'::int4range",
        "'infinity'::date",
    ] {
        let result = connection.query(&format!("SELECT {unsupported}"), &[]);
        let result = result.map(|set| (set.columns[0].data_type.clone(), set.rows));
        all.push(match result {
            Ok(result) => format!("{unsupported}: {result:?}"),
            Err(_) => format!("{unsupported}: no value"),
        });
    }
    let none = connection.query("SELECT 1 WHERE false", &[]).unwrap();
    all.push(format!("{} {}", none.columns.len(), none.rows.len()));
    all.join("\n")
}

fn nulls(address: &str) -> String {
    let connection = Connection::open(address).unwrap();
    let types = [
        "bool",
        "int2",
        "int4",
        "int8",
        "float4",
        "float8",
        "text",
        "bytea",
        "date",
        "time",
        "timestamp",
        "timestamptz",
        "uuid",
        "jsonb",
        "json",
        "numeric",
        "int4range",
        "int4[]",
        "text[]",
        "interval",
        "inet",
        "point",
    ];
    let null = |name: &&str| {
        let set = connection
            .query(&format!("SELECT $1::{name}"), &[ParameterValue::DbNull])
            .unwrap();
        matches!(set.rows[0][0], DbValue::DbNull)
    };
    types.iter().filter(|name| null(name)).count().to_string()
}

fn errors(address: &str) -> String {
    let connection = Connection::open(address).unwrap();
    let execute = |sql: &str, parameters: &[ParameterValue]| {
        connection.execute(sql, parameters).map_err(describe)
    };
    let one = |sql: &str, value| execute(sql, &[value]);
    lines([
        &execute("CREATE TABLE errors (id int4 PRIMARY KEY)", &[]),
        &one("INSERT INTO errors VALUES ($1)", ParameterValue::Int32(7)),
        &one("INSERT INTO errors VALUES ($1)", ParameterValue::Int32(7)),
        &one("INSERT INTO errors VALUES ($1)", ParameterValue::Int64(8)),
        &one("SELECT $1::uuid", ParameterValue::Uuid("x".into())),
        &one("SELECT $1::jsonb", ParameterValue::Jsonb(b"{".to_vec())),
        &one("SELECT $1::date", ParameterValue::Date((2023, 2, 29))),
        &one("SELECT $1::numeric", ParameterValue::Decimal("1e5".into())),
        &one("SELECT $1::text", ParameterValue::Str("a\0b".into())),
        &execute("SELECT $1::text", &[]),
        &execute("SELECT 1; SELECT 2", &[]),
        &execute("nonsense", &[]),
        &execute("", &[]),
        &execute("SELECT count(*) FROM errors", &[]),
    ])
}

/// What a test can rely on: of a refusal by the server its fields, of others their kind.
fn describe(error: Error) -> String {
    match error {
        Error::QueryFailed(QueryError::DbError(error)) => {
            let constraint = error.extras.iter().find(|(name, _)| name == "constraint");
            format!(
                "{} {} {} {:?} {:?} {}",
                error.severity,
                error.code,
                error.message,
                error.detail,
                constraint.map(|(_, value)| value),
                error.as_text.contains(&error.code),
            )
        }
        Error::QueryFailed(QueryError::Text(_)) => "query failed".to_owned(),
        Error::BadParameter(text) => format!("bad parameter: {text}"),
        error => format!("{error:?}"),
    }
}

async fn transaction(address: &str) -> String {
    let one = Connection::open_async(address.into()).await.unwrap();
    let other = Connection::open_async(address.into()).await.unwrap();
    let count = async || scalar(&other, "SELECT count(*) FROM t").await;
    let execute = async |sql: &str| one.execute_async(sql.into(), vec![]).await.unwrap();
    execute("BEGIN").await;
    let inserted = execute("INSERT INTO t SELECT 1 UNION ALL SELECT 2").await;
    let before = count().await;
    execute("COMMIT").await;
    let after = count().await;
    execute("BEGIN").await;
    execute("DELETE FROM t").await;
    execute("ROLLBACK").await;
    format!("{inserted} {before} {after} {}", count().await)
}

/// Leaves a transaction open, by a trap or by dropping the connection.
async fn abandon(address: &str, how: &str) -> String {
    let connection = Connection::open_async(address.into()).await.unwrap();
    for sql in [
        "BEGIN",
        "INSERT INTO t VALUES (1)",
        "SET search_path TO nowhere",
    ] {
        connection.execute_async(sql.into(), vec![]).await.unwrap();
    }
    match how {
        "trap" => panic!("within a transaction"),
        "hang" => {
            let sql = "SELECT pg_sleep(3600)".to_owned();
            _ = connection.execute_async(sql, vec![]).await;
        }
        _ => drop(connection),
    }
    "abandoned".to_owned()
}

async fn insert(address: &str) -> String {
    let connection = Connection::open_async(address.into()).await.unwrap();
    let sql = "INSERT INTO t VALUES (2)".to_owned();
    let result = connection.execute_async(sql, vec![]).await;
    format!("{:?}", result.map_err(describe))
}

/// Adds one in a transaction, and says how many connections the database has.
async fn add(address: &str) -> String {
    let connection = Connection::open_async(address.into()).await.unwrap();
    for sql in ["BEGIN", "UPDATE t SET a = a + 1", "COMMIT"] {
        connection.execute_async(sql.into(), vec![]).await.unwrap();
    }
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()";
    scalar(&connection, sql).await
}

/// Reads a long result, row by row.
async fn long(address: &str, rows: &str) -> String {
    let connection = Connection::open_async(address.into()).await.unwrap();
    let sql = format!("SELECT i, repeat('x', 1000) FROM generate_series(1, {rows}) AS i");
    let (columns, mut rows, end) = connection.query_async(sql, vec![]).await.unwrap();
    let mut sum = 0;
    while let Some(row) = rows.next().await {
        match row[0] {
            DbValue::Int32(i) => sum += i64::from(i),
            ref other => panic!("{other:?}"),
        }
    }
    format!("{} {sum} {:?}", columns.len(), end.await)
}

/// Lets go of a result after its first row, and goes on with the connection.
async fn partly(address: &str) -> String {
    let connection = Connection::open_async(address.into()).await.unwrap();
    let sql = "SELECT i, pg_sleep(0.001) FROM generate_series(1, 1000000) AS i".to_owned();
    let (_, mut rows, end) = connection.query_async(sql, vec![]).await.unwrap();
    let first = rows.next().await.unwrap();
    drop(rows);
    let end = end.await;
    let next = scalar(&connection, "SELECT 7::int8").await;
    format!("{:?} {end:?} {next}", first[0])
}

fn older(address: &str) -> String {
    let connection = v3::Connection::open(address).unwrap();
    let sql = "SELECT $1::int4 AS a, $2::uuid AS b, now() AT TIME ZONE 'UTC' > $3 AS c";
    let parameters = [
        v3::ParameterValue::Int32(7),
        v3::ParameterValue::DbNull,
        v3::ParameterValue::Datetime((2024, 1, 1, 0, 0, 0, 0)),
    ];
    let known = connection.query(sql, &parameters).unwrap();
    let unknown = connection.query("SELECT '{}'::jsonb", &[]).unwrap();
    let error = connection.execute("nonsense", &[]).unwrap_err();
    let is_text = matches!(&error, v3::Error::QueryFailed(text) if text.contains("42601"));
    format!(
        "{:?} {:?} {:?} {:?} {is_text}",
        known
            .columns
            .iter()
            .map(|column| column.data_type)
            .collect::<Vec<_>>(),
        known.rows,
        unknown.columns[0].data_type,
        unknown.rows,
    )
}

async fn run(address: &str, sql: &str) -> String {
    match Connection::open_async(address.into()).await {
        Ok(connection) => {
            let result = connection.execute_async(sql.into(), vec![]).await;
            format!("{:?}", result.map_err(describe))
        }
        Err(error) => format!("{error:?}"),
    }
}

async fn scalar(connection: &Connection, sql: &str) -> String {
    let (_, rows, end) = connection.query_async(sql.into(), vec![]).await.unwrap();
    let rows = collect(rows).await;
    end.await.unwrap();
    match &rows[0][0] {
        DbValue::Int64(number) => number.to_string(),
        other => format!("{other:?}"),
    }
}

fn lines<const N: usize>(results: [&dyn Debug; N]) -> String {
    results.map(|result| format!("{result:?}")).join("\n")
}
