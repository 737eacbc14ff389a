//! Calls `spin:mqtt` and `fermyon:spin/mqtt`. What to do is in the path, the address of the broker and
//! the user in headers.

#![allow(clippy::unwrap_used, reason = "what panics here fails a test")]

use futures::future::join_all;
use spin_sdk::http::Request;

use crate::stores::fermyon::spin::mqtt as v2;
use crate::stores::spin::mqtt::mqtt::{Connection, Error, Qos};

/// In seconds.
const KEEP_ALIVE: u64 = 30;

pub(crate) async fn call(action: &str, request: &Request) -> String {
    let header = |name: &str| {
        let value = request.headers().get(name);
        value.map_or(String::new(), |value| value.to_str().unwrap().to_owned())
    };
    let (address, user, password) = (header("x-address"), header("x-user"), header("x-password"));
    let open = async || {
        Connection::open(address.clone(), user.clone(), password.clone(), KEEP_ALIVE).await
    };
    match action {
        "open" => {
            let beside = open().await.map(drop);
            let blocking = v2::Connection::open(&address, &user, &password, KEEP_ALIVE).map(drop);
            format!("{beside:?}\n{blocking:?}")
        }
        "many" => {
            let mut kept = Vec::new();
            let refusal = loop {
                match open().await {
                    Ok(connection) => kept.push(connection),
                    Err(error) => break error,
                }
            };
            format!("{} {refusal:?}", kept.len())
        }
        "publish" => match open().await {
            Ok(connection) => publish(&connection, &header("x-topic")).await,
            Err(error) => format!("{error:?}"),
        },
        "older" => {
            let connection = v2::Connection::open(&address, &user, &password, KEEP_ALIVE).unwrap();
            let mut lines = Vec::new();
            for qos in [
                v2::Qos::AtMostOnce,
                v2::Qos::AtLeastOnce,
                v2::Qos::ExactlyOnce,
            ] {
                let published = connection.publish(&header("x-topic"), b"older", qos);
                lines.push(format!("{published:?}"));
            }
            lines.join(" ")
        }
        _ => "no such action".to_owned(),
    }
}

/// One message of each quality one after another, several at once, and a long one.
async fn publish(connection: &Connection, topic: &str) -> String {
    let publish =
        async |payload: Vec<u8>, qos| connection.publish(topic.to_owned(), payload, qos).await;
    let mut results: Vec<Result<(), Error>> = Vec::new();
    for (payload, qos) in [
        (vec![], Qos::AtMostOnce),
        (vec![0, 255], Qos::AtLeastOnce),
        ("é".into(), Qos::ExactlyOnce),
        (vec![b'x'; 1 << 20], Qos::AtLeastOnce),
    ] {
        results.push(publish(payload, qos).await);
    }
    let several = (0..5).map(|number| publish(vec![number], Qos::ExactlyOnce));
    results.extend(join_all(several).await);
    format!("{results:?}")
}
