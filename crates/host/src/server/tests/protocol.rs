use http::{Method, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::sync::mpsc;

use super::lifecycle::gated;
use super::*;

#[tokio::test]
async fn http_1_keeps_its_connection_and_tells_where_a_request_came_from() {
    let server = Running::start(
        handler(|request, origin| async move {
            assert_eq!(origin.scheme, http::uri::Scheme::HTTP);
            assert_eq!(origin.peer.ip(), origin.local.ip());
            text(format!(
                "{} to {}, hello",
                request.method(),
                origin.local.port()
            ))
        }),
        patient(),
    )
    .await;
    let mut client = server.connect().await;
    for _ in 0..2 {
        let answer = client.get().await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(
            answer.contains(&format!("GET to {}", server.address.port())),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn a_request_body_is_streamed() {
    let (seen, mut arrived) = mpsc::unbounded_channel();
    let server = Running::start(
        handler(move |mut request, _| {
            let seen = seen.clone();
            async move {
                while let Some(frame) = request.body_mut().frame().await {
                    seen.send(frame.unwrap().into_data().unwrap()).unwrap();
                }
                text("hello")
            }
        }),
        patient(),
    )
    .await;
    let mut client = server.connect().await;
    client
        .send("POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n")
        .await;
    for part in ["one", "two"] {
        // The next part is sent only when this one has arrived: nothing waits for the whole.
        client.send(&format!("3\r\n{part}\r\n")).await;
        assert_eq!(within(arrived.recv()).await.unwrap(), part);
    }
    client.send("0\r\n\r\n").await;
    assert!(client.until("hello").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_client_that_expects_100_continue_gets_it_when_the_body_is_wanted() {
    let server = Running::start(
        handler(|request, _| async move {
            if request.method() == Method::PUT {
                return text("no, hello");
            }
            text(request.into_body().collect().await.unwrap().to_bytes())
        }),
        patient(),
    )
    .await;
    let head = |method| {
        format!(
            "{method} / HTTP/1.1\r\nhost: test\r\ncontent-length: 5\r\nexpect: 100-continue\r\n\r\n"
        )
    };
    let mut client = server.connect().await;
    client.send(&head("POST")).await;
    assert_eq!(
        client.until("\r\n\r\n").await,
        "HTTP/1.1 100 Continue\r\n\r\n"
    );
    client.send("hello").await;
    assert!(client.until("hello").await.starts_with("HTTP/1.1 200"));

    let mut client = server.connect().await;
    client.send(&head("PUT")).await;
    assert!(
        client.until("hello").await.starts_with("HTTP/1.1 200"),
        "no 100 for a body nobody reads"
    );
}

#[tokio::test]
async fn http_2_without_tls_works_for_clients_that_know_it() {
    let server = Running::start(
        handler(|request, _| async move {
            assert_eq!(request.version(), Version::HTTP_2);
            text("hello")
        }),
        patient(),
    )
    .await;
    let stream = TokioIo::new(server.connect().await.0);
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), stream)
            .await
            .unwrap();
    tokio::spawn(connection);
    for _ in 0..2 {
        let request = Request::get("http://test/")
            .body(Full::new(bytes::Bytes::new()))
            .unwrap();
        let response = within(sender.send_request(request)).await.unwrap();
        assert_eq!(
            response.into_body().collect().await.unwrap().to_bytes(),
            "hello"
        );
    }
}

#[tokio::test]
async fn a_client_that_sends_no_more_is_answered() {
    let (service, mut inside, gate) = gated();
    let server = Running::start(service, patient()).await;
    for request in [
        "GET / HTTP/1.1\r\nhost: test\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 2\r\n\r\n{}",
        "GET / HTTP/1.0\r\n\r\n",
    ] {
        let mut client = server.connect().await;
        client.send(request).await;
        client.0.shutdown().await.unwrap();
        within(inside.recv()).await.unwrap();
        // Whatever the server makes of the end, it has made of it when another connection is answered.
        let mut other = server.connect().await;
        other.send("what?\r\n\r\n").await;
        other.rest().await;
        gate.notify_one();

        let answer = client.rest().await;

        assert!(answer.contains(" 200 OK"), "{request}: {answer:?}");
        assert!(answer.ends_with("hello"), "{request}: {answer:?}");
    }
}

#[tokio::test]
async fn what_is_not_http_is_answered_400() {
    let server = Running::start(hello(), patient()).await;
    let mut client = server.connect().await;
    client.send("\u{1}\u{2} what?\r\n\r\n").await;
    assert!(client.rest().await.starts_with("HTTP/1.1 400"));
}
