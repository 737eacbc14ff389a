//! Against a broker whose every byte is written here. `crates/host/tests/services` has a real one.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::link::Event;
use super::*;

/// So long that it is not over in a test.
const HOUR: Duration = Duration::from_secs(3600);

const ACCEPTED: &[u8] = b"\x20\x02\0\0";

async fn broker() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, format!("mqtt://127.0.0.1:{port}?client_id=c"))
}

async fn open(address: String, keep_alive: Duration) -> Arc<dyn MqttConnection> {
    let options = MqttOptions {
        address,
        username: "u".to_owned(),
        password: "p".to_owned(),
        keep_alive,
    };
    let client = MqttClient::default().patient(HOUR);
    client.open(options).await.unwrap()
}

fn publish_in_background(
    connection: &Arc<dyn MqttConnection>,
    qos: Qos,
) -> tokio::task::JoinHandle<Result<(), MqttError>> {
    let connection = Arc::clone(connection);
    tokio::spawn(async move { connection.publish("t".to_owned(), b"m".to_vec(), qos).await })
}

async fn expect(stream: &mut TcpStream, expected: &[u8]) {
    let mut found = vec![0; expected.len()];
    stream.read_exact(&mut found).await.unwrap();
    assert_eq!(found, expected);
}

/// Accepts a connection and checks how it begins.
async fn accept(listener: &TcpListener, keep_alive: u8) -> TcpStream {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut connect = b"\x10\x13\0\x04MQTT\x04\xC2\0\0\0\x01c\0\x01u\0\x01p".to_vec();
    connect[11] = keep_alive;
    expect(&mut stream, &connect).await;
    stream.write_all(ACCEPTED).await.unwrap();
    stream
}

#[tokio::test]
async fn each_quality_waits_for_its_acknowledgement() {
    let (listener, address) = broker().await;
    let connection = open(address, Duration::from_secs(60)).await;

    let first = publish_in_background(&connection, Qos::AtMostOnce);
    let mut stream = accept(&listener, 60).await;
    expect(&mut stream, b"\x30\x04\0\x01tm").await;
    assert_eq!(first.await.unwrap(), Ok(()));

    let second = publish_in_background(&connection, Qos::AtLeastOnce);
    expect(&mut stream, b"\x32\x06\0\x01t\0\x02m").await;
    // Another message's acknowledgement is none of this one.
    stream.write_all(b"\x40\x02\0\x09").await.unwrap();
    assert!(!second.is_finished());
    stream.write_all(b"\x40\x02\0\x02").await.unwrap();
    assert_eq!(second.await.unwrap(), Ok(()));

    let third = publish_in_background(&connection, Qos::ExactlyOnce);
    expect(&mut stream, b"\x34\x06\0\x01t\0\x03m").await;
    stream.write_all(b"\x50\x02\0\x03").await.unwrap();
    expect(&mut stream, b"\x62\x02\0\x03").await;
    assert!(!third.is_finished());
    stream.write_all(b"\x70\x02\0\x03").await.unwrap();
    assert_eq!(third.await.unwrap(), Ok(()));

    drop(connection);
    expect(&mut stream, b"\xE0\0").await;
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0, "it is closed");
}

#[tokio::test]
async fn a_refusal_is_named_and_the_next_message_tries_again() {
    let (listener, address) = broker().await;
    let connection = open(address, Duration::ZERO).await;

    let refused = publish_in_background(&connection, Qos::AtMostOnce);
    let (mut stream, _) = listener.accept().await.unwrap();
    stream.write_all(b"\x20\x02\0\x05").await.unwrap();
    let sentence = "Connection refused, return code: `NotAuthorized`";
    assert_eq!(
        refused.await.unwrap(),
        Err(MqttError::ConnectionFailed(sentence.to_owned()))
    );

    let accepted = publish_in_background(&connection, Qos::AtMostOnce);
    let mut stream = accept(&listener, 0).await;
    expect(&mut stream, b"\x30\x04\0\x01tm").await;
    assert_eq!(accepted.await.unwrap(), Ok(()));
}

#[tokio::test]
async fn a_connection_that_ended_in_between_is_made_again() {
    let (listener, address) = broker().await;
    let connection = open(address, Duration::ZERO).await;
    for _ in 0..2 {
        let publishing = publish_in_background(&connection, Qos::AtMostOnce);
        let mut stream = accept(&listener, 0).await;
        expect(&mut stream, b"\x30\x04\0\x01tm").await;
        assert_eq!(publishing.await.unwrap(), Ok(()));
        // Once the other side has closed, too, it has noticed.
        stream.shutdown().await.unwrap();
        assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_broker_that_ends_within_a_message_is_an_error() {
    let (listener, address) = broker().await;
    let connection = open(address, Duration::ZERO).await;
    let publishing = publish_in_background(&connection, Qos::AtLeastOnce);
    drop(accept(&listener, 0).await);
    let error = publishing.await.unwrap().unwrap_err();
    assert!(matches!(error, MqttError::ConnectionFailed(_)), "{error:?}");
}

#[tokio::test]
async fn a_connection_is_kept_alive_and_given_up_when_nobody_answers() {
    let (listener, address) = broker().await;
    let settings = Settings::new(
        Address::parse(&address).unwrap(),
        packet::connect("c", true, 10, "u", "p").unwrap(),
        HOUR,
        BlockedNetworks::default(),
    );
    let (link, mut stream) = tokio::join!(Link::open(&settings), accept(&listener, 10));
    let mut link = link.unwrap();

    for _ in 0..2 {
        // Shorter than the protocol can say, and only while nobody has to answer.
        link.keep_alive = Duration::from_millis(20);
        let due = link.wait().await.unwrap();
        assert!(matches!(due, Event::Due));
        link.keep_alive = HOUR;
        link.handle(due).await.unwrap();
        expect(&mut stream, b"\xC0\0").await;
        stream.write_all(b"\xD0\0").await.unwrap();
        let answer = link.wait().await.unwrap();
        assert!(matches!(answer, Event::Arrived(2)));
        link.handle(answer).await.unwrap();
        link.skip().unwrap();
    }
    link.keep_alive = Duration::from_millis(20);
    for given_up in [false, true] {
        let due = link.wait().await.unwrap();
        assert_eq!(link.handle(due).await.is_err(), given_up);
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_before_anybody_is_called() {
    let config = RuntimeConfig {
        mqtt_max_payload_bytes: Some(1),
        ..RuntimeConfig::default()
    };
    let options = |address: &str| MqttOptions {
        address: address.to_owned(),
        username: String::new(),
        password: String::new(),
        keep_alive: Duration::ZERO,
    };
    let client = MqttClient::new(&config);
    // Port 1 has no broker: whoever called it would say so.
    let connection = client
        .open(options("mqtt://127.0.0.1:1?client_id=c"))
        .await
        .unwrap();
    let long = "a".repeat(1 << 16);
    for (topic, payload) in [
        ("", ""),
        ("a/+", ""),
        ("#", ""),
        ("a\0", ""),
        (&*long, ""),
        ("a", "ab"),
    ] {
        let published = connection
            .publish(topic.to_owned(), payload.into(), Qos::AtMostOnce)
            .await;
        assert!(matches!(published, Err(MqttError::Other(_))), "{topic:?}");
    }
    let nowhere = client.open(options("nonsense")).await;
    assert_eq!(nowhere.err(), Some(MqttError::InvalidAddress));
    let mut endless = options("mqtt://127.0.0.1:1?client_id=c");
    endless.password = "p".repeat(1 << 16);
    assert!(matches!(
        client.open(endless).await.err(),
        Some(MqttError::Other(_))
    ));
}

#[test]
fn the_options_do_not_show_the_password() {
    let options = MqttOptions {
        address: "mqtt://u:secret@h?client_id=c".to_owned(),
        username: "u".to_owned(),
        password: "secret".to_owned(),
        keep_alive: Duration::ZERO,
    };
    assert!(!format!("{options:?}").contains("secret"));
}

#[tokio::test]
async fn mqtts_is_tls_and_the_certificate_is_checked() {
    use tokio_rustls::TlsAcceptor;

    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = certified.signing_key.serialize_der().try_into().unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    let (listener, address) = broker().await;
    let address = address.replace("mqtt://127.0.0.1", "mqtts://localhost");
    let connection = open(address, Duration::ZERO).await;

    let publishing = publish_in_background(&connection, Qos::AtMostOnce);
    let (stream, _) = listener.accept().await.unwrap();
    assert!(
        TlsAcceptor::from(Arc::new(config))
            .accept(stream)
            .await
            .is_err()
    );

    let error = publishing.await.unwrap().unwrap_err().to_string();
    assert_eq!(error, "TLS: invalid peer certificate: UnknownIssuer");
}

#[tokio::test]
async fn a_broker_that_never_stops_talking_keeps_no_message_waiting() {
    let (listener, address) = broker().await;
    let connection = open(address, Duration::ZERO).await;
    let first = publish_in_background(&connection, Qos::AtMostOnce);
    let mut stream = accept(&listener, 0).await;
    expect(&mut stream, b"\x30\x04\0\x01tm").await;
    assert_eq!(first.await.unwrap(), Ok(()));

    let (mut incoming, mut outgoing) = stream.into_split();
    let talking = tokio::spawn(async move {
        let chatter = [0xD0, 0].repeat(8 * 1024);
        while outgoing.write_all(&chatter).await.is_ok() {}
    });
    let second = publish_in_background(&connection, Qos::AtMostOnce);
    assert_eq!(second.await.unwrap(), Ok(()));
    drop(connection);
    let mut found = Vec::new();
    // It may end with an error, because not all was read that was said.
    _ = incoming.read_to_end(&mut found).await;
    assert!(found.starts_with(b"\x30\x04\0\x01tm"), "{found:?}");
    talking.await.unwrap();
}

#[tokio::test]
async fn an_exchange_that_broke_off_is_ended_before_the_next_message() {
    let (listener, address) = broker().await;
    let connection = open(format!("{address}&clean_session=false"), Duration::ZERO).await;
    let begin = b"\x10\x13\0\x04MQTT\x04\xC0\0\0\0\x01c\0\x01u\0\x01p";

    let broken = publish_in_background(&connection, Qos::ExactlyOnce);
    let (mut stream, _) = listener.accept().await.unwrap();
    expect(&mut stream, begin).await;
    stream.write_all(ACCEPTED).await.unwrap();
    let mut message = [0; 8];
    stream.read_exact(&mut message).await.unwrap();
    let id = [message[5], message[6]];
    drop(stream);
    assert!(broken.await.unwrap().is_err());

    let next = publish_in_background(&connection, Qos::AtMostOnce);
    let (mut stream, _) = listener.accept().await.unwrap();
    expect(&mut stream, begin).await;
    // The session is as it was.
    stream.write_all(b"\x20\x02\x01\0").await.unwrap();
    expect(&mut stream, &[0x62, 2, id[0], id[1]]).await;
    stream.write_all(&[0x70, 2, id[0], id[1]]).await.unwrap();
    expect(&mut stream, b"\x30\x04\0\x01tm").await;
    assert_eq!(next.await.unwrap(), Ok(()));
}
