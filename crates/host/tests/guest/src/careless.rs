//! Handlers that keep what they know of a caller where the next one's request finds it.

use std::cell::RefCell;

use http::Response;
use spin_sdk::key_value::Store;

use super::{Body, full, text};

thread_local! {
    static CALLER: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Greets the caller, who says how this is to be done and who they are: `latest/anna`.
pub(crate) async fn answer(argument: &str) -> Response<Body> {
    let (how, caller) = argument.split_once('/').unwrap_or((argument, ""));
    match how {
        "latest" => {
            keep(caller);
            _ = read_something().await;
            greet(&kept())
        }
        "first" => {
            if CALLER.with_borrow(Option::is_none) {
                keep(caller);
            }
            _ = read_something().await;
            greet(&kept())
        }
        // Well done, unless something else goes wrong.
        "error" => {
            keep(caller);
            match read_something().await {
                Ok(()) => greet(caller),
                Err(()) => Response::builder()
                    .status(500)
                    .body(full(format!("the request of {} failed", kept())))
                    .expect("a valid response"),
            }
        }
        _ => {
            _ = read_something().await;
            greet(caller)
        }
    }
}

fn keep(caller: &str) {
    CALLER.set(Some(caller.to_owned()));
}

fn kept() -> String {
    CALLER.with_borrow(|caller| caller.clone().unwrap_or_default())
}

fn greet(caller: &str) -> Response<Body> {
    text(format!("hello {caller}"))
}

/// Lets other requests go on.
async fn read_something() -> Result<(), ()> {
    let store = Store::open("default").await.map_err(drop)?;
    store.get("something").await.map_err(drop)?;
    Ok(())
}
