use std::path::{Path, PathBuf};

use http::Version;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::*;

/// A certificate for `localhost` and its key, in files.
struct Identity {
    folder: tempfile::TempDir,
    authority: CertificateDer<'static>,
}

impl Identity {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(folder.path().join("certificate.pem"), made.cert.pem()).unwrap();
        std::fs::write(
            folder.path().join("key.pem"),
            made.signing_key.serialize_pem(),
        )
        .unwrap();
        Self {
            folder,
            authority: made.cert.der().clone(),
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn load(&self) -> Arc<rustls::ServerConfig> {
        load_tls(&self.file("certificate.pem"), &self.file("key.pem")).unwrap()
    }

    async fn connect(&self, address: SocketAddr, alpn: &[&[u8]]) -> TlsStream<TcpStream> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.authority.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
        let stream = TcpStream::connect(address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        within(TlsConnector::from(Arc::new(config)).connect(name, stream))
            .await
            .unwrap()
    }
}

fn version_teller() -> Handler {
    handler(|request, origin| async move {
        assert_eq!(origin.scheme, http::uri::Scheme::HTTPS);
        text(format!("{:?}", request.version()))
    })
}

#[tokio::test]
async fn clients_choose_http_2_or_http_1_by_alpn() {
    let identity = Identity::new();
    let options = ServerOptions {
        tls: Some(identity.load()),
        ..patient()
    };
    let server = Running::start(version_teller(), options).await;
    let request = || {
        Request::get("https://localhost/")
            .body(Full::new(bytes::Bytes::new()))
            .unwrap()
    };

    let stream = identity
        .connect(server.address, &[b"h2", b"http/1.1"])
        .await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
    tokio::spawn(connection);
    let response = within(sender.send_request(request())).await.unwrap();
    assert_eq!(response.version(), Version::HTTP_2);
    assert_eq!(
        response.into_body().collect().await.unwrap().to_bytes(),
        "HTTP/2.0"
    );

    let stream = identity.connect(server.address, &[b"http/1.1"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    let response = within(sender.send_request(request())).await.unwrap();
    assert_eq!(
        response.into_body().collect().await.unwrap().to_bytes(),
        "HTTP/1.1"
    );
}

#[tokio::test]
async fn a_handshake_that_never_comes_holds_up_nobody() {
    let identity = Identity::new();
    let options = ServerOptions {
        tls: Some(identity.load()),
        ..patient()
    };
    let server = Running::start(version_teller(), options).await;
    let silent = server.connect().await;
    let mut plain = server.connect().await;
    plain
        .send("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await;
    assert!(
        !plain.rest_bytes().await.starts_with(b"HTTP"),
        "plain HTTP gets no answer"
    );
    identity.connect(server.address, &[]).await;
    drop(silent);
}

#[tokio::test]
async fn a_handshake_that_never_comes_is_given_up() {
    let options = ServerOptions {
        tls: Some(Identity::new().load()),
        tls_handshake_timeout: Duration::from_millis(30),
        ..patient()
    };
    let server = Running::start(version_teller(), options).await;
    let mut silent = server.connect().await;
    assert_eq!(silent.rest().await, "");
}

#[test]
fn a_file_that_cannot_be_used_is_named() {
    let (one, other) = (Identity::new(), Identity::new());
    let (certificate, key) = (one.file("certificate.pem"), one.file("key.pem"));
    let broken = one.file("broken.pem");
    std::fs::write(
        &broken,
        "-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n",
    )
    .unwrap();
    let message =
        |certificate: &Path, key: &Path| load_tls(certificate, key).unwrap_err().to_string();

    for (message, parts) in [
        (
            message(&one.file("none.pem"), &key),
            &["none.pem", "cannot read"][..],
        ),
        (
            message(&certificate, &one.file("none.pem")),
            &["none.pem", "cannot read"],
        ),
        (message(&key, &key), &["key.pem", "no certificate"]),
        (
            message(&certificate, &certificate),
            &["certificate.pem", "no private key"],
        ),
        (message(&broken, &key), &["broken.pem", "not valid PEM"]),
        (
            message(&certificate, &other.file("key.pem")),
            &["certificate.pem", "key.pem", "cannot be used"],
        ),
    ] {
        for part in parts {
            assert!(message.contains(part), "{part} in {message}");
        }
    }
}
