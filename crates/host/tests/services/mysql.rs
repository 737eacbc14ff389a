//! `spin:mysql` and `fermyon:spin/mysql`, called by a component, on a real server.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use http::Request;
use jenny_host::{AppOptions, Body, HttpClient, Limits};
use jenny_manifest::runtime_config::RuntimeConfig;
use jenny_stores::mysql::Value;
use jenny_stores::{MysqlDatabases as _, MysqlPools};
use test_servers::MariadbServer;

use crate::support::{Fixture, GUEST, LONG, body_text, empty, limits, problem_status};

/// A component, and a database that it may connect to.
pub(crate) struct World {
    pub(crate) fixture: Fixture,
    pools: MysqlPools,
    pub(crate) address: String,
}

impl World {
    /// None, and a sentence on stderr, where there is no server.
    pub(crate) async fn new() -> Option<Self> {
        Some(Self::on(MariadbServer::shared_or_skip()?, "").await)
    }

    /// With what the runtime configuration says.
    pub(crate) async fn on(server: &MariadbServer, runtime_config: &str) -> Self {
        Self::limited(server, runtime_config, LONG).await
    }

    async fn limited(
        server: &MariadbServer,
        runtime_config: &str,
        request_timeout: Duration,
    ) -> Self {
        let config = RuntimeConfig::parse(runtime_config, "runtime-config.toml".as_ref()).unwrap();
        let pools = MysqlPools::new(&config).patient(LONG);
        let options = AppOptions {
            limits: Limits {
                request_timeout,
                ..limits()
            },
            quiet: true,
            ..AppOptions::default()
        };
        let manifest = format!("{GUEST}allowed_outbound_hosts = [\"mysql://*:*\"]\n");
        let outbound = Arc::new(HttpClient::default());
        let replaced = Arc::new(pools.clone());
        let fixture = Fixture::try_load_with(&manifest, options, outbound, |capabilities| {
            capabilities.stores.mysql = replaced;
        })
        .await
        .unwrap();
        Self {
            fixture,
            pools,
            address: server.create_database(),
        }
    }

    fn request(&self, action: &str) -> Request<Body> {
        request(action, &self.address)
    }

    pub(crate) async fn call(&self, action: &str) -> String {
        body_text(self.fixture.send(self.request(action)).await).await
    }

    /// Runs a statement beside the component.
    async fn sql(&self, statement: &str) {
        let connection = self.pools.open(&self.address).await.unwrap();
        connection
            .execute(statement.to_owned(), vec![])
            .await
            .unwrap();
    }

    /// The number that a query outside of the component's pool returns.
    async fn number(&self, query: &str) -> i64 {
        let connection = MysqlPools::default().patient(LONG);
        let connection = connection.open(&self.address).await.unwrap();
        let result = connection.query(query.to_owned(), vec![]).await.unwrap();
        match result.collect(1024).await.unwrap()[0][0] {
            Value::Int32(number) => number.into(),
            Value::Int64(number) => number,
            ref other => panic!("{other:?}"),
        }
    }
}

pub(crate) fn request(action: &str, address: &str) -> Request<Body> {
    Request::get(format!("/mysql/{action}"))
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
    let other = |value: &str| {
        format!(
            "Error::ValueConversionFailed(\"Cannot convert value {} in column v data type \
             DbDataType::Other\") true",
            value.replace('"', "\\\"")
        )
    };
    let expected = [
        "BOOLEAN: DbDataType::Int8 DbValue::Int8(1) true".to_owned(),
        "TINYINT: DbDataType::Int8 DbValue::Int8(-128) true".to_owned(),
        "SMALLINT: DbDataType::Int16 DbValue::Int16(-32768) true".to_owned(),
        "MEDIUMINT: DbDataType::Int32 DbValue::Int32(-8388608) true".to_owned(),
        "INT: DbDataType::Int32 DbValue::Int32(-2147483648) true".to_owned(),
        "BIGINT: DbDataType::Int64 DbValue::Int64(-9223372036854775808) true".to_owned(),
        "TINYINT UNSIGNED: DbDataType::Uint8 DbValue::Uint8(255) true".to_owned(),
        "SMALLINT UNSIGNED: DbDataType::Uint16 DbValue::Uint16(65535) true".to_owned(),
        "MEDIUMINT UNSIGNED: DbDataType::Uint32 DbValue::Uint32(16777215) true".to_owned(),
        "INT UNSIGNED: DbDataType::Uint32 DbValue::Uint32(4294967295) true".to_owned(),
        "BIGINT UNSIGNED: DbDataType::Uint64 DbValue::Uint64(18446744073709551615) true".to_owned(),
        "FLOAT: DbDataType::Floating32 DbValue::Floating32(1.5) true".to_owned(),
        "DOUBLE: DbDataType::Floating64 DbValue::Floating64(-0.1) true".to_owned(),
        "CHAR(3): DbDataType::Str DbValue::Str(\"abc\") true".to_owned(),
        "VARCHAR(50): DbDataType::Str DbValue::Str(\"é\\\"'; --😀\") true".to_owned(),
        "LONGTEXT: DbDataType::Str DbValue::Str(\"\") true".to_owned(),
        "ENUM('a', 'b'): DbDataType::Str DbValue::Str(\"b\") true".to_owned(),
        "SET('a', 'b'): DbDataType::Str DbValue::Str(\"a,b\") true".to_owned(),
        "BINARY(2): DbDataType::Binary DbValue::Binary([0, 255]) true".to_owned(),
        "VARBINARY(9): DbDataType::Binary DbValue::Binary([0, 255]) true".to_owned(),
        "LONGBLOB: DbDataType::Binary DbValue::Binary([0, 255]) true".to_owned(),
        format!("DECIMAL(9, 2): {}", other("Bytes(\"-1.50\")")),
        format!("DATE: {}", other("Date(\"'2024-02-29'\")")),
        format!("TIME: {}", other("Time(\"'-001:02:03'\")")),
        format!("DATETIME: {}", other("Date(\"'2024-02-29 01:02:03'\")")),
        format!(
            "TIMESTAMP NULL: {}",
            other("Date(\"'2024-02-29 01:02:03'\")")
        ),
        format!("YEAR: {}", other("Int(2024)")),
        format!("BIT(9): {}", other("Bytes(\"\\\\u{1}\\\\u{1}\")")),
    ];
    for (line, expected) in answer.lines().zip(&expected) {
        assert_eq!(line, expected);
    }
    assert_eq!(answer.lines().count(), expected.len(), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_say_what_the_server_said() {
    let Some(world) = World::new().await else {
        return;
    };
    let answer = world.call("errors").await;
    let lines: Vec<_> = answer.lines().collect();
    let expected = [
        ["Ok(()) | ", "code: 1050", "42S01"],
        [
            "Ok(()) | ",
            "code: 1062, message: \\\"Duplicate entry '1' for key",
            "23000",
        ],
        ["code: 1062", "23000", "| Err(Error::QueryFailed("],
        [
            "Err(Error::QueryFailed(\"Driver(StmtParamsMismatch { required: 1, supplied: 0 })\"))",
            "|",
            "",
        ],
        ["code: 1366", "Incorrect integer value", "22007"],
        ["code: 1064", "42000", "nonsense"],
        ["code: 1064", "42000", "SELECT 2"],
        ["Err(Error::QueryFailed(", "", ""],
    ];
    assert_eq!(lines.len(), 9, "{answer}");
    for (line, parts) in lines.iter().zip(expected) {
        for part in parts {
            assert!(line.contains(part), "{part:?} in {line}");
        }
    }
    assert!(!answer.contains("root:"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_connections_of_a_component_are_two_sessions() {
    let Some(world) = World::new().await else {
        return;
    };
    world.sql("CREATE TABLE t (a INT)").await;
    assert_eq!(world.call("transaction").await, "0 0 2 2 2 2");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_whoever_had_a_connection_before() {
    let Some(server) = MariadbServer::shared_or_skip() else {
        return;
    };
    // With one connection for all, the next component gets the one that was abandoned.
    let world = World::on(server, "[outbound_mysql]\nmax_connections = 1").await;
    world.sql("CREATE TABLE t (a INT)").await;
    let clean = "Ok(()) [[DbValue::DbNull, DbValue::Int32(0)]] false";

    let trapped = world.fixture.send(world.request("abandon/trap")).await;
    assert_eq!(problem_status(trapped).await, 500);
    assert_eq!(world.call("insert").await, clean);
    assert_eq!(world.call("abandon/drop").await, "abandoned");
    assert_eq!(world.call("insert").await, clean);

    assert_eq!(world.number("SELECT count(*) FROM t WHERE a = 1").await, 0);
    assert_eq!(world.number("SELECT count(*) FROM t WHERE a = 2").await, 2);
    assert_eq!(
        world
            .number("SELECT CAST(IS_FREE_LOCK('mine') AS INT)")
            .await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_takes_too_long_takes_its_statement_with_it() {
    let Some(server) = MariadbServer::shared_or_skip() else {
        return;
    };
    let world = World::limited(server, "", Duration::from_secs(1)).await;
    world.sql("CREATE TABLE t (a INT)").await;

    let answer = world.fixture.send(world.request("abandon/hang")).await;

    assert_eq!(problem_status(answer).await, 504);
    let running = "SELECT count(*) FROM information_schema.processlist \
         WHERE info LIKE 'SELECT BENCHMARK%'";
    world
        .fixture
        .wait_until("the end of the statement", async || {
            world.number(running).await == 0
        })
        .await;
    assert_eq!(world.number("SELECT count(*) FROM t").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_requests_share_a_few_connections() {
    let Some(server) = MariadbServer::shared_or_skip() else {
        return;
    };
    let world = World::on(server, "[outbound_mysql]\nmax_connections = 5").await;
    world.sql("CREATE TABLE t AS SELECT 0 AS a").await;

    let mut connections = join_all((0..100).map(|_| world.call("add"))).await;

    connections.sort();
    connections.dedup();
    // One that is given back too late makes room for another.
    assert!(connections.len() <= 10, "{connections:?}");
    assert_eq!(world.number("SELECT CAST(a AS INT) FROM t").await, 100);
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
async fn letting_go_of_a_result_ends_its_statement_and_nothing_else() {
    let Some(world) = World::new().await else {
        return;
    };
    world.sql("CREATE TABLE t (a INT)").await;
    // Read to its end, it would take more than a quarter of an hour.
    assert_eq!(
        world.call("partly").await,
        "DbValue::Uint64(1) Ok(()) 1 Ok(())"
    );
    assert_eq!(world.number("SELECT count(*) FROM t").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_need_not_be_read_and_statements_wait_for_each_other() {
    let Some(world) = World::new().await else {
        return;
    };
    world.sql("CREATE TABLE t (a INT)").await;
    let rows: Vec<_> = (2..=6)
        .map(|n| format!("[[DbValue::Int64({n})]]"))
        .collect();
    assert_eq!(
        world.call("unread").await,
        format!("0 Ok(()) [{}]", rows.join(", "))
    );
    assert_eq!(world.number("SELECT count(*) FROM t").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_older_interface_reads_whole_results() {
    let Some(world) = World::new().await else {
        return;
    };
    let answer = world.call("older").await;
    let lines: Vec<_> = answer.lines().collect();
    assert_eq!(lines[0], "Ok(())");
    assert_eq!(lines[1], "Ok(())");
    assert_eq!(
        lines[2],
        "Ok(RowSet { columns: [Column { name: \"a\", data-type: DbDataType::Uint32 }, \
         Column { name: \"b\", data-type: DbDataType::Str }], rows: \
         [[DbValue::Uint32(4294967295), DbValue::Str(\"é\")], [DbValue::DbNull, DbValue::DbNull]] })"
    );
    assert!(lines[3].starts_with("Err(Error::QueryFailed(\"Server(ServerError { code: 1064"));
    assert!(lines[4].starts_with("Err(Error::ValueConversionFailed("));
    assert_eq!(
        lines[5],
        "Err(Error::Other(\"query result exceeds limit of 134217728 bytes\"))"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_comes_back_is_found_again() {
    let Some(server) = MariadbServer::private_or_skip() else {
        return;
    };
    let world = World::on(&server, "").await;
    world.sql("CREATE TABLE t (a INT)").await;
    assert!(world.call("insert").await.starts_with("Ok(())"));

    server.stop();
    let answer = world.call("open").await;
    for line in answer.lines() {
        assert!(line.starts_with("Err(Error::ConnectionFailed("), "{line}");
        assert!(line.contains("ConnectionRefused"), "{line}");
    }
    server.restart();

    assert!(world.call("insert").await.starts_with("Ok(())"));
    assert_eq!(world.number("SELECT count(*) FROM t").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_the_server_ends_is_replaced() {
    let Some(world) = World::new().await else {
        return;
    };
    world.sql("CREATE TABLE t (a INT)").await;
    let ending = Request::get("/mysql/run")
        .header("host", "example.com")
        .header("x-address", &world.address)
        .header("x-statement", "KILL CONNECTION_ID()")
        .body(empty())
        .unwrap();

    let answer = body_text(world.fixture.send(ending).await).await;

    assert!(answer.starts_with("Err(Error::QueryFailed("), "{answer}");
    assert!(world.call("insert").await.starts_with("Ok(())"));
}
