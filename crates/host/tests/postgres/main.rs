//! `spin:postgres`, called by a component, on a real server.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod network;
mod spin_2;
#[path = "../support/mod.rs"]
mod support;

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use http::Request;
use jenny_host::{AppOptions, Body, HttpClient, Limits};
use jenny_manifest::runtime_config::RuntimeConfig;
use jenny_stores::postgres::Value;
use jenny_stores::{PostgresDatabases as _, PostgresPools};
use postgres_server::{PostgresServer, TestDatabase};
use support::{Fixture, GUEST, LONG, body_text, empty, limits, problem_status};

/// A component, and a database that it may connect to.
struct World {
    fixture: Fixture,
    pools: PostgresPools,
    database: TestDatabase,
}

impl World {
    /// None, and a sentence on stderr, where there is no server.
    async fn new() -> Option<Self> {
        let server = PostgresServer::shared_or_skip()?;
        Some(Self::on(server, "").await)
    }

    /// With what the runtime configuration says.
    async fn on(server: &PostgresServer, runtime_config: &str) -> Self {
        Self::limited(server, runtime_config, LONG).await
    }

    async fn limited(
        server: &PostgresServer,
        runtime_config: &str,
        request_timeout: Duration,
    ) -> Self {
        let database = server.create_database(None);
        let config = RuntimeConfig::parse(runtime_config, "runtime-config.toml".as_ref()).unwrap();
        let pools = PostgresPools::new(&config).patient(LONG);
        let options = AppOptions {
            limits: Limits {
                request_timeout,
                ..limits()
            },
            quiet: true,
            ..AppOptions::default()
        };
        let manifest = format!("{GUEST}allowed_outbound_hosts = [\"postgres://*:*\"]\n");
        let outbound = Arc::new(HttpClient::default());
        let replaced = Arc::new(pools.clone());
        let fixture = Fixture::try_load_with(&manifest, options, outbound, |capabilities| {
            capabilities.stores.postgres = replaced;
        })
        .await
        .unwrap();
        Self {
            fixture,
            pools,
            database,
        }
    }

    fn request(&self, action: &str) -> Request<Body> {
        request(action, self.database.url())
    }

    async fn call(&self, action: &str) -> String {
        body_text(self.fixture.send(self.request(action)).await).await
    }

    /// Runs statements beside the component.
    async fn sql(&self, statements: &str) {
        let connection = self.pools.open(self.database.url(), None).await.unwrap();
        connection
            .execute_batch(statements.to_owned())
            .await
            .unwrap();
    }

    async fn count(&self, query: &str) -> i64 {
        let connection = self.pools.open(self.database.url(), None).await.unwrap();
        let result = connection.query(query.to_owned(), vec![]).await.unwrap();
        match result.collect(1024).await.unwrap()[0][0] {
            Value::Int64(count) => count,
            ref other => panic!("{other:?}"),
        }
    }
}

fn request(action: &str, address: &str) -> Request<Body> {
    Request::get(format!("/postgres/{action}"))
        .header("host", "example.com")
        .header("x-address", address)
        .body(empty())
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_comes_back_as_it_went_in() {
    let Some(world) = World::new().await else {
        return;
    };
    let answer = world.call("types").await;
    let expected = [
        "bool: DbDataType::Boolean DbValue::Boolean(true)",
        "\"char\": DbDataType::Other(\"char\") DbValue::Unsupported([65])",
        "int2: DbDataType::Int16 DbValue::Int16(-32768)",
        "int4: DbDataType::Int32 DbValue::Int32(-2147483648)",
        "int8: DbDataType::Int64 DbValue::Int64(-9223372036854775808)",
        "float4: DbDataType::Floating32 DbValue::Floating32(1.5)",
        "float8: DbDataType::Floating64 DbValue::Floating64(-0.1)",
        "text: DbDataType::Str DbValue::Str(\"é\\\"'; --😀\")",
        "varchar: DbDataType::Str DbValue::Str(\"\")",
        "bytea: DbDataType::Binary DbValue::Binary([0, 255])",
        "date: DbDataType::Date DbValue::Date((-43, 3, 15))",
        "time: DbDataType::Time DbValue::Time((23, 59, 59, 999999000))",
        "timestamp: DbDataType::Datetime DbValue::Datetime((2024, 2, 29, 1, 2, 3, 4000))",
        "timestamptz: DbDataType::Datetime DbValue::Datetime((1969, 12, 31, 23, 59, 59, 0))",
        "uuid: DbDataType::Uuid DbValue::Uuid(\"018f4e6a-7c7a-7b1e-8a55-0123456789ab\")",
        // {"a": [1, null]}, as the server writes it.
        "jsonb: DbDataType::Jsonb DbValue::Jsonb([123, 34, 97, 34, 58, 32, 91, 49, 44, 32, 110, 117, 108, 108, 93, 125])",
        "numeric: DbDataType::Decimal DbValue::Decimal(\"-12345678901234567890.012300\")",
        // The server's own form of the same range.
        "int4range: DbDataType::RangeInt32 DbValue::RangeInt32((Some((1, RangeBoundKind::Inclusive)), Some((6, RangeBoundKind::Exclusive))))",
        "int8range: DbDataType::RangeInt64 DbValue::RangeInt64((None, Some((7, RangeBoundKind::Exclusive))))",
        "numrange: DbDataType::RangeDecimal DbValue::RangeDecimal((Some((\"1.5\", RangeBoundKind::Inclusive)), None))",
        "int4[]: DbDataType::ArrayInt32 DbValue::ArrayInt32([Some(1), None])",
        "int8[]: DbDataType::ArrayInt64 DbValue::ArrayInt64([])",
        "numeric[]: DbDataType::ArrayDecimal DbValue::ArrayDecimal([Some(\"0.10\"), None])",
        "text[]: DbDataType::ArrayStr DbValue::ArrayStr([Some(\"a,b\"), None])",
        "interval: DbDataType::Interval DbValue::Interval(Interval { micros: -1, days: 2, months: 3 })",
        "'a'::json: no value",
        "'10.0.0.1'::inet: (DbDataType::Other(\"inet\"), [[DbValue::Unsupported([2, 32, 0, 4, 10, 0, 0, 1])]])",
        "'empty'::int4range: no value",
        "'infinity'::date: no value",
        "0 0",
    ];
    assert_eq!(answer.lines().collect::<Vec<_>>(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn null_is_a_value_of_every_type() {
    let Some(world) = World::new().await else {
        return;
    };
    assert_eq!(world.call("nulls").await, "22");
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_say_what_the_server_said() {
    let Some(world) = World::new().await else {
        return;
    };
    let answer = world.call("errors").await;
    let expected = [
        r#"Ok(0)"#,
        r#"Ok(1)"#,
        r#"Err("ERROR 23505 duplicate key value violates unique constraint \"errors_pkey\" Some(\"Key (id)=(7) already exists.\") Some(\"errors_pkey\") true")"#,
        r#"Err("query failed")"#,
        r#"Err("bad parameter: invalid UUID x")"#,
        r#"Err("bad parameter: invalid JSON {: EOF while parsing an object at line 1 column 1")"#,
        r#"Err("bad parameter: invalid date y=2023, m=2, d=29")"#,
        r#"Err("bad parameter: invalid decimal 1e5")"#,
        r#"Err("ERROR 22021 invalid byte sequence for encoding \"UTF8\": 0x00 None None true")"#,
        r#"Err("query failed")"#,
        r#"Err("ERROR 42601 cannot insert multiple commands into a prepared statement None None true")"#,
        r#"Err("ERROR 42601 syntax error at or near \"nonsense\" None None true")"#,
        r#"Ok(0)"#,
        r#"Ok(1)"#,
    ];
    assert_eq!(answer.lines().collect::<Vec<_>>(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_connections_of_a_component_are_two_sessions() {
    let Some(world) = World::new().await else {
        return;
    };
    world.sql("CREATE TABLE t (a int4)").await;
    assert_eq!(world.call("transaction").await, "2 0 2 2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_after_a_trap_within_a_transaction_is_committed() {
    let server = PostgresServer::shared_or_skip();
    let Some(server) = server else { return };
    // With one connection for all, the next component gets the one that was abandoned.
    let world = World::on(server, "[outbound_pg]\nmax_connections = 1").await;
    world.sql("CREATE TABLE t (a int4)").await;

    let trapped = world.fixture.send(world.request("abandon/trap")).await;
    assert_eq!(problem_status(trapped).await, 500);
    assert_eq!(world.call("insert").await, "Ok(1)");
    assert_eq!(world.call("abandon/drop").await, "abandoned");
    assert_eq!(world.call("insert").await, "Ok(1)");

    // Seen from outside of the pool: neither of the abandoned rows, both of the others.
    let others = PostgresPools::default().patient(LONG);
    let connection = others.open(world.database.url(), None).await.unwrap();
    let query = "SELECT a FROM t".to_owned();
    let rows = connection.query(query, vec![]).await.unwrap();
    let rows = rows.collect(1024).await.unwrap();
    assert_eq!(rows, [[Value::Int32(2)], [Value::Int32(2)]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_takes_too_long_takes_its_statement_with_it() {
    let Some(server) = PostgresServer::shared_or_skip() else {
        return;
    };
    let world = World::limited(server, "", Duration::from_secs(1)).await;
    world.sql("CREATE TABLE t (a int4)").await;

    let answer = world.fixture.send(world.request("abandon/hang")).await;

    assert_eq!(problem_status(answer).await, 504);
    let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND \
         state <> 'idle' AND pid <> pg_backend_pid()";
    world
        .fixture
        .wait_until("the end of the statement", async || {
            world.count(sleeping).await == 0
        })
        .await;
    assert_eq!(world.count("SELECT count(*) FROM t").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_requests_share_a_few_connections() {
    let Some(server) = PostgresServer::shared_or_skip() else {
        return;
    };
    let world = World::on(server, "[outbound_pg]\nmax_connections = 5").await;
    world.sql("CREATE TABLE t AS SELECT 0::int8 AS a").await;

    let answers = join_all((0..100).map(|_| world.call("add"))).await;

    for answer in &answers {
        let connections: u32 = answer.parse().unwrap();
        assert!((1..=5).contains(&connections), "{connections}");
    }
    assert_eq!(world.count("SELECT a FROM t").await, 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_longer_than_the_components_memory_can_be_read() {
    let Some(world) = World::new().await else {
        return;
    };
    // 200 MB, where an instance has 128 MiB.
    assert_eq!(world.call("long/200000").await, "2 20000100000 Ok(())");
}

#[tokio::test(flavor = "multi_thread")]
async fn letting_go_of_a_result_ends_its_statement() {
    let Some(world) = World::new().await else {
        return;
    };
    // Read to its end, it would take more than a quarter of an hour.
    assert_eq!(world.call("partly").await, "DbValue::Int32(1) Ok(()) 7");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_older_interface_has_fewer_types() {
    let Some(world) = World::new().await else {
        return;
    };
    assert_eq!(
        world.call("older").await,
        "[DbDataType::Int32, DbDataType::Other, DbDataType::Boolean] \
         [[DbValue::Int32(7), DbValue::DbNull, DbValue::Boolean(true)]] \
         DbDataType::Other [[DbValue::Unsupported]] true"
    );
}
