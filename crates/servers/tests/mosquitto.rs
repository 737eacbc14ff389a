//! A private broker does what tests rely on.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::process::Command;

use test_servers::MosquittoServer;

fn publish(server: &MosquittoServer, password: &str) -> bool {
    let output = Command::new("mosquitto_pub")
        .args(["-h", "127.0.0.1", "-p", &server.port().to_string()])
        .args(["-u", server.user(), "-P", password])
        .args(["-q", "1", "-t", "tests/topic", "-m", "a message"])
        .output();
    output.unwrap().status.success()
}

#[test]
fn what_is_published_is_received() {
    let Some(server) = MosquittoServer::shared_or_skip() else {
        return;
    };
    let mut subscriber = server.subscribe("tests/#");
    // Another one's beginning is nothing to this one.
    let other = server.subscribe("tests/#");
    assert!(!publish(server, "wrong"));
    assert!(publish(server, server.password()));
    let received = subscriber.receive();
    assert_eq!((received.qos, &*received.topic), (1, "tests/topic"));
    assert_eq!(received.payload, b"a message");
    drop(other);
}

#[test]
fn a_broker_that_was_stopped_comes_back() {
    let Some(server) = MosquittoServer::private_or_skip() else {
        return;
    };
    server.stop();
    assert!(!publish(&server, server.password()));
    server.restart();
    assert!(publish(&server, server.password()));
}
