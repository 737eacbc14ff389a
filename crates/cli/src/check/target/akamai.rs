//! Akamai Functions, by its page of quotas and limits and its page about the key-value store.

use super::{Cloud, Condition, Stores};

pub(super) const NAME: &str = "Akamai Functions";

/// "App Size": 50 MiB. The page does not say of what; this counts components, as they lie on disk.
pub(super) const MAX_APP_BYTES: u64 = 50 * 1024 * 1024;

pub(super) const CLOUD: Cloud = Cloud {
    name: NAME,
    interfaces: &[],
    conditions: &[
        Condition {
            interfaces: &["fermyon:spin/llm"],
            says: "which Akamai Functions offers to whom it gives access: ask for it",
        },
        Condition {
            interfaces: &["wasi:sockets/"],
            says: "which no page of Akamai Functions speaks of: try it there before you rely on it",
        },
    ],
    instead: &[
        (
            &["spin:sqlite/", "fermyon:spin/sqlite"],
            "build it without SQLite, and keep its data in Postgres or the key-value store",
        ),
        (
            &["wasi:keyvalue/atomics"],
            "count and compare in Postgres or Redis, since only wasi:keyvalue/store and batch are there",
        ),
        (
            &["spin:mqtt/", "fermyon:spin/mqtt"],
            "publish by a service that takes HTTP, or build it without MQTT",
        ),
    ],
    // "Redis: not supported", "custom triggers: not supported".
    triggers: &["http"],
    plugin: None,
    stores: Stores::Provided,
    give: |name, _| format!("run `spin aka deploy --variable {name}=…`"),
    max_bytes: Some(MAX_APP_BYTES),
};
