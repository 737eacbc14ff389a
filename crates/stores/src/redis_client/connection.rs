//! The commands that `spin:redis` has functions for.

use async_trait::async_trait;
use redis::{Cmd, Value, cmd};

use super::gate::TOO_LARGE;
use super::link::Link;
use crate::redis::{RedisConnection, RedisError, RedisParameter, RedisResult};

/// What a server says of a value that it cannot add to.
const NO_INTEGER: &str = "value is not an integer or out of range";

/// What a server says of a value of another type than the command works on.
const WRONG_TYPE: &str = "WRONGTYPE";

/// A component's own connection.
pub(super) struct Connection(pub(super) Link);

impl Connection {
    async fn send(&self, command: &Cmd) -> Result<Value, RedisError> {
        self.0.send(command).await.map_err(|error| other(&error))
    }

    /// Like [`send`](Self::send), where a value of the wrong type is an error of its own.
    async fn send_typed(&self, command: &Cmd) -> Result<Value, RedisError> {
        self.0.send(command).await.map_err(|error| {
            let no_integer = error.detail().is_some_and(|text| text.contains(NO_INTEGER));
            if error.code() == Some(WRONG_TYPE) || no_integer {
                RedisError::TypeError
            } else {
                other(&error)
            }
        })
    }
}

/// What an error is to components: the driver's words, as on Spin.
pub(super) fn other(error: &redis::RedisError) -> RedisError {
    match error.detail() {
        Some(sentence) if error.code() == Some(TOO_LARGE) => RedisError::Other(sentence.to_owned()),
        _ => RedisError::Other(error.to_string()),
    }
}

pub(super) fn unexpected(value: &Value) -> RedisError {
    let kind = match value {
        Value::Nil => "nil",
        Value::Int(_) => "a number",
        Value::BulkString(_) | Value::SimpleString(_) | Value::Okay => "a string",
        Value::Array(_) | Value::Set(_) => "an array",
        _ => "something",
    };
    RedisError::Other(format!(
        "the server answered with {kind} that the command does not have"
    ))
}

pub(super) fn bytes(value: Value) -> Result<Option<Vec<u8>>, RedisError> {
    match value {
        Value::Nil => Ok(None),
        Value::BulkString(bytes) => Ok(Some(bytes)),
        // Not from a server, but from what stands between.
        Value::SimpleString(text) => Ok(Some(text.into_bytes())),
        Value::Okay => Ok(Some(b"OK".to_vec())),
        other => Err(unexpected(&other)),
    }
}

pub(super) fn number(value: Value) -> Result<i64, RedisError> {
    match value {
        Value::Int(number) => Ok(number),
        other => Err(unexpected(&other)),
    }
}

fn count(value: Value) -> Result<u32, RedisError> {
    let number = number(value)?;
    u32::try_from(number).map_err(|_| RedisError::Other(format!("{number} is no count")))
}

pub(super) fn texts(value: Value) -> Result<Vec<String>, RedisError> {
    let items = match value {
        Value::Array(items) | Value::Set(items) => items,
        Value::Nil => Vec::new(),
        other => return Err(unexpected(&other)),
    };
    let text = |item| {
        let bytes = bytes(item)?.ok_or_else(|| unexpected(&Value::Nil))?;
        String::from_utf8(bytes)
            .map_err(|_| RedisError::Other("a value is not text in UTF-8".to_owned()))
    };
    items.into_iter().map(text).collect()
}

/// Appends what `value` is to a component: arrays become a flat sequence, in which an array without
/// items leaves nothing.
fn flatten(value: Value, all: &mut Vec<RedisResult>) -> Result<(), RedisError> {
    let refuse = |what: &str| {
        let sentence = format!("the answer has a {what} of RESP3, which is not supported");
        Err(RedisError::Other(sentence))
    };
    all.push(match value {
        Value::Nil => RedisResult::Nil,
        Value::Int(number) => RedisResult::Int64(number),
        Value::BulkString(bytes) | Value::BigNumber(bytes) => RedisResult::Binary(bytes),
        Value::SimpleString(text) => RedisResult::Status(text),
        Value::Okay => RedisResult::Status("OK".to_owned()),
        Value::Double(number) => RedisResult::Binary(number.to_string().into_bytes()),
        Value::Boolean(is) => RedisResult::Int64(is.into()),
        Value::Array(items) | Value::Set(items) => {
            return items.into_iter().try_for_each(|item| flatten(item, all));
        }
        Value::Map(_) => return refuse("map"),
        Value::Attribute { .. } => return refuse("attribute"),
        Value::VerbatimString { .. } => return refuse("verbatim string"),
        Value::Push { .. } => return refuse("message"),
        other => return Err(unexpected(&other)),
    });
    Ok(())
}

#[async_trait]
impl RedisConnection for Connection {
    async fn publish(&self, channel: &str, payload: Vec<u8>) -> Result<(), RedisError> {
        self.send(cmd("PUBLISH").arg(channel).arg(payload))
            .await
            .map(drop)
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, RedisError> {
        bytes(self.send(cmd("GET").arg(key)).await?)
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), RedisError> {
        self.send(cmd("SET").arg(key).arg(value)).await.map(drop)
    }

    async fn incr(&self, key: &str) -> Result<i64, RedisError> {
        number(self.send_typed(cmd("INCRBY").arg(key).arg(1)).await?)
    }

    async fn del(&self, keys: Vec<String>) -> Result<u32, RedisError> {
        count(self.send(cmd("DEL").arg(keys)).await?)
    }

    async fn sadd(&self, key: &str, values: Vec<String>) -> Result<u32, RedisError> {
        count(self.send_typed(cmd("SADD").arg(key).arg(values)).await?)
    }

    async fn smembers(&self, key: &str) -> Result<Vec<String>, RedisError> {
        texts(self.send(cmd("SMEMBERS").arg(key)).await?)
    }

    async fn srem(&self, key: &str, values: Vec<String>) -> Result<u32, RedisError> {
        count(self.send(cmd("SREM").arg(key).arg(values)).await?)
    }

    async fn execute(
        &self,
        command: &str,
        arguments: Vec<RedisParameter>,
    ) -> Result<Vec<RedisResult>, RedisError> {
        let mut command = cmd(command);
        for argument in arguments {
            match argument {
                RedisParameter::Int64(number) => command.arg(number),
                RedisParameter::Binary(bytes) => command.arg(bytes),
            };
        }
        let mut all = Vec::new();
        flatten(self.send(&command).await?, &mut all)?;
        Ok(all)
    }
}
