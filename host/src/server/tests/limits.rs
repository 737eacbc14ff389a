use std::sync::atomic::{AtomicUsize, Ordering};

use http_body_util::StreamBody;
use hyper::body::Frame;
use tokio::sync::{Notify, mpsc};

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

#[tokio::test]
async fn at_the_connection_limit_newcomers_wait() {
    let served = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&served);
    let server = Running::start(
        handler(move |_, _| {
            counter.fetch_add(1, Ordering::Relaxed);
            async { text("hello") }
        }),
        ServerOptions {
            max_connections: 1,
            ..patient()
        },
    )
    .await;
    let mut first = server.connect().await;
    first.get().await;
    let mut second = server.connect().await;
    second.send("GET / HTTP/1.1\r\nhost: test\r\n\r\n").await;
    first.get().await;
    assert_eq!(
        served.load(Ordering::Relaxed),
        2,
        "only the first connection is served"
    );

    drop(first);
    assert!(second.until("hello").await.starts_with("HTTP/1.1 200"));
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
