//! `spin:mqtt` and `fermyon:spin/mqtt`, called by a component, on a real broker.

use http::Request;
use jenny_host::{AppOptions, Body};
use test_servers::{MosquittoServer, Received};

use crate::support::{Fixture, GUEST, body_text, empty};

/// A component that may connect to every broker.
async fn fixture() -> Fixture {
    let options = AppOptions {
        quiet: true,
        ..AppOptions::default()
    };
    let manifest = format!("{GUEST}allowed_outbound_hosts = [\"mqtt://*:*\"]\n");
    Fixture::load(&manifest, options).await
}

fn request(action: &str, address: &str, user: &str, password: &str) -> Request<Body> {
    Request::get(format!("/mqtt/{action}"))
        .header("host", "example.com")
        .header("x-address", address)
        .header("x-user", user)
        .header("x-password", password)
        .header("x-topic", format!("tests/{action}"))
        .body(empty())
        .unwrap()
}

async fn call(fixture: &Fixture, server: &MosquittoServer, action: &str) -> String {
    let address = address(server, action);
    let request = request(action, &address, server.user(), server.password());
    body_text(fixture.send(request).await).await
}

/// A broker ends a client's connection when another of the same name connects.
fn address(server: &MosquittoServer, client: &str) -> String {
    format!("mqtt://127.0.0.1:{}?client_id={client}", server.port())
}

fn received(qos: u8, topic: &str, payload: impl Into<Vec<u8>>) -> Received {
    Received {
        qos,
        topic: topic.to_owned(),
        payload: payload.into(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_arrive_with_the_quality_they_were_published_with() {
    let Some(server) = MosquittoServer::shared_or_skip() else {
        return;
    };
    let fixture = fixture().await;
    let mut subscriber = server.subscribe("tests/publish");

    let answer = call(&fixture, server, "publish").await;

    assert_eq!(answer, format!("[{}]", ["Ok(())"; 9].join(", ")));
    let mut messages: Vec<_> = (0..9).map(|_| subscriber.receive()).collect();
    // A broker does not keep the order of messages of different qualities.
    messages.sort_by_key(|one| (one.qos, one.payload.clone()));
    let topic = "tests/publish";
    let mut expected = vec![
        received(0, topic, []),
        received(1, topic, [0, 255]),
        received(1, topic, vec![b'x'; 1 << 20]),
    ];
    expected.extend((0..5).map(|number| received(2, topic, [number])));
    expected.push(received(2, topic, "é"));
    assert!(messages == expected, "{:?}", messages[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_older_interface_publishes_as_well() {
    let Some(server) = MosquittoServer::shared_or_skip() else {
        return;
    };
    let fixture = fixture().await;
    let mut subscriber = server.subscribe("tests/older");
    assert_eq!(
        call(&fixture, server, "older").await,
        "Ok(()) Ok(()) Ok(())"
    );
    for qos in 0..3 {
        assert_eq!(subscriber.receive(), received(qos, "tests/older", "older"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_comes_back_is_found_again() {
    let Some(server) = MosquittoServer::private_or_skip() else {
        return;
    };
    let fixture = fixture().await;
    assert!(!call(&fixture, &server, "publish").await.contains("Err"));

    server.stop();
    // Opening does not connect, as on Spin.
    assert_eq!(call(&fixture, &server, "open").await, "Ok(())\nOk(())");
    let answer = call(&fixture, &server, "publish").await;
    assert_eq!(
        answer.matches("Error::ConnectionFailed(\"I/O: ").count(),
        9,
        "{answer}"
    );
    server.restart();

    assert!(!call(&fixture, &server, "publish").await.contains("Err"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_the_broker_does_not_know_is_refused() {
    let Some(server) = MosquittoServer::shared_or_skip() else {
        return;
    };
    let fixture = fixture().await;
    let address = address(server, "unknown");
    for (user, password) in [
        (server.user(), "wrong"),
        ("", ""),
        ("nobody", server.password()),
    ] {
        let request = request("publish", &address, user, password);
        let answer = body_text(fixture.send(request).await).await;
        let refusal =
            "Error::ConnectionFailed(\"Connection refused, return code: `NotAuthorized`\")";
        assert_eq!(answer.matches(refusal).count(), 9, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_manifest_does_not_allow_is_refused() {
    let options = AppOptions {
        quiet: true,
        ..AppOptions::default()
    };
    let manifest = format!("{GUEST}allowed_outbound_hosts = [\"mqtt://broker.example.com\"]\n");
    let fixture = Fixture::load(&manifest, options).await;
    let open = async |address: &str| {
        body_text(fixture.send(request("open", address, "u", "p")).await).await
    };
    for (address, broker) in [
        ("mqtt://localhost?client_id=c", "mqtt://localhost:1883"),
        (
            "mqtt://broker.example.com:1884?client_id=c",
            "mqtt://broker.example.com:1884",
        ),
        (
            "mqtts://broker.example.com?client_id=c",
            "mqtts://broker.example.com:8883",
        ),
    ] {
        let refusal =
            format!("Err(Error::ConnectionFailed(\"address {broker} is not permitted\"))");
        let answer = open(address).await;
        assert_eq!(answer.lines().collect::<Vec<_>>(), [refusal.as_str(); 2]);
        let sentence = format!("add \"{broker}\" to allowed_outbound_hosts");
        assert_eq!(fixture.log().matches(&sentence).count(), 1);
    }
    for address in [
        "nonsense",
        "mqtt://broker.example.com",
        "http://broker.example.com",
    ] {
        let answer = open(address).await;
        assert_eq!(
            answer,
            ["Err(Error::InvalidAddress)"; 2].join("\n"),
            "{address}"
        );
    }
    let answer = open("mqtt://broker.example.com?client_id=c").await;
    assert_eq!(answer, "Ok(())\nOk(())");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_has_so_many_connections_and_no_more() {
    let fixture = fixture().await;
    // Nobody is connected to before something is published.
    let request = request("many", "mqtt://127.0.0.1:1?client_id=c", "", "");
    let answer = body_text(fixture.send(request).await).await;
    assert_eq!(answer, "1024 Error::TooManyConnections");
}
