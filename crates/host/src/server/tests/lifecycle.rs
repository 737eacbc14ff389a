use tokio::sync::{Notify, mpsc};

use super::*;

/// A service that says when a request has come in and answers when it is told to.
pub(super) fn gated() -> (Handler, mpsc::UnboundedReceiver<()>, Arc<Notify>) {
    let (entered, inside) = mpsc::unbounded_channel();
    let gate = Arc::new(Notify::new());
    let open = Arc::clone(&gate);
    let service = handler(move |_, _| {
        let (entered, open) = (entered.clone(), Arc::clone(&open));
        async move {
            entered.send(()).unwrap();
            open.notified().await;
            text("hello")
        }
    });
    (service, inside, gate)
}

#[tokio::test]
async fn a_shutdown_lets_requests_in_flight_finish() {
    let (service, mut inside, gate) = gated();
    let mut server = Running::start(service, patient()).await;
    let mut idle = server.connect().await;
    let mut busy = server.connect().await;
    busy.send("GET / HTTP/1.1\r\nhost: test\r\n\r\n").await;
    within(inside.recv()).await.unwrap();

    server.stop();
    assert_eq!(idle.rest().await, "", "idle connections are closed");
    let refused = TcpStream::connect(server.address).await;
    assert!(refused.is_err(), "nothing new is accepted");

    gate.notify_one();
    let answer = busy.until("hello").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
    assert_eq!(server.ended().await, Ended { cut_off: 0 });
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_ever() {
    let (service, mut inside, _gate) = gated();
    let options = ServerOptions {
        shutdown_timeout: Duration::from_millis(30),
        ..patient()
    };
    let mut server = Running::start(service, options).await;
    let mut busy = server.connect().await;
    busy.send("GET / HTTP/1.1\r\nhost: test\r\n\r\n").await;
    within(inside.recv()).await.unwrap();

    server.stop();
    assert_eq!(busy.rest().await, "");
    assert_eq!(server.ended().await, Ended { cut_off: 1 });
}

#[tokio::test]
async fn dropping_the_server_ends_every_connection() {
    let (service, mut inside, _gate) = gated();
    let server = Running::start(service, patient()).await;
    let mut busy = server.connect().await;
    busy.send("GET / HTTP/1.1\r\nhost: test\r\n\r\n").await;
    within(inside.recv()).await.unwrap();

    server.ended.abort();
    assert_eq!(busy.rest().await, "");
}

#[tokio::test]
async fn a_port_in_use_is_named_with_the_flag_that_changes_it() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let error = bind(address).await.unwrap_err();
    assert!(matches!(error, BindError::InUse(_)), "{error:?}");
    let message = error.to_string();
    assert!(
        message.contains(&address.to_string()) && message.contains("--listen"),
        "{message}"
    );
}

#[tokio::test]
async fn an_address_of_another_machine_is_named() {
    // TEST-NET-1 of RFC 5737 belongs to nobody.
    let message = bind("192.0.2.1:0".parse().unwrap())
        .await
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("192.0.2.1:0") && message.contains("--listen"),
        "{message}"
    );
}
