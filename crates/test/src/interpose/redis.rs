//! Redis servers.

use std::sync::Arc;

use async_trait::async_trait;
use jenny_stores::{RedisConnection, RedisError, RedisParameter, RedisResult, RedisServers};

use super::reply::{Failure, Reply};
use super::{Interposed, Interposer};
use crate::fault::Odd;
use crate::ledger::{HostCall, RedisCall, without_password};

/// The commands that may carry a password among their arguments.
const SECRETIVE: [&str; 4] = ["AUTH", "HELLO", "CONFIG", "ACL"];

struct Connection {
    address: Arc<str>,
    real: Arc<dyn RedisConnection>,
    by: Interposer,
}

impl Connection {
    fn asked_to(&self, name: &str, arguments: Vec<Vec<u8>>) -> HostCall {
        let name = name.to_uppercase();
        let arguments = match SECRETIVE.contains(&name.as_str()) {
            true => Vec::new(),
            false => arguments,
        };
        HostCall::Redis {
            server: Arc::clone(&self.address),
            operation: RedisCall::Command { name, arguments },
        }
    }
}

/// A key, and what follows it.
fn with_key<A: AsRef<[u8]>>(key: &str, rest: &[A]) -> Vec<Vec<u8>> {
    let rest = rest.iter().map(|argument| argument.as_ref().to_vec());
    std::iter::once(key.as_bytes().to_vec())
        .chain(rest)
        .collect()
}

#[async_trait]
impl RedisServers for Interposed<dyn RedisServers> {
    async fn open(&self, address: &str) -> Result<Arc<dyn RedisConnection>, RedisError> {
        let server: Arc<str> = without_password(address).into();
        let what = HostCall::Redis {
            server: Arc::clone(&server),
            operation: RedisCall::Open,
        };
        let real = self.by.call(what, self.real.open(address)).await?;
        Ok(Arc::new(Connection {
            address: server,
            real,
            by: self.by.clone(),
        }))
    }
}

#[async_trait]
impl RedisConnection for Connection {
    async fn publish(&self, channel: &str, payload: Vec<u8>) -> Result<(), RedisError> {
        let what = self.asked_to("PUBLISH", with_key(channel, &[&payload]));
        let published = self.real.publish(channel, payload);
        self.by.call(what, published).await
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, RedisError> {
        let what = self.asked_to("GET", with_key::<&str>(key, &[]));
        self.by.call(what, self.real.get(key)).await
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), RedisError> {
        let what = self.asked_to("SET", with_key(key, &[&value]));
        self.by.call(what, self.real.set(key, value)).await
    }

    async fn incr(&self, key: &str) -> Result<i64, RedisError> {
        let what = self.asked_to("INCR", with_key::<&str>(key, &[]));
        self.by.call(what, self.real.incr(key)).await
    }

    async fn del(&self, keys: Vec<String>) -> Result<u32, RedisError> {
        let arguments = keys.iter().map(|key| key.as_bytes().to_vec()).collect();
        let what = self.asked_to("DEL", arguments);
        self.by.call(what, self.real.del(keys)).await
    }

    async fn sadd(&self, key: &str, values: Vec<String>) -> Result<u32, RedisError> {
        let what = self.asked_to("SADD", with_key(key, &values));
        self.by.call(what, self.real.sadd(key, values)).await
    }

    async fn smembers(&self, key: &str) -> Result<Vec<String>, RedisError> {
        let what = self.asked_to("SMEMBERS", with_key::<&str>(key, &[]));
        self.by.call(what, self.real.smembers(key)).await
    }

    async fn srem(&self, key: &str, values: Vec<String>) -> Result<u32, RedisError> {
        let what = self.asked_to("SREM", with_key(key, &values));
        self.by.call(what, self.real.srem(key, values)).await
    }

    async fn execute(
        &self,
        command: &str,
        arguments: Vec<RedisParameter>,
    ) -> Result<Vec<RedisResult>, RedisError> {
        let bytes = |argument: &RedisParameter| match argument {
            RedisParameter::Int64(number) => number.to_string().into_bytes(),
            RedisParameter::Binary(bytes) => bytes.clone(),
        };
        let what = self.asked_to(command, arguments.iter().map(bytes).collect());
        let executed = self.real.execute(command, arguments);
        self.by.call(what, executed).await
    }
}

impl Failure for RedisError {
    fn injected(_: bool, message: &str) -> Self {
        Self::Other(message.to_owned())
    }
}

/// How many there were.
impl Reply<RedisError> for u32 {
    fn in_short(&self) -> String {
        self.to_string()
    }

    fn odd(answer: &Odd) -> Option<Self> {
        match answer {
            Odd::Number(number) => Self::try_from(*number).ok(),
            Odd::Nothing => Some(0),
            _ => None,
        }
    }
}

/// The values of a set.
impl Reply<RedisError> for Vec<String> {
    fn in_short(&self) -> String {
        format!("{} values", self.len())
    }

    fn odd(answer: &Odd) -> Option<Self> {
        match answer {
            Odd::Text(text) => Some(vec![text.clone()]),
            Odd::Nothing => Some(Self::new()),
            _ => None,
        }
    }
}

/// Whatever a command answers.
impl Reply<RedisError> for Vec<RedisResult> {
    fn in_short(&self) -> String {
        match self.as_slice() {
            [RedisResult::Nil] => "nil".to_owned(),
            [RedisResult::Status(status)] => status.clone(),
            [RedisResult::Int64(number)] => number.to_string(),
            [RedisResult::Binary(bytes)] => format!("{} bytes", bytes.len()),
            several => format!("{} values", several.len()),
        }
    }

    fn odd(answer: &Odd) -> Option<Self> {
        Some(vec![match answer {
            Odd::Nothing => RedisResult::Nil,
            Odd::Number(number) => RedisResult::Int64(*number),
            Odd::Bytes(bytes) => RedisResult::Binary(bytes.clone()),
            Odd::Text(text) => RedisResult::Binary(text.clone().into_bytes()),
            _ => return None,
        }])
    }
}
