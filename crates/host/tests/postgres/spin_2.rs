//! `fermyon:spin/postgres@2.0.0`, called by a component for WASIp2.

use std::sync::Arc;

use http::Request;
use jenny_host::{AppOptions, HttpClient};
use jenny_manifest::runtime_config::RuntimeConfig;
use jenny_stores::PostgresPools;
use postgres_server::PostgresServer;

use crate::support::{self, Fixture, GUEST, LONG, body_text, empty};

/// What the component makes of a database at `address`, with this entry in its list.
async fn call(address: &str, allowed: &str) -> (String, Fixture) {
    let file = support::build("host-guest-p2");
    let manifest = format!("{GUEST}allowed_outbound_hosts = [{allowed:?}]\n")
        .replace("{guest}", file.to_str().unwrap());
    let options = AppOptions {
        quiet: true,
        ..AppOptions::default()
    };
    let config = RuntimeConfig::parse("", "runtime-config.toml".as_ref()).unwrap();
    let pools = Arc::new(PostgresPools::new(&config).patient(LONG));
    let outbound = Arc::new(HttpClient::default());
    let fixture = Fixture::try_load_with(&manifest, options, outbound, |capabilities| {
        capabilities.stores.postgres = pools;
    })
    .await
    .unwrap();
    let request = Request::get("/interface/postgres")
        .header("host", "example.com")
        .header("x-address", address)
        .body(empty())
        .unwrap();
    let answer = body_text(fixture.send(request).await).await;
    (answer, fixture)
}

#[tokio::test(flavor = "multi_thread")]
async fn values_come_back_in_the_types_of_spin_2_or_as_unsupported() {
    let Some(server) = PostgresServer::shared_or_skip() else {
        return;
    };
    let database = server.create_database(None);

    let (answer, _) = call(database.url(), "postgres://*:*").await;

    let expected = [
        "[DbDataType::Boolean, DbDataType::Int16, DbDataType::Int32, DbDataType::Int64, \
         DbDataType::Floating32, DbDataType::Floating64, DbDataType::Str, DbDataType::Binary, \
         DbDataType::Str] [[DbValue::Boolean(true), DbValue::Int16(-2), DbValue::Int32(3), \
         DbValue::Int64(9223372036854775807), DbValue::Floating32(1.5), \
         DbValue::Floating64(-0.25), DbValue::Str(\"é\"), DbValue::Binary([0, 255]), \
         DbValue::DbNull]]",
        "[DbDataType::Other, DbDataType::Other, DbDataType::Other, DbDataType::Other] \
         [[DbValue::Unsupported, DbValue::Unsupported, DbValue::Unsupported, \
         DbValue::Unsupported]]",
        "Error::ValueConversionFailed(\"Postgres does not support unsigned integers\")",
        "query failed true",
        "Ok(3)",
    ];
    assert_eq!(answer, expected.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_not_listed_is_refused_and_the_log_says_what_to_add() {
    let (answer, fixture) = call("postgres://u:secret@127.0.0.1:1/d", "postgres://other:1").await;

    assert_eq!(
        answer,
        "Error::ConnectionFailed(\"address postgres://127.0.0.1:1 is not permitted\")"
    );
    let log = fixture.log();
    assert!(
        log.contains("add \"postgres://127.0.0.1:1\" to allowed_outbound_hosts")
            && !log.contains("secret"),
        "{log}"
    );
}
