//! SpinKube: Spin's own runtime in a shim of containerd, in pods that come and go.

use super::{Cloud, Condition, Stores};

pub(super) const CLOUD: Cloud = Cloud {
    name: "SpinKube",
    // The shim is made of Spin's crates, and offers what the Spin in it does.
    interfaces: super::spin::CLOUD.interfaces,
    conditions: &[Condition {
        // The first environment that is published for the shim is of this version, and has it.
        interfaces: &["wasi:http/handler"],
        says: "which the shim knows from containerd-shim-spin 0.26.0 on: see that the nodes have that \
               version or a later one",
    }],
    instead: &[],
    // What the shim is built with. It refuses an application that has any other trigger.
    triggers: &["http", "redis", "mqtt", "sqs", "command"],
    plugin: None,
    stores: Stores::OfAPod,
    give: |name, declaration| match declaration.secret {
        true => format!(
            "name it in spec.variables of the SpinApp, with valueFrom.secretKeyRef and a Secret that holds \
             `{name}`"
        ),
        false => {
            format!("write `- name: {name}` with its value into spec.variables of the SpinApp")
        }
    },
    // None is documented: neither by SpinKube nor for the layers of an OCI image.
    max_bytes: None,
};
