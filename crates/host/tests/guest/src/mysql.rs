//! Calls `spin:mysql` and `fermyon:spin/mysql`. What to do is in the path, the address of the database
//! in a header.

#![allow(clippy::unwrap_used, reason = "what panics here fails a test")]

use std::fmt::Debug;

use futures::future::join_all;
use spin_sdk::http::Request;

use crate::stores::collect;
use crate::stores::fermyon::spin::mysql as v2;
use crate::stores::fermyon::spin::rdbms_types as v2_types;
use crate::stores::spin::mysql::mysql::{Column, Connection, DbValue, Error, ParameterValue};

pub(crate) async fn call(action: &str, request: &Request) -> String {
    let header = |name: &str| {
        let value = request.headers().get(name);
        value.map(|value| value.to_str().unwrap().to_owned())
    };
    let address = header("x-address").unwrap();
    let (action, argument) = action.split_once('/').unwrap_or((action, ""));
    match action {
        "open" => {
            let beside = Connection::open(address.clone()).await.map(drop);
            let blocking = v2::Connection::open(&address).map(drop);
            format!("{beside:?}\n{blocking:?}")
        }
        "types" => types(&address).await,
        "errors" => errors(&address).await,
        "transaction" => transaction(&address).await,
        "abandon" => abandon(&address, argument).await,
        "insert" => insert(&address).await,
        "add" => add(&address).await,
        "long" => long(&address, argument).await,
        "partly" => partly(&address).await,
        "unread" => unread(&address).await,
        "older" => older(&address),
        "run" => {
            let connection = Connection::open(address).await.unwrap();
            format!(
                "{:?}",
                query(&connection, &header("x-statement").unwrap(), vec![]).await
            )
        }
        _ => "no such action".to_owned(),
    }
}

type Whole = Result<(Vec<Column>, Vec<Vec<DbValue>>), Error>;

async fn query(connection: &Connection, sql: &str, parameters: Vec<ParameterValue>) -> Whole {
    let (columns, rows, end) = connection.query(sql.into(), parameters).await?;
    let rows = collect(rows).await;
    end.await.map(|()| (columns, rows))
}

async fn execute(connection: &Connection, sql: &str) -> Result<(), Error> {
    connection.execute(sql.into(), vec![]).await
}

/// Every type: what goes in, the column's type, what comes out; and that `NULL` does.
async fn types(address: &str) -> String {
    let connection = Connection::open(address.into()).await.unwrap();
    let text = |text: &str| ParameterValue::Str(text.into());
    let bytes = || ParameterValue::Binary(vec![0, 255]);
    let cases = [
        ("BOOLEAN", ParameterValue::Boolean(true)),
        ("TINYINT", ParameterValue::Int8(i8::MIN)),
        ("SMALLINT", ParameterValue::Int16(i16::MIN)),
        ("MEDIUMINT", ParameterValue::Int32(-(1 << 23))),
        ("INT", ParameterValue::Int32(i32::MIN)),
        ("BIGINT", ParameterValue::Int64(i64::MIN)),
        ("TINYINT UNSIGNED", ParameterValue::Uint8(u8::MAX)),
        ("SMALLINT UNSIGNED", ParameterValue::Uint16(u16::MAX)),
        ("MEDIUMINT UNSIGNED", ParameterValue::Uint32((1 << 24) - 1)),
        ("INT UNSIGNED", ParameterValue::Uint32(u32::MAX)),
        ("BIGINT UNSIGNED", ParameterValue::Uint64(u64::MAX)),
        ("FLOAT", ParameterValue::Floating32(1.5)),
        ("DOUBLE", ParameterValue::Floating64(-0.1)),
        ("CHAR(3)", text("abc")),
        ("VARCHAR(50)", text("é\"'; --😀")),
        ("LONGTEXT", text("")),
        ("ENUM('a', 'b')", text("b")),
        ("SET('a', 'b')", text("a,b")),
        ("BINARY(2)", bytes()),
        ("VARBINARY(9)", bytes()),
        ("LONGBLOB", bytes()),
        // Without a form in WIT: what is not NULL is an error.
        ("DECIMAL(9, 2)", text("-1.50")),
        ("DATE", text("2024-02-29")),
        ("TIME", text("-01:02:03")),
        ("DATETIME", text("2024-02-29 01:02:03")),
        ("TIMESTAMP NULL", text("2024-02-29 01:02:03")),
        ("YEAR", ParameterValue::Int16(2024)),
        ("BIT(9)", ParameterValue::Int16(257)),
    ];
    let mut lines = Vec::new();
    for (name, value) in cases {
        execute(&connection, "DROP TEMPORARY TABLE IF EXISTS v")
            .await
            .unwrap();
        let create = format!("CREATE TEMPORARY TABLE v (v {name})");
        execute(&connection, &create).await.unwrap();
        for value in [value, ParameterValue::DbNull] {
            let insert = connection.execute("INSERT INTO v VALUES (?)".into(), vec![value]);
            insert.await.unwrap();
        }
        let value = query(&connection, "SELECT v FROM v WHERE v IS NOT NULL", vec![]).await;
        let null = query(&connection, "SELECT v FROM v WHERE v IS NULL", vec![]).await;
        let value = match value {
            Ok((columns, rows)) => format!("{:?} {:?}", columns[0].data_type, rows[0][0]),
            Err(error) => format!("{error:?}"),
        };
        let null = matches!(null.unwrap().1[0][0], DbValue::DbNull);
        lines.push(format!("{name}: {value} {null}"));
    }
    lines.join("\n")
}

async fn errors(address: &str) -> String {
    let connection = Connection::open(address.into()).await.unwrap();
    let one = || vec![ParameterValue::Int32(1)];
    let mut lines = Vec::new();
    for (sql, parameters) in [
        ("CREATE TEMPORARY TABLE t (a INT PRIMARY KEY)", vec![]),
        ("INSERT INTO t VALUES (?)", one()),
        ("INSERT INTO t VALUES (?)", one()),
        ("INSERT INTO t VALUES (?)", vec![]),
        (
            "INSERT INTO t VALUES (?)",
            vec![ParameterValue::Str("x".into())],
        ),
        ("nonsense", vec![]),
        ("SELECT 1; SELECT 2", vec![]),
        ("LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE t", vec![]),
        // After all of that.
        ("SELECT a FROM t", vec![]),
    ] {
        let executed = connection.execute(sql.into(), parameters.clone()).await;
        let queried = query(&connection, sql, parameters).await;
        lines.push(format!(
            "{executed:?} | {:?}",
            queried.map(|(_, rows)| rows)
        ));
    }
    lines.join("\n")
}

async fn transaction(address: &str) -> String {
    let one = Connection::open(address.into()).await.unwrap();
    let other = Connection::open(address.into()).await.unwrap();
    let count = async || scalar(&other, "SELECT count(*) FROM t").await;
    let mut counts = Vec::new();
    for sql in [
        "BEGIN",
        "INSERT INTO t VALUES (1), (2)",
        "COMMIT",
        "BEGIN",
        "DELETE FROM t",
    ] {
        execute(&one, sql).await.unwrap();
        counts.push(count().await);
    }
    execute(&one, "ROLLBACK").await.unwrap();
    counts.push(count().await);
    counts.join(" ")
}

/// Leaves a transaction open and much else, by a trap or by dropping the connection.
async fn abandon(address: &str, how: &str) -> String {
    let connection = Connection::open(address.into()).await.unwrap();
    for sql in [
        "SET @mine = 7",
        "SET SESSION sql_mode = 'ANSI_QUOTES'",
        "CREATE TEMPORARY TABLE mine (a INT)",
        "DO GET_LOCK('mine', 0)",
        "BEGIN",
        "INSERT INTO t VALUES (1)",
        "USE information_schema",
    ] {
        execute(&connection, sql).await.unwrap();
    }
    match how {
        "trap" => panic!("within a transaction"),
        "hang" => {
            _ = execute(&connection, "SELECT BENCHMARK(1000000000000, MD5('a'))").await;
        }
        _ => drop(connection),
    }
    "abandoned".to_owned()
}

async fn insert(address: &str) -> String {
    let connection = Connection::open(address.into()).await.unwrap();
    let inserted = execute(&connection, "INSERT INTO t VALUES (2)").await;
    let left = query(
        &connection,
        "SELECT @mine, @@sql_mode LIKE '%ANSI_QUOTES%'",
        vec![],
    )
    .await;
    let table = execute(&connection, "SELECT * FROM mine").await.is_ok();
    format!("{inserted:?} {:?} {table}", left.unwrap().1)
}

/// Adds one in a transaction, and says which connection it was.
async fn add(address: &str) -> String {
    let connection = Connection::open(address.into()).await.unwrap();
    for sql in ["BEGIN", "UPDATE t SET a = a + 1", "COMMIT"] {
        execute(&connection, sql).await.unwrap();
    }
    scalar(&connection, "SELECT CONNECTION_ID()").await
}

/// Reads a long result, row by row.
async fn long(address: &str, rows: &str) -> String {
    let connection = Connection::open(address.into()).await.unwrap();
    let sql = format!("SELECT seq, REPEAT('x', 1000) FROM seq_1_to_{rows}");
    let (columns, mut rows, end) = connection.query(sql, vec![]).await.unwrap();
    let mut sum = 0;
    while let Some(row) = rows.next().await {
        match row[0] {
            DbValue::Uint64(i) => sum += i,
            ref other => panic!("{other:?}"),
        }
    }
    format!("{} {sum} {:?}", columns.len(), end.await)
}

/// Lets go of a result after its first row, and goes on with the connection and its transaction.
async fn partly(address: &str) -> String {
    let connection = Connection::open(address.into()).await.unwrap();
    execute(&connection, "BEGIN").await.unwrap();
    execute(&connection, "INSERT INTO t VALUES (9)")
        .await
        .unwrap();
    let sql = "SELECT seq, SLEEP(0.001) FROM seq_1_to_1000000".to_owned();
    let (_, mut rows, end) = connection.query(sql, vec![]).await.unwrap();
    let first = rows.next().await.unwrap();
    drop(rows);
    let end = end.await;
    let next = scalar(&connection, "SELECT count(*) FROM t").await;
    let committed = execute(&connection, "COMMIT").await;
    format!("{:?} {end:?} {next} {committed:?}", first[0])
}

/// Wants to know no more of a query than whether it succeeded; and runs several at once.
async fn unread(address: &str) -> String {
    let connection = Connection::open(address.into()).await.unwrap();
    let (columns, _rows, end) = connection
        .query("INSERT INTO t VALUES (3)".into(), vec![])
        .await
        .unwrap();
    let end = end.await;
    let numbers = (1..=5).map(|number| {
        let parameters = vec![ParameterValue::Int32(number)];
        query(&connection, "SELECT ? + 1", parameters)
    });
    let rows = join_all(numbers)
        .await
        .into_iter()
        .map(|whole| whole.unwrap().1);
    format!("{} {end:?} {:?}", columns.len(), rows.collect::<Vec<_>>())
}

fn older(address: &str) -> String {
    let connection = v2::Connection::open(address).unwrap();
    let created = connection.execute("CREATE TEMPORARY TABLE v (a INT UNSIGNED, b TEXT)", &[]);
    let parameters = [
        v2_types::ParameterValue::Uint32(u32::MAX),
        v2_types::ParameterValue::Str("é".into()),
    ];
    let inserted = connection.execute("INSERT INTO v VALUES (?, ?), (NULL, NULL)", &parameters);
    let rows = connection.query("SELECT a, b FROM v", &[]);
    let refused = connection.execute("nonsense", &[]);
    let unsupported = connection.query("SELECT 1, DATE '2024-02-29' AS d", &[]);
    let long = connection.query("SELECT REPEAT('x', 1000) FROM seq_1_to_200000", &[]);
    let lines: [&dyn Debug; 6] = [&created, &inserted, &rows, &refused, &unsupported, &long];
    lines.map(|line| format!("{line:?}")).join("\n")
}

async fn scalar(connection: &Connection, sql: &str) -> String {
    let (_, rows) = query(connection, sql, vec![]).await.unwrap();
    match &rows[0][0] {
        DbValue::Int64(number) => number.to_string(),
        other => format!("{other:?}"),
    }
}
