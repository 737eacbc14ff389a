//! Connections to servers that only these tests know.

use std::net::SocketAddr;

use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;

/// So long that it is not over in a test.
const HOUR: Duration = Duration::from_secs(3600);

/// Answers whatever is sent with the same string.
async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let mut buffer = [0; 1024];
    while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {
        if stream.write_all(b"$5\r\nhello\r\n").await.is_err() {
            return;
        }
    }
}

async fn serve(tls: Option<TlsAcceptor>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let tls = tls.clone();
            tokio::spawn(async move {
                match tls {
                    None => answer(stream).await,
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(stream).await {
                            answer(stream).await;
                        }
                    }
                }
            });
        }
    });
    address
}

fn connector(config: &str) -> RedisConnector {
    RedisConnector::new(&RuntimeConfig::parse(config, "runtime-config.toml".as_ref()).unwrap())
        .patient(HOUR)
}

/// Why a connection is not opened.
async fn refusal(connector: &RedisConnector, address: &str) -> String {
    connector.open(address).await.err().unwrap().to_string()
}

#[tokio::test]
async fn tls_is_spoken_with_whoever_has_a_certificate_that_is_trusted() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let provider = Arc::new(ring::default_provider());
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let port = serve(Some(TlsAcceptor::from(Arc::new(server))))
        .await
        .port();
    let url = format!("rediss://localhost:{port}");

    let mut connector = connector("");
    let untrusted = refusal(&connector, &url).await;
    assert!(
        untrusted.contains("TLS with the server failed"),
        "{untrusted}"
    );

    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    connector.tls = Arc::new(
        ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth(),
    );
    let connection = connector.open(&url).await.unwrap();
    assert_eq!(connection.get("a").await, Ok(Some(b"hello".to_vec())));
    let other_name = format!("rediss://127.0.0.1:{port}");
    let refused = refusal(&connector, &other_name).await;
    assert!(refused.contains("not valid for name"), "{refused}");
}

#[tokio::test]
async fn blocked_networks_are_not_reached_by_any_name() {
    let port = serve(None).await.port();
    let blocking = connector("[outbound_networking]\nblock_networks = ['private']");
    for host in ["127.0.0.1", "localhost"] {
        let url = format!("redis://{host}:{port}");
        let refused = refusal(&blocking, &url).await;
        assert_eq!(
            refused,
            format!("the address of {host} is in block_networks")
        );
        assert!(connector("").open(&url).await.is_ok(), "{url}");
    }
}

#[tokio::test]
async fn the_runtime_configuration_limits_connections_until_they_are_dropped() {
    let port = serve(None).await.port();
    let url = format!("redis://127.0.0.1:{port}");
    let limited = connector(
        "[outbound_redis]\nmax_connections = 2\n[outbound_networking]\nmax_total_connections = 5",
    );
    let places = limited.places.clone().unwrap();
    let first = limited.open(&url).await.unwrap();
    let _second = limited.open(&url).await.unwrap();
    assert_eq!(places.available_permits(), 0);

    drop(first);

    assert!(limited.open(&url).await.is_ok());
}

#[tokio::test]
async fn an_answer_of_another_kind_is_an_error() {
    let port = serve(None).await.port();
    let connection = connector("")
        .open(&format!("redis://127.0.0.1:{port}"))
        .await
        .unwrap();
    let expected = "the server answered with a string that the command does not have";
    for error in [
        connection.incr("a").await.err(),
        connection.smembers("a").await.err(),
        connection.del(vec!["a".to_owned()]).await.err(),
    ] {
        assert_eq!(error, Some(RedisError::Other(expected.to_owned())));
    }
}

#[tokio::test]
async fn a_failure_names_the_server_and_not_the_password() {
    // Nothing listens on port 1.
    let address = "127.0.0.1:1";
    let url = format!("redis://user:hunter2@{address}/1");
    let refused = refusal(&connector(""), &url).await;
    assert!(
        refused.starts_with(&format!("cannot connect to {address}: ")),
        "{refused}"
    );
    assert!(!refused.contains("hunter2"), "{refused}");
}
