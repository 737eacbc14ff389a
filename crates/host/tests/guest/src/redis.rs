//! Calls `spin:redis` and what came before it. What to do is in the path, the address of the server
//! in a header.

#![allow(clippy::unwrap_used, reason = "what panics here fails a test")]

use std::cell::RefCell;
use std::fmt::Debug;
use std::rc::Rc;

use spin_sdk::http::Request;

use crate::stores::fermyon::spin::redis as v2;
use crate::stores::spin::redis::redis::{self as v3, Connection, RedisParameter};

thread_local! {
    /// A connection that outlives the request which opened it.
    static KEPT: RefCell<Option<Rc<Connection>>> = const { RefCell::new(None) };
}

pub(crate) async fn call(action: &str, request: &Request) -> String {
    let header = |name: &str| {
        let value = request.headers().get(name);
        value.map(|value| value.to_str().unwrap().to_owned())
    };
    let address = header("x-address").unwrap();
    let (action, argument) = action.split_once('/').unwrap_or((action, ""));
    match action {
        "open" => open(&address).await,
        "every" => every(&address).await,
        "every-older" => every_older(&address),
        "run" => run(&address, &header("x-command").unwrap()).await,
        "kept" => kept(&address).await.unwrap_or_else(refused),
        "add" => add(&address).await.unwrap_or_else(refused),
        "many" => many(&address, argument).await,
        "apart" => apart(&address).await.unwrap_or_else(refused),
        "together" => together(&address).await.unwrap_or_else(refused),
        "large" => large(&address, argument).await.unwrap_or_else(refused),
        _ => "no such action".to_owned(),
    }
}

/// What a test shows that expected something else.
fn refused(error: v3::Error) -> String {
    format!("refused: {error:?}")
}

async fn open(address: &str) -> String {
    let beside = v3::Connection::open(address.into()).await.map(drop);
    let blocking = v2::Connection::open(address).map(drop);
    format!("{beside:?}\n{blocking:?}")
}

/// Calls every function of one version; those of version 3 are waited for.
macro_rules! calls {
    ($version:ident, $address:expr $(, $await:tt)?) => {{
        let connection = $version::Connection::open($address.into())$(.$await)?.unwrap();
        let texts = |texts: &[&str]| -> Vec<String> {
            texts.iter().map(|text| (*text).to_owned()).collect()
        };
        let bytes = |text: &str| $version::RedisParameter::Binary(text.as_bytes().to_vec());
        let (none, two) = (texts(&[]), texts(&["x", "y", "x"]));
        let (gone, some) = (texts(&["x", "no"]), texts(&["n", "t", "s", "no"]));
        let (none, two, gone, some) = (&none[..], &two[..], &gone[..], &some[..]);
        let number = [bytes("n"), $version::RedisParameter::Int64(-7)];
        let large = [bytes("n"), $version::RedisParameter::Int64(i64::MAX)];
        let binary = [bytes("s"), $version::RedisParameter::Binary(vec![0xFF])];
        let nested = [bytes("return {1, {2, {'three', false}}, {}, 'four'}"), bytes("0")];
        let status = [bytes("return redis.status_reply('fine')"), bytes("0")];
        let missing = [bytes("no")];
        let no_parameters: [$version::RedisParameter; 0] = [];
        let mut lines = vec![
            show(connection.get("n".into())$(.$await)?),
            show(connection.set("n".into(), b"41".as_slice().into())$(.$await)?),
            show(connection.get("n".into())$(.$await)?),
            show(connection.incr("n".into())$(.$await)?),
            show(connection.incr("new".into())$(.$await)?),
            show(connection.set("t".into(), b"\x00text\r\n".as_slice().into())$(.$await)?),
            show(connection.get("t".into())$(.$await)?),
            show(connection.incr("t".into())$(.$await)?),
            show(connection.sadd("s".into(), two.into())$(.$await)?),
            show(connection.sadd("t".into(), two.into())$(.$await)?),
            show(connection.sadd("s".into(), none.into())$(.$await)?),
            show(connection.incr("s".into())$(.$await)?),
            show(connection.get("s".into())$(.$await)?),
            show(connection.smembers("s".into())$(.$await)?.map(sorted)),
            show(connection.smembers("no".into())$(.$await)?),
            show(connection.smembers("t".into())$(.$await)?),
            show(connection.srem("s".into(), gone.into())$(.$await)?),
            show(connection.publish("c".into(), b"hello".as_slice().into())$(.$await)?),
        ];
        lines.extend([
            show(connection.execute("PING".into(), no_parameters.as_slice().into())$(.$await)?),
            show(connection.execute("SET".into(), number.as_slice().into())$(.$await)?),
            show(connection.execute("INCRBY".into(), number.as_slice().into())$(.$await)?),
            show(connection.execute("GET".into(), missing.as_slice().into())$(.$await)?),
            show(connection.execute("EVAL".into(), nested.as_slice().into())$(.$await)?),
            show(connection.execute("EVAL".into(), status.as_slice().into())$(.$await)?),
            show(connection.execute("SET".into(), large.as_slice().into())$(.$await)?),
            show(connection.incr("n".into())$(.$await)?),
            show(connection.execute("NO SUCH".into(), missing.as_slice().into())$(.$await)?),
            show(connection.execute("".into(), no_parameters.as_slice().into())$(.$await)?),
            show(connection.execute("SADD".into(), binary.as_slice().into())$(.$await)?),
            show(connection.smembers("s".into())$(.$await)?),
            show(connection.del(some.into())$(.$await)?),
            show(connection.del(none.into())$(.$await)?),
        ]);
        lines.join("\n")
    }};
}

async fn every(address: &str) -> String {
    calls!(v3, address, await)
}

fn every_older(address: &str) -> String {
    calls!(v2, address)
}

fn show<T: Debug, E: Debug>(result: Result<T, E>) -> String {
    format!("{result:?}")
}

fn sorted(mut values: Vec<String>) -> Vec<String> {
    values.sort();
    values
}

/// Runs a command of words on a connection of its own.
async fn run(address: &str, command: &str) -> String {
    match Connection::open(address.into()).await {
        Ok(connection) => execute(&connection, command).await,
        Err(error) => format!("{error:?}"),
    }
}

async fn execute(connection: &Connection, command: &str) -> String {
    let mut words = command.split(' ').map(str::to_owned);
    let command = words.next().unwrap();
    let arguments = words.map(|word| RedisParameter::Binary(word.into_bytes()));
    format!(
        "{:?}",
        connection.execute(command, arguments.collect()).await
    )
}

/// Runs a command on the connection that an earlier request has opened, if it has.
async fn kept(address: &str) -> Result<String, v3::Error> {
    let kept = KEPT.with(|kept| kept.borrow().clone());
    let connection = match kept {
        Some(connection) => connection,
        None => Rc::new(Connection::open(address.into()).await?),
    };
    KEPT.with(|kept| *kept.borrow_mut() = Some(Rc::clone(&connection)));
    Ok(format!("{:?}", connection.incr("kept".into()).await))
}

async fn add(address: &str) -> Result<String, v3::Error> {
    let connection = Connection::open(address.into()).await?;
    Ok(connection.incr("sum".into()).await?.to_string())
}

/// Opens connections until it has so many or is refused.
async fn many(address: &str, count: &str) -> String {
    let mut all = Vec::new();
    let refused = loop {
        match Connection::open(address.into()).await {
            Ok(connection) => all.push(connection),
            Err(error) => break Some(error),
        }
        if all.len() == count.parse().unwrap() {
            break None;
        }
    };
    let opened = all.len();
    drop(all.pop());
    let again = Connection::open(address.into()).await.is_ok();
    format!("{opened} {refused:?} {again}")
}

/// What one connection is in the middle of is nothing to the other.
async fn apart(address: &str) -> Result<String, v3::Error> {
    let one = Connection::open(address.into()).await?;
    let other = Connection::open(address.into()).await?;
    let mut lines = vec![
        execute(&one, "SELECT 999").await,
        execute(&one, "MULTI").await,
        execute(&one, "SET a 1").await,
        execute(&other, "SET a 2").await,
        execute(&one, "EXEC").await,
        execute(&one, "GET a").await,
        execute(&other, "GET a").await,
        execute(&other, "SUBSCRIBE c").await,
    ];
    lines.push(format!(
        "{:?}",
        one.publish("c".into(), b"m".to_vec()).await
    ));
    lines.push(execute(&one, "DEL a").await);
    Ok(lines.join("\n"))
}

/// A command that waits, and what it waits for, at the same time.
async fn together(address: &str) -> Result<String, v3::Error> {
    let waiting = Connection::open(address.into()).await?;
    let other = Connection::open(address.into()).await?;
    let (popped, pushed) = futures::join!(
        execute(&waiting, "BLPOP list 0"),
        execute(&other, "RPUSH list item")
    );
    let all = (0..100).map(|_| waiting.incr("together".into()));
    let all: Vec<i64> = futures::future::try_join_all(all).await?;
    let sum: i64 = all.into_iter().sum();
    Ok(format!("{popped} {pushed} {sum}"))
}

/// Asks for a string of so many bytes, and then for something else on the same connection.
async fn large(address: &str, length: &str) -> Result<String, v3::Error> {
    let connection = Connection::open(address.into()).await?;
    let script = "return string.rep('x', tonumber(ARGV[1]))";
    let arguments = [script, "0", length].map(|text| RedisParameter::Binary(text.into()));
    let answer = connection.execute("EVAL".into(), arguments.into()).await;
    let answer = match answer.as_deref() {
        Ok([v3::RedisResult::Binary(bytes)]) => format!("{}", bytes.len()),
        Ok(_) => "something else".to_owned(),
        Err(error) => format!("{error:?}"),
    };
    Ok(format!("{answer} {}", execute(&connection, "PING").await))
}
