//! Which MySQL servers a component may reach, and how.

use jenny_host::AppOptions;
use test_servers::MariadbServer;

use crate::mysql::{World, request};
use crate::support::{Fixture, GUEST, body_text};

#[tokio::test(flavor = "multi_thread")]
async fn what_the_manifest_does_not_allow_is_refused() {
    let options = AppOptions {
        quiet: true,
        ..AppOptions::default()
    };
    let manifest = format!("{GUEST}allowed_outbound_hosts = [\"mysql://db.example.com\"]\n");
    let fixture = Fixture::load(&manifest, options).await;
    let open = async |address: &str| body_text(fixture.send(request("open", address)).await).await;
    for (address, server) in [
        ("mysql://u:p@localhost:3307/d", "localhost:3307"),
        ("mysql://u:p@localhost/d", "localhost:3306"),
        ("mysql://db.example.com:3307/d", "db.example.com:3307"),
        ("mysql://u@[::1]/d", "::1:3306"),
    ] {
        let refusal =
            format!("Err(Error::ConnectionFailed(\"address mysql://{server} is not permitted\"))");
        let answer = open(address).await;
        assert_eq!(answer.lines().collect::<Vec<_>>(), [refusal.as_str(); 2]);
    }
    for address in [
        "mysql://db.example.com/d?socket=/run/mysqld/mysqld.sock",
        "postgres://db.example.com/d",
        "nonsense",
    ] {
        let answer = open(address).await;
        assert_eq!(
            answer.matches("Error::ConnectionFailed").count(),
            2,
            "{answer}"
        );
    }
    let sentence = "add \"mysql://localhost:3307\" to allowed_outbound_hosts under \
         [component.guest] in spin.toml";
    let log = fixture.log();
    assert_eq!(log.matches(sentence).count(), 1, "{log}");
    assert!(log.contains("\"mysql://[::1]:3306\""), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_address_and_a_wrong_password_are_refused() {
    let Some(server) = MariadbServer::shared_or_skip() else {
        return;
    };
    let config = "[outbound_networking]\nblock_networks = [\"127.0.0.0/8\"]";
    let blocked = World::on(server, config).await;
    let answer = blocked.call("open").await;
    let sentence = "the address of 127.0.0.1 is in block_networks";
    assert_eq!(answer.matches(sentence).count(), 2, "{answer}");

    let mut world = World::on(server, "").await;
    world.address = world.address.replace("tests-only", "wrong");
    let answer = world.call("open").await;
    assert_eq!(answer.matches("code: 1045").count(), 2, "{answer}");
    assert!(!answer.contains("wrong"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_used_and_the_certificate_checked() {
    let Some(world) = World::new().await else {
        return;
    };
    let protected = format!("{}?ssl-mode=REQUIRED", world.address);
    let answer = body_text(world.fixture.send(request("open", &protected)).await).await;
    // The server signed it itself.
    assert_eq!(
        answer.matches("invalid peer certificate").count()
            + answer.matches("InvalidCertificate").count(),
        2,
        "{answer}"
    );
    let plain = format!("{}?ssl-mode=DISABLED", world.address);
    let answer = body_text(world.fixture.send(request("open", &plain)).await).await;
    assert_eq!(answer, "Ok(())\nOk(())");
}
