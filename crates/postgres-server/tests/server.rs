//! A private server does what tests rely on.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use postgres_server::{PostgresServer, Tls};
use tokio_postgres::{Client, NoTls};

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn count(client: &Client, query: &str) -> i64 {
    client.query_one(query, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_database_is_copied_from_its_template_and_gone_with_its_test() {
    let Some(server) = PostgresServer::shared_or_skip() else {
        return;
    };
    let template = server.create_database(None);
    let client = connect(template.url()).await;
    client
        .batch_execute("CREATE TABLE t AS SELECT 7")
        .await
        .unwrap();
    // Nobody may be connected to a template.
    drop(client);
    let name = template.name().to_owned();
    let copy = loop {
        let made = std::panic::catch_unwind(|| server.create_database(Some(&name)));
        if let Ok(copy) = made {
            break copy;
        }
        tokio::task::yield_now().await;
    };

    let client = connect(copy.url()).await;
    assert_eq!(count(&client, "SELECT count(*) FROM t").await, 1);
    let left = format!(
        "SELECT count(*) FROM pg_database WHERE datname IN ('{name}', '{}')",
        copy.name()
    );
    assert_eq!(count(&client, &left).await, 2);
    drop(copy);

    let client = connect(template.url()).await;
    assert_eq!(count(&client, &left).await, 1);
}

#[tokio::test]
async fn a_server_that_was_stopped_comes_back_with_its_data() {
    let Some(server) = PostgresServer::private_or_skip(Tls::Off) else {
        return;
    };
    let database = server.create_database(None);
    let client = connect(database.url()).await;
    client
        .batch_execute("CREATE TABLE t AS SELECT 7")
        .await
        .unwrap();

    server.stop();
    assert!(
        tokio_postgres::connect(database.url(), NoTls)
            .await
            .is_err()
    );
    server.restart();

    let client = connect(database.url()).await;
    assert_eq!(count(&client, "SELECT count(*) FROM t").await, 1);
}

#[test]
fn a_server_with_tls_has_an_authority() {
    let Some(server) = PostgresServer::private_or_skip(Tls::On) else {
        return;
    };
    assert!(
        server
            .authority()
            .is_some_and(|pem| pem.starts_with("-----BEGIN CERTIFICATE-----"))
    );
    server.execute(
        "SELECT 1 / (count(*) FILTER (WHERE setting = 'on')) FROM pg_settings WHERE name = 'ssl'",
    );
}
