//! Spin 4.1, on a machine of one's own.

use super::{Cloud, Stores};

pub(super) const CLOUD: Cloud = Cloud {
    name: "Spin",
    interfaces: &[
        "fermyon:spin/",
        "spin:mqtt/",
        "spin:sqlite/",
        "wasi:keyvalue/atomics",
        "wasi:otel/",
        "wasi:sockets/",
    ],
    conditions: &[],
    instead: &[],
    triggers: &["http", "redis"],
    plugin: Some(|kind| format!("`spin plugins install trigger-{kind}` has been run there")),
    stores: Stores::OfTheMachine,
    give: |name, _| {
        format!(
            "run `spin up --variable {name}=…`, or set SPIN_VARIABLE_{}",
            name.to_ascii_uppercase()
        )
    },
    max_bytes: None,
};
