//! A component that misbehaves on request: the path says how. The tests of `jenny-host` load it.

mod calls;
mod careless;
mod chance;
mod fetch;
mod mqtt;
mod mysql;
mod postgres;
mod redis;
mod stores;

use std::cell::Cell;
use std::fmt::Write as _;
use std::hint::black_box;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use futures::SinkExt as _;
use http::Response;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use spin_sdk::http::{Request, body, get};
use spin_sdk::http_service;
use spin_sdk::key_value::Store;
use spin_sdk::time::sleep;
use spin_sdk::wasip3::http::types::Fields;
use spin_sdk::wasip3::sockets::ip_name_lookup::resolve_addresses;
use spin_sdk::wasip3::sockets::types::{
    IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, TcpSocket,
};
use spin_sdk::wasip3::spawn;

type Body = UnsyncBoxBody<Bytes, anyhow::Error>;

thread_local! {
    static SERVED: Cell<u32> = const { Cell::new(0) };
}

#[http_service]
async fn handle(request: Request) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let (action, argument) = path[1..].split_once('/').unwrap_or((&path[1..], ""));
    match action {
        "ok" => text("ok"),
        // How many requests this instance has served, this one included.
        "count" => text(SERVED.with(|served| {
            served.set(served.get() + 1);
            served.get()
        })),
        "sleep" => {
            pause(argument).await;
            text("slept")
        }
        "wait" => text(chance::wait(argument).await),
        "draw" => text(chance::draw()),
        "trap" => {
            pause(argument).await;
            panic!("asked to trap");
        }
        "loop" => {
            pause(argument).await;
            eprintln!("loops from now on");
            loop {
                black_box(());
            }
        }
        // Waits in a call of the host that holds the whole instance.
        "block" => {
            pause(argument).await;
            eprintln!("blocks from now on");
            std::thread::sleep(Duration::from_secs(2));
            text("went on")
        }
        "hang" => {
            hang().await;
            text("woke up")
        }
        "memory" => text(eat_memory()),
        "stream" => stream(argument),
        "announce" => announce(),
        "echo" => Response::new(request.into_body().map_err(Into::into).boxed_unsync()),
        // Answers when all of it has come, or what will.
        "length" => text(match request.into_body().collect().await {
            Ok(body) => body.to_bytes().len().to_string(),
            Err(error) => error.to_string(),
        }),
        "headers" => {
            let mut all = format!("{} {}\n", request.method(), request.uri());
            for (name, value) in request.headers() {
                let value = String::from_utf8_lossy(value.as_bytes());
                writeln!(all, "{name}: {value}").expect("a string can be written to");
            }
            text(all)
        }
        "get" => {
            // `/get/http/host:port/path` stands for `http://host:port/path`.
            let url = argument.replacen('/', "://", 1);
            match get(&url).await {
                Ok(answer) => {
                    let status = answer.status();
                    let body = answer.into_body().collect().await.expect("a whole body");
                    text(format!(
                        "{status}\n{}",
                        String::from_utf8_lossy(&body.to_bytes())
                    ))
                }
                Err(code) => text(format!("{code:?}")),
            }
        }
        "fetch" => fetch::fetch(request).await,
        "relay" => fetch::relay(request).await,
        "open" => match Store::open(argument).await {
            Ok(_) => text("opened"),
            Err(error) => text(format!("{error:?}")),
        },
        "interface" => text(match argument {
            "key-value" => stores::key_value().await,
            "sqlite-sync" => stores::sqlite_sync(),
            "sqlite-async" => stores::sqlite_async().await,
            "sqlite-parts" => stores::sqlite_parts().await,
            "variables" => stores::variables().await,
            "wasi-key-value" => stores::wasi_key_value(),
            _ => "no such interface".to_owned(),
        }),
        "calls" => text(calls::of(argument).await),
        "careless" => careless::answer(argument).await,
        "call-one" => text(calls::one(argument).await),
        "mqtt" => text(mqtt::call(argument, &request).await),
        "mysql" => text(mysql::call(argument, &request).await),
        "postgres" => text(postgres::call(argument, &request).await),
        "redis" => text(redis::call(argument, &request).await),
        "print" => {
            println!("to stdout");
            eprintln!("to stderr");
            text("printed")
        }
        "connect" => match std::net::TcpStream::connect(argument) {
            Ok(_) => text("connected"),
            Err(error) => text(error),
        },
        "connect-0-3" => text(connect(argument).await),
        "look-up-0-3" => text(match resolve_addresses(argument.to_owned()).await {
            Ok(addresses) => format!("{} addresses", addresses.len()),
            Err(code) => format!("{code:?}"),
        }),
        "handles" => {
            let all: Vec<Fields> = (0..10_000).map(|_| Fields::new()).collect();
            text(all.len())
        }
        // Passes as many mebibytes to the host in one call.
        "call" => {
            let name = "x".repeat(argument.parse::<usize>().unwrap_or(1) << 20);
            text(Store::open(name).await.is_ok())
        }
        "environment" => text(std::env::var(argument).unwrap_or_default()),
        "file" => text(std::fs::read_to_string(format!("/{argument}")).unwrap_or_default()),
        "now" => text(
            std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .expect("a time after 1970")
                .as_secs(),
        ),
        _ => Response::builder()
            .status(404)
            .body(full("no such action"))
            .expect("a valid response"),
    }
}

/// Connects over `wasi:sockets@0.3`; the standard library uses 0.2.
async fn connect(address: &str) -> String {
    let Ok(SocketAddr::V4(address)) = address.parse() else {
        return "no IPv4 address".to_owned();
    };
    let [a, b, c, d] = address.ip().octets();
    let socket = TcpSocket::create(IpAddressFamily::Ipv4).expect("there is room for a socket");
    let remote = IpSocketAddress::Ipv4(Ipv4SocketAddress {
        port: address.port(),
        address: (a, b, c, d),
    });
    match socket.connect(remote).await {
        Ok(()) => "connected".to_owned(),
        Err(code) => format!("{code:?}"),
    }
}

fn text(content: impl ToString) -> Response<Body> {
    Response::new(full(content.to_string()))
}

fn full(content: impl Into<Bytes>) -> Body {
    Full::new(content.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}

/// Waits for as many milliseconds as `argument` says, if it says any.
async fn pause(argument: &str) {
    if let Ok(millis) = argument.parse() {
        sleep(Duration::from_millis(millis)).await;
    }
}

/// As good as for ever. A task that waits for nothing of the host's is ended by `wit-bindgen`.
async fn hang() {
    sleep(Duration::from_secs(24 * 60 * 60)).await;
}

fn eat_memory() -> usize {
    let mut eaten = Vec::new();
    loop {
        eaten.push(black_box(vec![1u8; 1 << 20]));
    }
}

/// Announces a body of five bytes, and traps before it has any.
fn announce() -> Response<Body> {
    let (sender, body) = body::stream::<Bytes>();
    spawn(async move {
        let _sender = sender;
        sleep(Duration::from_millis(20)).await;
        panic!("asked to trap");
    });
    let mut response = Response::new(body.boxed_unsync());
    let length = http::HeaderValue::from_static("5");
    response.headers_mut().insert("content-length", length);
    response
}

/// Two parts of a body; then it ends, traps or stops, whichever `ending` says.
fn stream(ending: &str) -> Response<Body> {
    let (mut sender, body) = body::stream::<Bytes>();
    let ending = ending.to_owned();
    spawn(async move {
        for part in ["one ", "two "] {
            _ = sender.send(part.into()).await;
        }
        sleep(Duration::from_millis(20)).await;
        match ending.as_str() {
            "trap" => panic!("asked to trap"),
            "hang" => hang().await,
            _ => {}
        }
    });
    Response::new(body.boxed_unsync())
}
