//! Key-value stores in an SQLite file, in Spin's schema, or in memory.

mod file;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, TransactionBehavior, params};
use tokio::time::Instant;

use super::MAX_BUFFERED_BYTES;
use super::key_value::{KeyStream, KeyValueError, KeyValueStore, KeyValueStores};
use super::work::Work;
use file::{BUSY_TIMEOUT, File};

const GET: &str = "SELECT value FROM spin_key_value WHERE store = ?1 AND key = ?2";
const SET: &str = "INSERT INTO spin_key_value (store, key, value) VALUES (?1, ?2, ?3)
    ON CONFLICT (store, key) DO UPDATE SET value = excluded.value";
const SET_NEW: &str = "INSERT INTO spin_key_value (store, key, value) VALUES (?1, ?2, ?3)
    ON CONFLICT (store, key) DO NOTHING";
const SWAP: &str =
    "UPDATE spin_key_value SET value = ?3 WHERE store = ?1 AND key = ?2 AND value = ?4";
const DELETE: &str = "DELETE FROM spin_key_value WHERE store = ?1 AND key = ?2";
const EXISTS: &str = "SELECT 1 FROM spin_key_value WHERE store = ?1 AND key = ?2";
const FIRST_KEYS: &str = "SELECT key FROM spin_key_value WHERE store = ?1 ORDER BY key";
const NEXT_KEYS: &str = "SELECT key FROM spin_key_value WHERE store = ?1 AND key > ?2 ORDER BY key";

/// A page of keys is closed at this many keys.
const PAGE_KEYS: usize = 1024;

/// A page of keys is closed at this many bytes.
const PAGE_BYTES: usize = 1024 * 1024;

/// The pause between two attempts to get another process's lock.
const BUSY_PAUSE: Duration = Duration::from_millis(10);

/// The key-value stores of an application by label.
pub(crate) struct LocalKeyValue {
    files: BTreeMap<String, Arc<File>>,
    work: Work,
}

impl LocalKeyValue {
    /// The stores at `paths`, or in memory where there is no path. Labels that share a path share
    /// its connection; their keys are kept apart by the label.
    ///
    /// A call waits for another process's lock for `patience`, or as long as on Spin.
    pub(crate) fn new(
        paths: &BTreeMap<String, Option<PathBuf>>,
        work: Work,
        patience: Option<Duration>,
    ) -> Self {
        let file = |path| Arc::new(File::new(path, patience.unwrap_or(BUSY_TIMEOUT)));
        let mut by_path: HashMap<&Path, Arc<File>> = HashMap::new();
        let files = paths
            .iter()
            .map(|(label, path)| {
                let file = match path {
                    None => file(None),
                    Some(path) => Arc::clone(
                        by_path
                            .entry(path)
                            .or_insert_with(|| file(Some(path.clone()))),
                    ),
                };
                (label.clone(), file)
            })
            .collect();
        Self { files, work }
    }
}

#[async_trait]
impl KeyValueStores for LocalKeyValue {
    async fn open(&self, label: &str) -> Result<Arc<dyn KeyValueStore>, KeyValueError> {
        let file = self.files.get(label).ok_or(KeyValueError::NoSuchStore)?;
        Ok(Arc::new(LocalStore {
            label: label.into(),
            file: Arc::clone(file),
            work: self.work,
        }))
    }

    fn is_defined(&self, label: &str) -> bool {
        self.files.contains_key(label)
    }
}

#[derive(Clone)]
struct LocalStore {
    label: Arc<str>,
    file: Arc<File>,
    work: Work,
}

impl LocalStore {
    /// Runs `job` with the connection and the store's label, and again if another process has a lock
    /// that it needs. Between attempts the connection is free: calls that need no such lock go on.
    async fn run<R: Send + 'static>(
        &self,
        job: impl Fn(&mut Connection, &str) -> Result<R, Error> + Send + Sync + 'static,
    ) -> Result<R, KeyValueError> {
        let job = Arc::new(job);
        let mut deadline = None;
        loop {
            let mut slot = Arc::clone(&self.file.connection).lock_owned().await;
            let file = Arc::clone(&self.file);
            let label = Arc::clone(&self.label);
            let job = Arc::clone(&job);
            let attempt = move || {
                if slot.is_none() {
                    *slot = Some(file.connect()?);
                }
                job(slot.as_mut().expect("the slot was filled above"), &label)
            };
            let done = self.work.run(attempt).await.map_err(KeyValueError::Other)?;
            match done {
                Err(error) if error.is_busy() => {
                    let now = Instant::now();
                    if now >= *deadline.get_or_insert(now + self.file.busy_timeout) {
                        return Err(error.into());
                    }
                    tokio::time::sleep(BUSY_PAUSE).await;
                }
                done => return Ok(done?),
            }
        }
    }

    async fn keys_after(&self, after: Option<String>) -> Result<Page, KeyValueError> {
        self.run(move |connection, store| {
            let mut statement;
            let mut rows = match &after {
                None => {
                    statement = connection.prepare_cached(FIRST_KEYS)?;
                    statement.query(params![store])?
                }
                Some(after) => {
                    statement = connection.prepare_cached(NEXT_KEYS)?;
                    statement.query(params![store, after])?
                }
            };
            let mut keys = Vec::new();
            let mut bytes = 0;
            while keys.len() < PAGE_KEYS && bytes < PAGE_BYTES {
                let Some(row) = rows.next()? else {
                    return Ok(Page { keys, last: true });
                };
                let key: String = row.get(0)?;
                bytes += key.len();
                keys.push(key);
            }
            Ok(Page { keys, last: false })
        })
        .await
    }
}

/// Some keys in their order, and whether they are the last.
struct Page {
    keys: Vec<String>,
    last: bool,
}

#[async_trait]
impl KeyValueStore for LocalStore {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, KeyValueError> {
        let key = key.to_owned();
        self.run(move |connection, store| {
            let value = get(connection, store, &key)?;
            let bytes = value.as_ref().map_or(0, Vec::len);
            if bytes > MAX_BUFFERED_BYTES {
                Err(Error::TooLarge)
            } else {
                Ok(value)
            }
        })
        .await
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), KeyValueError> {
        let key = key.to_owned();
        self.run(move |connection, store| {
            connection
                .prepare_cached(SET)?
                .execute(params![store, key, value])?;
            Ok(())
        })
        .await
    }

    async fn delete(&self, key: &str) -> Result<(), KeyValueError> {
        let key = key.to_owned();
        self.run(move |connection, store| {
            connection
                .prepare_cached(DELETE)?
                .execute(params![store, key])?;
            Ok(())
        })
        .await
    }

    async fn exists(&self, key: &str) -> Result<bool, KeyValueError> {
        let key = key.to_owned();
        self.run(move |connection, store| {
            Ok(connection
                .prepare_cached(EXISTS)?
                .exists(params![store, key])?)
        })
        .await
    }

    async fn get_keys(&self) -> Result<KeyStream, KeyValueError> {
        let store = self.clone();
        let first = store.keys_after(None).await?;
        // Page by page, each in its own turn: a reader that takes its time must not keep the
        // others from the file.
        let pages = stream::try_unfold(Some(first), move |page| {
            let store = store.clone();
            async move {
                let Some(Page { keys, last }) = page else {
                    return Ok(None);
                };
                let next = match keys.last() {
                    Some(key) if !last => Some(store.keys_after(Some(key.clone())).await?),
                    _ => None,
                };
                let keys = keys.into_iter().map(Ok::<_, KeyValueError>);
                Ok::<_, KeyValueError>(Some((stream::iter(keys), next)))
            }
        });
        Ok(pages.try_flatten().boxed())
    }

    async fn get_many(
        &self,
        keys: Vec<String>,
    ) -> Result<Vec<(String, Option<Vec<u8>>)>, KeyValueError> {
        self.run(move |connection, store| {
            let transaction = connection.transaction()?;
            let mut bytes = 0;
            let mut pairs = Vec::with_capacity(keys.len());
            for key in &keys {
                let value = get(&transaction, store, key)?;
                bytes += key.len() + value.as_ref().map_or(0, Vec::len);
                if bytes > MAX_BUFFERED_BYTES {
                    return Err(Error::TooLarge);
                }
                pairs.push((key.clone(), value));
            }
            Ok(pairs)
        })
        .await
    }

    async fn set_many(&self, pairs: Vec<(String, Vec<u8>)>) -> Result<(), KeyValueError> {
        self.run(move |connection, store| {
            write(connection, |connection| {
                for (key, value) in &pairs {
                    connection
                        .prepare_cached(SET)?
                        .execute(params![store, key, value])?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn delete_many(&self, keys: Vec<String>) -> Result<(), KeyValueError> {
        self.run(move |connection, store| {
            write(connection, |connection| {
                for key in &keys {
                    connection
                        .prepare_cached(DELETE)?
                        .execute(params![store, key])?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn increment(&self, key: &str, delta: i64) -> Result<i64, KeyValueError> {
        let key = key.to_owned();
        self.run(move |connection, store| {
            write(connection, |connection| {
                let number = match get(connection, store, &key)? {
                    None => 0,
                    Some(bytes) => i64::from_le_bytes(
                        bytes
                            .try_into()
                            .map_err(|bytes: Vec<u8>| Error::NoNumber(bytes.len()))?,
                    ),
                };
                let sum = number.checked_add(delta).ok_or(Error::Overflow)?;
                connection
                    .prepare_cached(SET)?
                    .execute(params![store, key, sum.to_le_bytes()])?;
                Ok(sum)
            })
        })
        .await
    }

    async fn compare_and_swap(
        &self,
        key: &str,
        expected: Option<Vec<u8>>,
        value: Vec<u8>,
    ) -> Result<bool, KeyValueError> {
        let key = key.to_owned();
        self.run(move |connection, store| {
            // One statement is one transaction.
            let changed = match &expected {
                None => connection
                    .prepare_cached(SET_NEW)?
                    .execute(params![store, key, value])?,
                Some(expected) => connection
                    .prepare_cached(SWAP)?
                    .execute(params![store, key, value, expected])?,
            };
            Ok(changed == 1)
        })
        .await
    }
}

fn get(connection: &Connection, store: &str, key: &str) -> Result<Option<Vec<u8>>, Error> {
    Ok(connection
        .prepare_cached(GET)?
        .query_row(params![store, key], |row| row.get(0))
        .optional()?)
}

/// Runs `work` in a transaction that holds the lock for writing from its beginning: one that asked
/// for it half-way could find that another process has written meanwhile, and fail.
fn write<R>(
    connection: &mut Connection,
    work: impl FnOnce(&Connection) -> Result<R, Error>,
) -> Result<R, Error> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let result = work(&transaction)?;
    transaction.commit()?;
    Ok(result)
}

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error("query result exceeds limit of {MAX_BUFFERED_BYTES} bytes")]
    TooLarge,
    #[error("the value is not a number: it has {0} bytes, and a number has 8")]
    NoNumber(usize),
    #[error("the number would overflow 64 bits")]
    Overflow,
}

impl Error {
    /// Whether another process has a lock. What was tried has had no effect.
    fn is_busy(&self) -> bool {
        let Self::Sqlite(error) = self else {
            return false;
        };
        error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
    }
}

impl From<Error> for KeyValueError {
    fn from(error: Error) -> Self {
        Self::Other(error.to_string())
    }
}
