//! What lies between a component and its database: the manifest, TLS, connections that break.

use http::Request;
use jenny_host::AppOptions;
use postgres_server::{PostgresServer, Tls};

use crate::support::{Fixture, GUEST, body_text, empty};
use crate::{World, request};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_comes_back_is_found_again() {
    let Some(server) = PostgresServer::private_or_skip(Tls::Off) else {
        return;
    };
    let world = World::on(&server, "").await;
    world.sql("CREATE TABLE t (a int4)").await;
    assert_eq!(world.call("insert").await, "Ok(1)");

    server.stop();
    let answer = world.call("open").await;
    assert!(
        answer.contains("Error::ConnectionFailed(\"error connecting to server"),
        "{answer}"
    );
    server.restart();

    assert_eq!(world.call("insert").await, "Ok(1)");
    assert_eq!(world.count("SELECT count(*) FROM t").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_the_server_ends_is_replaced() {
    let Some(world) = World::new().await else {
        return;
    };
    world.sql("CREATE TABLE t (a int4)").await;
    let ending = Request::get("/postgres/run")
        .header("host", "example.com")
        .header("x-address", world.database.url())
        .header(
            "x-statement",
            "SELECT pg_terminate_backend(pg_backend_pid())",
        )
        .body(empty())
        .unwrap();

    let answer = body_text(world.fixture.send(ending).await).await;

    assert!(answer.starts_with("Err(\"FATAL 57P01"), "{answer}");
    assert_eq!(world.call("insert").await, "Ok(1)");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_manifest_does_not_allow_is_refused() {
    let options = AppOptions {
        quiet: true,
        ..AppOptions::default()
    };
    let manifest = format!("{GUEST}allowed_outbound_hosts = [\"postgres://db.example.com\"]\n");
    let fixture = Fixture::load(&manifest, options).await;
    for (address, server) in [
        ("postgres://u:p@localhost:5433/d", "localhost:5433"),
        ("host=localhost user=u password=p", "localhost:5432"),
        ("postgres://db.example.com:5433/d", "db.example.com:5433"),
        ("postgres://db.example.com,localhost/d", "localhost:5432"),
        ("postgres://u@[::1]/d", "::1:5432"),
    ] {
        let answer = body_text(fixture.send(request("open", address)).await).await;
        let refusal = format!(
            "Err(Error::ConnectionFailed(\"address postgres://{server} is not permitted\"))"
        );
        assert_eq!(answer.lines().collect::<Vec<_>>(), [refusal.as_str(); 4]);
    }
    for address in [
        "host=db.example.com hostaddr=127.0.0.1",
        "host=/var/run/postgresql",
        "nonsense",
    ] {
        let answer = body_text(fixture.send(request("open", address)).await).await;
        assert_eq!(
            answer.matches("Error::ConnectionFailed").count(),
            4,
            "{answer}"
        );
    }
    let sentence = "add \"postgres://localhost:5433\" to allowed_outbound_hosts under \
         [component.guest] in spin.toml";
    assert_eq!(
        fixture.log().matches(sentence).count(),
        1,
        "{}",
        fixture.log()
    );
    assert!(
        fixture.log().contains("\"postgres://[::1]:5432\""),
        "{}",
        fixture.log()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_used_and_checked_against_the_components_own_authority() {
    let Some(server) = PostgresServer::private_or_skip(Tls::On) else {
        return;
    };
    let world = World::on(&server, "").await;
    let authority = server.authority().unwrap().replace('\n', "|");
    for (mode, host, expected) in [
        ("require", "localhost", "[[DbValue::Boolean(true)]]"),
        ("verify-full", "localhost", "[[DbValue::Boolean(true)]]"),
        ("verify-full", "127.0.0.1", "not valid for name"),
        ("verify-ca", "127.0.0.1", "[[DbValue::Boolean(true)]]"),
        ("disable", "localhost", "[[DbValue::Boolean(false)]]"),
    ] {
        let mut address = world.database.url().replace("127.0.0.1", host);
        address.push_str(&format!("?sslmode={mode}"));
        let mut build = request("build", &address);
        build
            .headers_mut()
            .insert("x-authority", authority.parse().unwrap());
        let answer = body_text(world.fixture.send(build).await).await;
        assert!(answer.starts_with("true Ok(()) "), "{answer}");
        assert!(answer.contains(expected), "{mode} {host}: {answer}");

        let answer = body_text(world.fixture.send(request("open", &address)).await).await;
        let trusted = mode == "disable";
        assert_eq!(answer.contains("UnknownIssuer"), !trusted, "{answer}");
    }
}
