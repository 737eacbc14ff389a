{%- assign name = project-name | kebab_case -%}
//! The key-value store.
//!
//! Functions share it, so every key of this one begins with its name. The store is made for values
//! that are read more often than written: it knows no time to live, no conditions, no transactions.

use serde::{Deserialize, Serialize};
{%- if auth != "none" %}
use shared::identity::UserId;
{%- endif %}
use shared::problem::Problem;
use spin_sdk::key_value::{self, Store};

use crate::model::{Entry, EntryText, Key};

/// The label of the store, which `spin.toml` grants in `key_value_stores`.
const LABEL: &str = "default";

/// Seconds after which to try again when the store is away.
const RETRY_AFTER_SECONDS: u64 = 5;

/// Why there is nothing to answer with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("the key-value store `{LABEL}` failed: {0}")]
    Store(#[from] key_value::Error),
    #[error("the key-value store `{LABEL}` holds what was not written here: {0}")]
    Malformed(#[from] serde_json::Error),
{%- if auth == "optional" %}
    #[error("the entry is somebody else's")]
    NotTheirs,
{%- endif %}
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Store(_) => Self::unavailable(RETRY_AFTER_SECONDS, error),
            StoreError::Malformed(_) => Self::internal(error),
{%- if auth == "optional" %}
            StoreError::NotTheirs => Self::forbidden("Only who wrote an entry may change it."),
{%- endif %}
        }
    }
}

/// What is kept. A member that comes later needs `#[serde(default)]`: old values stay.
#[derive(Deserialize, Serialize)]
struct Value {
    text: String,
{%- if auth == "optional" %}
    owner: UserId,
{%- endif %}
}

{% if auth == "required" -%}
/// Everybody has keys of their own.
fn name_of(owner: UserId, key: &Key) -> String {
    format!("{{ name }}:{owner}:{key}")
}
{%- else -%}
fn name_of(key: &Key) -> String {
    format!("{{ name }}:{key}")
}
{%- endif %}

async fn read(store: &Store, name: &str) -> Result<Option<Value>, StoreError> {
    let bytes = store.get(name).await?;
    let value = bytes.map(|bytes| serde_json::from_slice(&bytes));
    Ok(value.transpose()?)
}
{% case auth -%}
{%- when "none" %}
pub(crate) async fn find(key: &Key) -> Result<Option<Entry>, StoreError> {
    let store = Store::open(LABEL).await?;
    let value = read(&store, &name_of(key)).await?;
    Ok(value.map(|Value { text }| Entry { text }))
}

pub(crate) async fn write(key: &Key, text: EntryText) -> Result<Entry, StoreError> {
    let store = Store::open(LABEL).await?;
    let text = text.into_string();
    let value = serde_json::to_vec(&Value { text: text.clone() })?;
    store.set(name_of(key), value).await?;
    Ok(Entry { text })
}

pub(crate) async fn delete(key: &Key) -> Result<(), StoreError> {
    let store = Store::open(LABEL).await?;
    Ok(store.delete(name_of(key)).await?)
}
{%- when "required" %}
pub(crate) async fn find(owner: UserId, key: &Key) -> Result<Option<Entry>, StoreError> {
    let store = Store::open(LABEL).await?;
    let value = read(&store, &name_of(owner, key)).await?;
    Ok(value.map(|Value { text }| Entry { text }))
}

pub(crate) async fn write(owner: UserId, key: &Key, text: EntryText) -> Result<Entry, StoreError> {
    let store = Store::open(LABEL).await?;
    let text = text.into_string();
    let value = serde_json::to_vec(&Value { text: text.clone() })?;
    store.set(name_of(owner, key), value).await?;
    Ok(Entry { text })
}

pub(crate) async fn delete(owner: UserId, key: &Key) -> Result<(), StoreError> {
    let store = Store::open(LABEL).await?;
    Ok(store.delete(name_of(owner, key)).await?)
}
{%- when "optional" %}
pub(crate) async fn find(viewer: Option<UserId>, key: &Key) -> Result<Option<Entry>, StoreError> {
    let store = Store::open(LABEL).await?;
    let value = read(&store, &name_of(key)).await?;
    Ok(value.map(|Value { text, owner }| Entry {
        text,
        mine: viewer == Some(owner),
    }))
}

pub(crate) async fn write(owner: UserId, key: &Key, text: EntryText) -> Result<Entry, StoreError> {
    let store = Store::open(LABEL).await?;
    let name = name_of(key);
    refuse_others(&store, &name, owner).await?;
    let text = text.into_string();
    let value = Value {
        text: text.clone(),
        owner,
    };
    store.set(name, serde_json::to_vec(&value)?).await?;
    Ok(Entry { text, mine: true })
}

pub(crate) async fn delete(owner: UserId, key: &Key) -> Result<(), StoreError> {
    let store = Store::open(LABEL).await?;
    let name = name_of(key);
    refuse_others(&store, &name, owner).await?;
    Ok(store.delete(name).await?)
}

/// Whether the key is free or holds something of the owner's. Of two who find it free at the same
/// time, the last one to write has it.
async fn refuse_others(store: &Store, name: &str, owner: UserId) -> Result<(), StoreError> {
    match read(store, name).await? {
        Some(value) if value.owner != owner => Err(StoreError::NotTheirs),
        _ => Ok(()),
    }
}
{%- endcase %}
