use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt as _, poll};
use http::HeaderMap;
use http_body_util::StreamBody;
use hyper::body::Frame;
use tokio::sync::mpsc;
use wasmtime_wasi_http::Error;

use super::*;

/// So long that a test that waits for it fails.
const LONG: Duration = Duration::from_secs(3600);

/// So short that a test waits for its end, and nothing of the test has to happen before it.
const SHORT: Duration = Duration::from_millis(30);

const CLIENT: &str = "192.0.2.1";

/// Limits under which nothing happens because of the time that it takes.
fn limits() -> Limits {
    Limits {
        request_timeout: LONG,
        queue_timeout: LONG,
        body_timeout: LONG,
        ..Limits::default()
    }
}

fn entry(limits: &Limits) -> Entry {
    behind("", limits)
}

/// An entry that streams no body before it has arrived.
fn behind(proxies: &str, limits: &Limits) -> Entry {
    Entry {
        streamed: Admission::new(0),
        ..streaming(proxies, limits)
    }
}

fn streaming(proxies: &str, limits: &Limits) -> Entry {
    let components = vec!["component".to_owned()];
    Entry::new(limits, proxies.parse().unwrap(), components.into_iter())
}

type Frames = mpsc::UnboundedSender<Result<Frame<Bytes>, Error>>;

/// A request whose body is what is sent.
fn sending() -> (Frames, Request<Body>) {
    let (frames, mut coming) = mpsc::unbounded_channel();
    let frames_of = futures::stream::poll_fn(move |cx| coming.poll_recv(cx));
    let body = StreamBody::new(frames_of).boxed_unsync();
    (frames, Request::post("/").body(body).unwrap())
}

fn send(frames: &Frames, data: impl Into<Bytes>) {
    frames.send(Ok(Frame::data(data.into()))).unwrap();
}

fn without_body() -> Request<Body> {
    Request::get("/").body(problem::empty()).unwrap()
}

async fn enter(entry: &Entry, peer: &str, request: Request<Body>) -> Result<Entered, Refusal> {
    entry
        .enter("component", request, peer.parse().unwrap())
        .await
}

/// Why a request did not come in.
async fn refusal(entry: &Entry, request: Request<Body>) -> Refusal {
    let entered = enter(entry, CLIENT, request).await;
    entered.err().expect("it is refused")
}

#[tokio::test]
async fn what_has_not_arrived_takes_no_place() {
    let entry = entry(&Limits {
        max_concurrent_requests: 1,
        ..limits()
    });
    let (frames, request) = sending();
    let mut slow = pin!(enter(&entry, CLIENT, request));
    send(&frames, "{");
    assert!(poll!(slow.as_mut()).is_pending());
    assert_eq!(entry.entered(), 0);

    let other = enter(&entry, CLIENT, without_body()).await;
    drop(other.unwrap_or_else(|refusal| panic!("{refusal:?}")));

    send(&frames, "}");
    drop(frames);
    let entered = slow.await.unwrap_or_else(|refusal| panic!("{refusal:?}"));
    assert_eq!(entry.entered(), 1);
    assert!(entered.late.is_none(), "there is nothing left to come");
    let body = entered.request.into_body().collect().await.unwrap();
    assert_eq!(body.to_bytes(), "{}");
}

#[tokio::test]
async fn an_eighth_of_the_places_is_for_bodies_that_are_still_to_come() {
    let entry = streaming(
        "",
        &Limits {
            max_concurrent_requests: 2 * STREAMED_SHARE,
            ..limits()
        },
    );
    let (_frames, request) = sending();
    let first = enter(&entry, CLIENT, request).await;
    let first = first.unwrap_or_else(|refusal| panic!("{refusal:?}"));
    assert!(first.late.is_some(), "its body has to keep the rate");
    let (_frames, request) = sending();
    let second = enter(&entry, CLIENT, request).await;
    assert!(second.is_ok());

    let (frames, request) = sending();
    let mut third = pin!(enter(&entry, CLIENT, request));
    assert!(poll!(third.as_mut()).is_pending());
    assert_eq!(entry.entered(), 2);
    drop(frames);
    assert!(third.await.is_ok(), "it has arrived");

    drop(first);
    let (_frames, request) = sending();
    assert!(enter(&entry, CLIENT, request).await.is_ok());
}

#[tokio::test]
async fn a_body_that_does_not_come_is_too_slow() {
    for limits in [
        Limits {
            body_timeout: SHORT,
            ..limits()
        },
        Limits {
            request_timeout: SHORT,
            ..limits()
        },
    ] {
        let entry = entry(&limits);
        let (frames, request) = sending();
        send(&frames, "{");

        assert_eq!(refusal(&entry, request).await, Refusal::TooSlow);

        assert_eq!(entry.buffered.taken(), 0);
    }
    assert_eq!(Refusal::TooSlow.answer().status(), 408);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let (frames, request) = sending();
    send(&frames, "{");
    frames.send(Err(Error::ConnectionTerminated)).unwrap();

    assert_eq!(refusal(&entry(&limits()), request).await, Refusal::Broken);
}

#[tokio::test]
async fn of_a_long_body_the_beginning_is_awaited_and_the_rest_follows() {
    let entry = entry(&limits());
    let (frames, request) = sending();
    let parts: Vec<Bytes> = (0..80).map(|part| vec![part; 1 << 10].into()).collect();
    for part in &parts[..64] {
        send(&frames, part.clone());
    }
    let entered = enter(&entry, CLIENT, request).await;
    let entered = entered.unwrap_or_else(|refusal| panic!("{refusal:?}"));
    assert!(entered.late.is_some());
    assert_eq!(entry.buffered.taken(), MAX_AWAITED + (1 << 10));

    let mut body = entered.request.into_body();
    let first = body.frame().await.unwrap().unwrap();
    for part in &parts[64..] {
        send(&frames, part.clone());
    }
    let mut trailers = HeaderMap::new();
    trailers.insert("checksum", "1".parse().unwrap());
    frames.send(Ok(Frame::trailers(trailers.clone()))).unwrap();
    drop(frames);
    let rest = body.collect().await.unwrap();

    assert_eq!(entry.buffered.taken(), 0, "it is the component's now");
    assert_eq!(rest.trailers(), Some(&trailers));
    let whole = [first.into_data().unwrap(), rest.to_bytes()].concat();
    assert_eq!(whole, parts.concat());
}

#[tokio::test]
async fn trailers_of_a_short_body_are_kept() {
    let (frames, request) = sending();
    send(&frames, "{}");
    let mut trailers = HeaderMap::new();
    trailers.insert("checksum", "1".parse().unwrap());
    frames.send(Ok(Frame::trailers(trailers.clone()))).unwrap();

    let entered = enter(&entry(&limits()), CLIENT, request).await;

    let entered = entered.unwrap_or_else(|refusal| panic!("{refusal:?}"));
    let body = entered.request.into_body().collect().await.unwrap();
    assert_eq!(body.trailers(), Some(&trailers));
    assert_eq!(body.to_bytes(), "{}");
}

#[tokio::test]
async fn a_long_body_that_stalls_loses_its_place() {
    let entry = entry(&Limits {
        body_timeout: SHORT,
        ..limits()
    });
    let (frames, request) = sending();
    send(&frames, vec![0; MAX_AWAITED]);
    let entered = enter(&entry, CLIENT, request).await;
    let entered = entered.unwrap_or_else(|refusal| panic!("{refusal:?}"));
    let late = entered.late.expect("more may come");
    let reading = entered.request.into_body().collect();

    let ((), read) = tokio::join!(late.cancelled(), reading);

    assert!(matches!(read, Err(Error::ConnectionReadTimeout)));
    drop(entered.permit);
    assert_eq!(entry.entered(), 0);
}

#[tokio::test]
async fn one_client_cannot_take_every_place() {
    let entry = entry(&Limits {
        max_concurrent_requests: 4,
        queue_timeout: Duration::ZERO,
        ..limits()
    });
    let held: Vec<_> = futures::stream::iter(0..3)
        .then(|_| enter(&entry, CLIENT, without_body()))
        .collect()
        .await;
    assert!(held.iter().all(Result::is_ok));

    assert_eq!(refusal(&entry, without_body()).await, Refusal::NoShare);
    assert_eq!(Refusal::NoShare.answer().status(), 503);

    let other = enter(&entry, "192.0.2.2", without_body()).await;
    assert!(other.is_ok());
}

#[tokio::test]
async fn a_client_at_its_limit_waits_for_its_own_requests() {
    let entry = entry(&Limits {
        max_requests_per_client: Some(1),
        ..limits()
    });
    let first = enter(&entry, CLIENT, without_body()).await;
    let mut second = pin!(enter(&entry, CLIENT, without_body()));
    assert!(poll!(second.as_mut()).is_pending());

    drop(first);

    assert!(second.await.is_ok());
}

#[tokio::test]
async fn clients_behind_a_trusted_proxy_have_a_share_each() {
    let limits = Limits {
        max_requests_per_client: Some(1),
        queue_timeout: Duration::ZERO,
        ..limits()
    };
    for (proxies, shares) in [(CLIENT, true), ("", false)] {
        let entry = behind(proxies, &limits);
        let forwarded = |client: &str| {
            let mut request = without_body();
            let client = client.parse().unwrap();
            request.headers_mut().insert("x-forwarded-for", client);
            request
        };
        let first = enter(&entry, CLIENT, forwarded("203.0.113.1")).await;
        assert!(first.is_ok());
        let second = enter(&entry, CLIENT, forwarded("203.0.113.2")).await;
        assert_eq!(second.is_ok(), shares, "trusting {proxies:?}");
    }
}

#[tokio::test]
async fn bodies_have_so_much_memory_and_a_client_three_quarters_of_it() {
    let entry = entry(&Limits {
        max_concurrent_requests: 16,
        ..limits()
    });
    // With what each is charged for at least, 61 KiB of the 1,024.
    let body = || {
        let (frames, request) = sending();
        send(&frames, vec![0; 60 << 10]);
        (frames, request)
    };
    let mut held = Vec::new();
    for client in [CLIENT, "192.0.2.2"] {
        loop {
            let (frames, request) = body();
            let mut entering = Box::pin(enter(&entry, client, request));
            match poll!(entering.as_mut()) {
                std::task::Poll::Pending => held.push((frames, entering)),
                std::task::Poll::Ready(entered) => {
                    assert_eq!(entered.err(), Some(Refusal::NoMemory));
                    break;
                }
            }
        }
        let held = held.len();
        assert_eq!(held, if client == CLIENT { 12 } else { 16 }, "{client}");
    }

    for (frames, entering) in held {
        drop(frames);
        assert!(entering.await.is_ok());
    }
    assert_eq!(entry.buffered.taken(), 0);
}

#[tokio::test]
async fn a_body_that_is_there_is_passed_on_as_it_is() {
    let entry = entry(&limits());
    let body = http_body_util::Full::new(Bytes::from_static(b"{}"));
    let body = body
        .map_err(|never: Infallible| match never {})
        .boxed_unsync();

    let entered = enter(&entry, CLIENT, Request::post("/").body(body).unwrap()).await;

    let entered = entered.unwrap_or_else(|refusal| panic!("{refusal:?}"));
    let body = entered.request.into_body();
    assert_eq!(body.size_hint().exact(), Some(2));
    assert_eq!(body.collect().await.unwrap().to_bytes(), "{}");
}
