//! Calls every function of `fermyon:spin@2.0.0` that reaches a store, a variable, Postgres or a
//! language model.

#![allow(clippy::unwrap_used, reason = "what panics here fails a test")]

wit_bindgen::generate!({
    inline: r"
        package jenny:old;

        world spin {
            import fermyon:spin/key-value@2.0.0;
            import fermyon:spin/llm@2.0.0;
            import fermyon:spin/postgres@2.0.0;
            import fermyon:spin/sqlite@2.0.0;
            import fermyon:spin/variables@2.0.0;
        }
    ",
    path: "../../wit/deps/fermyon-spin@2.0.0",
    generate_all,
});

use fermyon::spin::postgres::Connection as Postgres;
use fermyon::spin::rdbms_types::ParameterValue;
use fermyon::spin::sqlite::{Connection, RowResult, Value};
use fermyon::spin::{key_value, llm, variables};

pub(crate) fn call(name: &str) -> String {
    match name {
        "key-value" => key_value(),
        "key-value-handles" => key_value_handles(),
        "sqlite" => sqlite(),
        "sqlite-handles" => sqlite_handles(),
        "variables" => variables(),
        "llm" => llm(),
        _ => "no such interface".to_owned(),
    }
}

fn key_value() -> String {
    let store = key_value::Store::open("default").unwrap();
    let missing = store.get("a");
    store.set("a", b"1").unwrap();
    store.set("b", b"").unwrap();
    let mut keys = store.get_keys().unwrap();
    keys.sort();
    store.delete("b").unwrap();
    store.delete("b").unwrap();
    let lines = [
        format!("{missing:?} {keys:?}"),
        format!("{:?} {:?}", store.get("a"), store.exists("b")),
        format!("{:?}", key_value::Store::open("other").err()),
    ];
    lines.join("\n")
}

/// How many stores can be open at once, what is answered then, and whether closing one helps.
fn key_value_handles() -> String {
    let mut open = Vec::new();
    let error = loop {
        match key_value::Store::open("default") {
            Ok(store) => open.push(store),
            Err(error) => break error,
        }
    };
    let count = open.len();
    open.pop();
    let again = key_value::Store::open("default").is_ok();
    format!("{count} {error:?} {again}")
}

fn sqlite() -> String {
    let connection = Connection::open("default").unwrap();
    let execute = |sql: &str, parameters: &[Value]| match connection.execute(sql, parameters) {
        Ok(result) => format!("{:?} {:?}", result.columns, rows(result.rows)),
        Err(error) => format!("{error:?}"),
    };
    let lines = [
        execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b)", &[]),
        execute(
            "INSERT INTO t (b) VALUES (?1), (?2), (?3), (?4)",
            &[
                Value::Text("x".into()),
                Value::Real(2.5),
                Value::Blob(vec![1, 2]),
                Value::Null,
            ],
        ),
        execute("SELECT a, b FROM t ORDER BY a", &[]),
        execute("SELECT nonsense", &[]),
        format!("{:?}", Connection::open("other").err()),
    ];
    lines.join("\n")
}

fn sqlite_handles() -> String {
    let mut open = Vec::new();
    let error = loop {
        match Connection::open("default") {
            Ok(connection) => open.push(connection),
            Err(error) => break error,
        }
    };
    let count = open.len();
    open.pop();
    let again = Connection::open("default").is_ok();
    format!("{count} {error:?} {again}")
}

fn variables() -> String {
    let kind = |name: &str| match variables::get(name) {
        Ok(value) => value,
        Err(variables::Error::InvalidName(_)) => "invalid name".to_owned(),
        Err(variables::Error::Undefined(_)) => "undefined".to_owned(),
        Err(variables::Error::Provider(_)) => "provider".to_owned(),
        Err(variables::Error::Other(_)) => "other".to_owned(),
    };
    format!("{} {} {}", kind("greeting"), kind("no"), kind("!"))
}

fn llm() -> String {
    let lines = [
        format!("{:?}", llm::infer("listed", "hello", None).unwrap_err()),
        format!("{:?}", llm::infer("other", "hello", None).unwrap_err()),
        format!("{:?}", llm::generate_embeddings("other", &[]).unwrap_err()),
    ];
    lines.join("\n")
}

/// Every kind of value there and back, over the database at `url`.
pub(crate) fn postgres(url: &str) -> String {
    let connection = match Postgres::open(url) {
        Ok(connection) => connection,
        Err(error) => return format!("{error:?}"),
    };
    let query = |sql: &str, parameters: &[ParameterValue]| match connection.query(sql, parameters) {
        Ok(set) => {
            let types: Vec<_> = set.columns.iter().map(|column| column.data_type).collect();
            format!("{types:?} {:?}", set.rows)
        }
        Err(error) => format!("{error:?}"),
    };
    let lines = [
        query(
            "SELECT $1::boolean, $2::int2, $3::int4, $4::int8, $5::float4, $6::float8, $7::text, \
             $8::bytea, $9::text",
            &[
                ParameterValue::Boolean(true),
                ParameterValue::Int16(-2),
                ParameterValue::Int32(3),
                ParameterValue::Int64(i64::MAX),
                ParameterValue::Floating32(1.5),
                ParameterValue::Floating64(-0.25),
                ParameterValue::Str("é".into()),
                ParameterValue::Binary(vec![0, 255]),
                ParameterValue::DbNull,
            ],
        ),
        // What came with newer versions of the interface.
        query(
            "SELECT DATE '2026-01-02', 1.5::numeric, '{}'::jsonb, ARRAY[1]",
            &[],
        ),
        query("SELECT $1::int8", &[ParameterValue::Uint32(1)]),
        match connection.query("SELECT nonsense", &[]) {
            Err(fermyon::spin::rdbms_types::Error::QueryFailed(text)) => {
                format!("query failed {}", text.contains("nonsense"))
            }
            other => format!("{:?}", other.err()),
        },
        format!(
            "{:?}",
            connection.execute(
                "CREATE TEMPORARY TABLE t AS SELECT generate_series(1, 3)",
                &[]
            )
        ),
    ];
    lines.join("\n")
}

fn rows(rows: Vec<RowResult>) -> Vec<Vec<Value>> {
    rows.into_iter().map(|row| row.values).collect()
}
