//! Key-value stores on a Redis server, laid out as Spin does it: a key is a key of the database and
//! nothing else, a number its decimal digits. Whoever else uses the database is in the same store.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures::stream::{self, StreamExt as _};
use redis::{Cmd, Value, cmd};
use tokio::sync::Mutex;

use super::RedisConnector;
use super::address::Address;
use super::connection::{bytes, number, other, texts, unexpected};
use super::link::Link;
use crate::key_value::{KeyStream, KeyValueError, KeyValueStore, KeyValueStores};
use crate::{MAX_BUFFERED_BYTES, RedisError};

/// A connection that nobody has used for so long is not used again: a firewall between may have
/// forgotten it, which shows only by waiting.
const MAX_IDLE: Duration = Duration::from_secs(10 * 60);

/// How long a failure to connect is the answer to everybody who wants to: otherwise those who wait
/// for an unreachable server would wait for each other's attempts as well.
const FAILURE_LIFETIME: Duration = Duration::from_secs(1);

/// How many keys are asked for at once, about.
const PAGE_KEYS: usize = 1000;

/// Sets a key if its value is as it was: `WATCH` would need a connection of its own, and says nothing
/// of a key that is written between two looks.
const SWAP: &str = "\
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2]) return 1 end
return 0";

/// Stores on Redis servers by label, and those of `others`.
pub(crate) struct RedisStores {
    servers: BTreeMap<String, Arc<Server>>,
    others: Arc<dyn KeyValueStores>,
}

impl RedisStores {
    /// A connection for each label, made when it is first needed.
    pub(crate) fn new(
        addresses: impl IntoIterator<Item = (String, Address)>,
        connector: &RedisConnector,
        others: Arc<dyn KeyValueStores>,
    ) -> Self {
        let server = |(label, address): (String, _)| {
            let server = Server::new(label.clone(), address, connector.clone());
            (label, Arc::new(server))
        };
        Self {
            servers: addresses.into_iter().map(server).collect(),
            others,
        }
    }
}

#[async_trait]
impl KeyValueStores for RedisStores {
    async fn open(&self, label: &str) -> Result<Arc<dyn KeyValueStore>, KeyValueError> {
        let Some(server) = self.servers.get(label) else {
            return self.others.open(label).await;
        };
        // As on Spin, a server that is not there is met here.
        server.link().await?;
        Ok(Arc::new(RedisStore(Arc::clone(server))))
    }

    fn is_defined(&self, label: &str) -> bool {
        self.servers.contains_key(label) || self.others.is_defined(label)
    }
}

/// A database, and the connection that all requests share.
struct Server {
    label: String,
    connector: RedisConnector,
    address: Address,
    state: Mutex<State>,
}

enum State {
    Unconnected,
    Connected(Arc<Link>, Instant),
    /// When, and why, which is for the log.
    Failed(String, Instant),
}

impl Server {
    fn new(label: String, address: Address, connector: RedisConnector) -> Self {
        Self {
            label,
            connector,
            address,
            state: Mutex::new(State::Unconnected),
        }
    }

    /// The connection, made anew if it broke.
    async fn link(&self) -> Result<Arc<Link>, KeyValueError> {
        let mut state = self.state.lock().await;
        match &mut *state {
            State::Connected(link, used) if !link.is_closed() && used.elapsed() < MAX_IDLE => {
                *used = Instant::now();
                return Ok(Arc::clone(link));
            }
            State::Failed(_, when) if when.elapsed() < FAILURE_LIFETIME => {
                return Err(not_to_be_had());
            }
            _ => {}
        }
        match self.connector.connect(&self.address).await {
            Ok(link) => {
                let link = Arc::new(link);
                *state = State::Connected(Arc::clone(&link), Instant::now());
                Ok(link)
            }
            Err(error) => {
                // Not for components: it names the server.
                let cause = error.to_string();
                let label = &self.label;
                if !matches!(&*state, State::Failed(known, _) if *known == cause) {
                    tracing::error!(
                        "the Redis server of the key-value store `{label}` is not to be had: {cause}"
                    );
                }
                *state = State::Failed(cause, Instant::now());
                Err(not_to_be_had())
            }
        }
    }

    /// Connects anew for whoever is next, unless somebody has done so already.
    async fn forget(&self, broken: &Arc<Link>) {
        let mut state = self.state.lock().await;
        if matches!(&*state, State::Connected(link, _) if Arc::ptr_eq(link, broken)) {
            *state = State::Unconnected;
        }
    }

    async fn send(&self, command: &Cmd) -> Result<Value, KeyValueError> {
        let link = self.link().await?;
        let patience = self.connector.wait_timeout();
        match tokio::time::timeout(patience, link.send(command)).await {
            Ok(answer) => Ok(answer.map_err(|error| other(&error))?),
            Err(_) => {
                // It may be one that nobody is at the other end of.
                self.forget(&link).await;
                Err(KeyValueError::Other(format!(
                    "the Redis server of the store did not answer within {} seconds",
                    patience.as_secs()
                )))
            }
        }
    }
}

/// What components are told, who are not to know where their stores are.
fn not_to_be_had() -> KeyValueError {
    KeyValueError::Other("the Redis server of the store is not to be had".to_owned())
}

impl From<RedisError> for KeyValueError {
    fn from(error: RedisError) -> Self {
        Self::Other(error.to_string())
    }
}

struct RedisStore(Arc<Server>);

#[async_trait]
impl KeyValueStore for RedisStore {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, KeyValueError> {
        Ok(bytes(self.0.send(cmd("GET").arg(key)).await?)?)
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), KeyValueError> {
        self.0.send(cmd("SET").arg(key).arg(value)).await.map(drop)
    }

    async fn delete(&self, key: &str) -> Result<(), KeyValueError> {
        self.0.send(cmd("DEL").arg(key)).await.map(drop)
    }

    async fn exists(&self, key: &str) -> Result<bool, KeyValueError> {
        Ok(number(self.0.send(cmd("EXISTS").arg(key)).await?)? > 0)
    }

    /// Asks for some keys at a time: `KEYS` would hold up the server for all of them.
    async fn get_keys(&self) -> Result<KeyStream, KeyValueError> {
        let mut keys = Keys {
            server: Arc::clone(&self.0),
            cursor: Some(b"0".to_vec()),
            page: VecDeque::new(),
            given: HashSet::new(),
            bytes: 0,
        };
        keys.read().await?;
        let all = stream::try_unfold(keys, |mut keys| async {
            let next = keys.next().await?;
            Ok(next.map(|key| (key, keys)))
        });
        Ok(all.boxed())
    }

    async fn get_many(
        &self,
        keys: Vec<String>,
    ) -> Result<Vec<(String, Option<Vec<u8>>)>, KeyValueError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        match self.0.send(cmd("MGET").arg(&keys)).await? {
            Value::Array(values) if values.len() == keys.len() => keys
                .into_iter()
                .zip(values)
                .map(|(key, value)| Ok((key, bytes(value)?)))
                .collect(),
            other => Err(unexpected(&other).into()),
        }
    }

    async fn set_many(&self, pairs: Vec<(String, Vec<u8>)>) -> Result<(), KeyValueError> {
        if pairs.is_empty() {
            return Ok(());
        }
        let mut command = cmd("MSET");
        for (key, value) in pairs {
            command.arg(key).arg(value);
        }
        self.0.send(&command).await.map(drop)
    }

    async fn delete_many(&self, keys: Vec<String>) -> Result<(), KeyValueError> {
        if keys.is_empty() {
            return Ok(());
        }
        self.0.send(cmd("DEL").arg(keys)).await.map(drop)
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64, KeyValueError> {
        Ok(number(
            self.0.send(cmd("INCRBY").arg(key).arg(delta)).await?,
        )?)
    }

    async fn compare_and_swap(
        &self,
        key: &str,
        expected: Option<Vec<u8>>,
        value: Vec<u8>,
    ) -> Result<bool, KeyValueError> {
        let Some(expected) = expected else {
            let mut set = cmd("SET");
            set.arg(key).arg(value).arg("NX");
            return Ok(self.0.send(&set).await? == Value::Okay);
        };
        let mut swap = cmd("EVAL");
        swap.arg(SWAP).arg(1).arg(key).arg(expected).arg(value);
        Ok(number(self.0.send(&swap).await?)? == 1)
    }
}

/// The keys of a database, each once.
struct Keys {
    server: Arc<Server>,
    /// Where to go on; none at the end.
    cursor: Option<Vec<u8>>,
    page: VecDeque<String>,
    /// Those that were given out: the server may name a key twice.
    given: HashSet<String>,
    bytes: usize,
}

impl Keys {
    async fn next(&mut self) -> Result<Option<String>, KeyValueError> {
        loop {
            while let Some(key) = self.page.pop_front() {
                if self.given.contains(&key) {
                    continue;
                }
                self.bytes += size_of::<String>() + key.len();
                if self.bytes > MAX_BUFFERED_BYTES {
                    return Err(KeyValueError::Other(format!(
                        "query result exceeds limit of {MAX_BUFFERED_BYTES} bytes"
                    )));
                }
                self.given.insert(key.clone());
                return Ok(Some(key));
            }
            if self.cursor.is_none() {
                return Ok(None);
            }
            self.read().await?;
        }
    }

    /// Reads the next page, which may be empty before the end.
    async fn read(&mut self) -> Result<(), KeyValueError> {
        let cursor = self.cursor.take().unwrap_or_default();
        let mut scan = cmd("SCAN");
        scan.arg(cursor).arg("COUNT").arg(PAGE_KEYS);
        match self.server.send(&scan).await? {
            Value::Array(mut parts) if parts.len() == 2 => {
                self.page = texts(parts.remove(1))?.into();
                self.cursor = bytes(parts.remove(0))?.filter(|cursor| cursor != b"0");
                Ok(())
            }
            other => Err(unexpected(&other).into()),
        }
    }
}
