use http_body_util::StreamBody;
use hyper::body::Frame;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::sync::{Notify, mpsc};

use super::lifecycle::gated;
use super::*;
use crate::answer::written::Written;

/// Short enough to wait for in a test. Nothing here depends on how short: each test waits for the
/// server to act, not for a time to pass.
const SOON: Duration = Duration::from_millis(30);

#[tokio::test]
async fn a_head_that_is_too_large_is_answered_431() {
    let server = Running::start(
        hello(),
        ServerOptions {
            max_header_bytes: MIN_HEADER_BYTES,
            ..patient()
        },
    )
    .await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nhost: test\r\n").await;
    client
        .send(&format!("x: {}\r\n", "y".repeat(MIN_HEADER_BYTES)))
        .await;
    assert!(client.until("\r\n\r\n").await.starts_with("HTTP/1.1 431"));
}

#[tokio::test]
async fn a_head_that_is_refused_is_logged() {
    let written = Written::default();
    let _collecting = written.collect();
    let options = ServerOptions {
        max_header_bytes: MIN_HEADER_BYTES,
        ..patient()
    };
    let server = Running::start(hello(), options).await;
    let long = format!("GET / HTTP/1.1\r\nx: {}\r\n", "y".repeat(MIN_HEADER_BYTES));
    for (head, status) in [(&*long, 431), ("GET / HTTP/1.1\r\nno field\r\n\r\n", 400)] {
        let mut client = server.connect().await;
        client.send(head).await;
        let start = format!("HTTP/1.1 {status}");
        assert!(client.until("\r\n\r\n").await.starts_with(&start));
        drop(client);
        let line = format!("status={status} client=127.0.0.1");
        within(async {
            while written.lines(&line) == 0 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        assert_eq!(written.lines(&line), 1);
    }
}

#[tokio::test]
async fn a_head_that_does_not_end_ends_the_connection() {
    let options = ServerOptions {
        header_read_timeout: SOON,
        ..patient()
    };
    let server = Running::start(hello(), options).await;
    // Nothing at all, the beginning of HTTP/1.1, the beginning of HTTP/2's preface.
    for beginning in ["", "GET / HTTP/1.1\r\nhost: te", "PRI * HT"] {
        let mut client = server.connect().await;
        // The connection may be closed before this is sent, which is just as well.
        _ = client.0.write_all(beginning.as_bytes()).await;
        assert_eq!(client.rest().await, "", "after {beginning:?}");
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_a_slow_download_is_not() {
    let more = Arc::new(Notify::new());
    let wait = Arc::clone(&more);
    let server = Running::start(
        handler(move |request, _| {
            let wait = Arc::clone(&wait);
            async move {
                if request.uri().path() != "/slow" {
                    return text("hello");
                }
                let frames = futures::stream::unfold(0, move |sent| {
                    let wait = Arc::clone(&wait);
                    async move {
                        let part = match sent {
                            0 => "first",
                            1 => {
                                wait.notified().await;
                                "last"
                            }
                            _ => return None,
                        };
                        Some((Ok(Frame::data(part.into())), sent + 1))
                    }
                });
                Response::new(StreamBody::new(frames).boxed_unsync())
            }
        }),
        ServerOptions {
            idle_timeout: SOON,
            ..patient()
        },
    )
    .await;
    let mut slow = server.connect().await;
    slow.send("GET /slow HTTP/1.1\r\nhost: test\r\n\r\n").await;
    slow.until("first\r\n").await;

    let mut idle = server.connect().await;
    idle.get().await;
    assert_eq!(idle.rest().await, "");

    more.notify_one();
    assert_eq!(slow.until("0\r\n\r\n").await, "4\r\nlast\r\n0\r\n\r\n");
}

fn with_connections(max_connections: usize) -> ServerOptions {
    ServerOptions {
        max_connections,
        ..patient()
    }
}

const GET: &str = "GET / HTTP/1.1\r\nhost: test\r\n\r\n";

#[tokio::test]
async fn at_the_connection_limit_newcomers_wait_while_none_is_idle() {
    let (service, mut inside, gate) = gated();
    let server = Running::start(service, with_connections(1)).await;
    let mut first = server.connect().await;
    first.send(GET).await;
    within(inside.recv()).await.unwrap();
    let mut second = server.connect().await;
    second.send(GET).await;

    gate.notify_one();
    first.until("hello").await;

    assert_eq!(first.rest().await, "", "now it is idle");
    within(inside.recv()).await.unwrap();
    gate.notify_one();
    assert!(second.until("hello").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn at_the_connection_limit_the_longest_idle_gives_way() {
    let server = Running::start(hello(), with_connections(3)).await;
    let mut first = server.connect().await;
    let mut used = server.connect().await;
    let mut idle = server.connect().await;
    first.get().await;
    used.get().await;
    idle.get().await;
    used.get().await;

    let mut newcomers = Vec::new();
    for longest_idle in [&mut first, &mut idle] {
        let mut newcomer = server.connect().await;
        newcomer.get().await;
        assert_eq!(longest_idle.rest().await, "");
        newcomers.push(newcomer);
    }

    used.get().await;
}

#[tokio::test]
async fn a_connection_that_asks_nothing_gives_way() {
    let server = Running::start(hello(), with_connections(1)).await;
    let mut silent = server.connect().await;

    server.connect().await.get().await;

    assert_eq!(silent.rest().await, "");
}

#[tokio::test]
async fn an_idle_http_2_connection_that_gives_way_says_so() {
    let server = Running::start(hello(), with_connections(1)).await;
    let mut idle = server.connect().await;
    idle.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    // Empty SETTINGS.
    idle.send("\0\0\0\u{4}\0\0\0\0\0").await;
    // The first frame of the server is its SETTINGS.
    let mut head = [0; 9];
    within(idle.0.read_exact(&mut head)).await.unwrap();
    let mut settings = vec![0; usize::from(head[2])];
    within(idle.0.read_exact(&mut settings)).await.unwrap();

    server.connect().await.get().await;

    let rest = idle.rest_bytes().await;
    let mut frames = rest.as_slice();
    let mut kinds = Vec::new();
    while let [_, _, length, kind, _, _, _, _, _, payload @ ..] = frames {
        kinds.push(*kind);
        frames = &payload[usize::from(*length)..];
    }
    const GOAWAY: u8 = 7;
    assert!(kinds.contains(&GOAWAY), "{rest:?}");
}

#[tokio::test]
async fn heads_up_to_the_limit_are_read() {
    let server = Running::start(hello(), patient()).await;
    let limit = ServerOptions::default().max_header_bytes;
    assert_eq!(limit, 64 << 10);
    let frame = "GET / HTTP/1.1\r\nhost: test\r\nx: \r\n\r\n".len();
    for (bytes, status) in [(limit, "200"), (limit + (1 << 10), "431")] {
        let mut client = server.connect().await;
        let field = "y".repeat(bytes - frame);
        // The server may answer before it has read all.
        let head = format!("GET / HTTP/1.1\r\nhost: test\r\nx: {field}\r\n\r\n");
        _ = client.0.write_all(head.as_bytes()).await;
        let answer = client.until("\r\n\r\n").await;
        assert!(answer.contains(status), "{bytes} bytes: {answer}");
    }
}

#[tokio::test]
async fn heads_of_http_2_up_to_the_limit_are_read() {
    let server = Running::start(hello(), patient()).await;
    let limit = ServerOptions::default().max_header_bytes;
    let stream = TokioIo::new(server.connect().await.0);
    let (mut sender, connection) = hyper::client::conn::http2::Builder::new(TokioExecutor::new())
        .handshake(stream)
        .await
        .unwrap();
    tokio::spawn(connection);
    for (bytes, status) in [(limit - 1024, 200), (limit, 431)] {
        let request = Request::get("http://test/")
            .header("x", "y".repeat(bytes))
            .body(Full::new(bytes::Bytes::new()))
            .unwrap();
        let response = within(sender.send_request(request)).await.unwrap();
        assert_eq!(response.status(), status, "{bytes} bytes");
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off() {
    /// Tells when the body that it is part of is dropped.
    struct Told(mpsc::UnboundedSender<()>);

    impl Drop for Told {
        fn drop(&mut self) {
            _ = self.0.send(());
        }
    }

    let (tell, mut dropped) = mpsc::unbounded_channel();
    let server = Running::start(
        handler(move |_, _| {
            let told = Told(tell.clone());
            async move {
                let frames = futures::stream::repeat_with(move || {
                    let _part_of_the_body = &told;
                    Ok(Frame::data(vec![0; 1 << 16].into()))
                });
                Response::new(StreamBody::new(frames).boxed_unsync())
            }
        }),
        ServerOptions {
            idle_timeout: SOON,
            ..patient()
        },
    )
    .await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nhost: test\r\n\r\n").await;
    client.until("\r\n\r\n").await;

    within(dropped.recv()).await.unwrap();
}
