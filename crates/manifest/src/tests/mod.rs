//! Tests of the manifest, each on the text of one.

mod accepted;
mod inspected;
mod refused;

use std::path::Path;

use super::*;

/// A manifest with one trigger and one component, between which a test puts what it is about.
fn with(head: &str, trigger: &str, component: &str) -> String {
    format!(
        "spin_manifest_version = 2\n\
         {head}\n\
         [application]\n\
         name = \"test\"\n\
         [[trigger.http]]\n\
         {trigger}\n\
         [component.a]\n\
         {component}\n"
    )
}

const TRIGGER: &str = "route = \"/\"\ncomponent = \"a\"";
const COMPONENT: &str = "source = \"a.wasm\"";

fn parse(text: &str) -> Result<Manifest, String> {
    Manifest::parse(text, Path::new("spin.toml")).map_err(|error| error.to_string())
}

/// The only component of a manifest that is otherwise good.
fn component(fields: &str) -> Result<Component, String> {
    let text = with("", TRIGGER, &format!("{COMPONENT}\n{fields}"));
    parse(&text).map(|manifest| manifest.components["a"].clone())
}
