//! Against a real server, where there is one. `crates/host/tests/services` has a component call it.

use mysql_async::{OptsBuilder, SslOpts};
use test_servers::MariadbServer;

use super::*;
use crate::mysql::Value;

async fn text(connection: &dyn MysqlConnection, sql: &str) -> String {
    let result = connection.query(sql.to_owned(), vec![]).await.unwrap();
    match &result.collect(1024).await.unwrap()[0][0] {
        Value::Text(text) => text.clone(),
        other => format!("{other:?}"),
    }
}

/// A pool that trusts the server's own certificate.
fn trusting(server: &MariadbServer, address: &str) -> Pool {
    let mut manager = Manager {
        address: Address::parse(address).unwrap(),
        blocked: BlockedNetworks::default(),
        patience: Some(Duration::from_secs(3600)),
        unanswered: Mutex::default(),
    };
    let given: OptsBuilder = manager.address.settings.clone();
    let roots = vec![server.certificate().into_bytes().into()];
    manager.address.settings = given.ssl_opts(SslOpts::default().with_root_certs(roots));
    Pool::builder(manager).build().unwrap()
}

#[tokio::test]
async fn with_tls_the_password_is_checked_and_sessions_are_cleaned_as_without() {
    let Some(server) = MariadbServer::shared_or_skip() else {
        return;
    };
    let address = server.create_database().replace("127.0.0.1", "localhost");
    let address = format!("{address}?ssl-mode=required");
    let pool = trusting(server, &address);
    let mut ids = Vec::new();
    for _ in 0..2 {
        let link = pool.get().await.unwrap();
        let connection = Connection::new(link, pool.clone(), None);
        assert_ne!(
            text(
                &connection,
                "SELECT VARIABLE_VALUE FROM information_schema.SESSION_STATUS \
             WHERE VARIABLE_NAME = 'Ssl_cipher'"
            )
            .await,
            ""
        );
        assert_eq!(text(&connection, "SELECT @mine").await, "Null");
        ids.push(text(&connection, "SELECT CONNECTION_ID()").await);
        connection
            .execute("SET @mine = 1".to_owned(), vec![])
            .await
            .unwrap();
        drop(connection);
        while pool.status().available == 0 {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(ids[0], ids[1], "it is the same connection");

    let stranger = trusting(server, &address.replace("localhost", "127.0.0.1"));
    let error = stranger.get().await.err().unwrap().to_string();
    assert!(error.contains("NotValidForName"), "{error}");
}

#[tokio::test]
async fn the_pool_of_an_address_is_found_again_and_old_ones_make_room() {
    let pools = MysqlPools::default();
    for number in 0..=POOLS {
        pools.pool(&format!("mysql://h/d{number}")).unwrap();
    }
    let known = |address: &str| {
        let pools = pools.pools.lock().unwrap();
        let address = Address::parse(address).unwrap();
        pools.iter().any(|(known, _)| *known == address)
    };
    assert!(!known("mysql://h/d0"));
    assert!(known("mysql://h/d1"));
    pools.pool("mysql://h/d1").unwrap();
    pools.pool("mysql://h/d0").unwrap();
    assert!(known("mysql://h/d1"), "it was asked for just now");
    assert!(!known("mysql://h/d2"));
    for number in 1..=POOLS {
        let without_effect = format!("mysql://h/d0?pool_max=10{number}&stmt_cache_size={number}");
        pools.pool(&without_effect).unwrap();
    }
    assert!(known("mysql://h/d1"), "all were the address above");
}

#[test]
fn the_pools_do_not_show_passwords() {
    let pools = MysqlPools::default();
    pools.pool("mysql://u:secret@h/d").unwrap();
    assert!(!format!("{pools:?}").contains("secret"));
}
