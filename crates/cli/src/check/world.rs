//! Worlds in `wit/`, and the world that a compiled component turns out to have.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::bail;
use wit_component::DecodedWasm;
use wit_parser::{Resolve, WorldId, WorldItem};

/// How a component starts: the magic number, a version, and layer 1, where a core module has 0.
const PREAMBLE: [u8; 8] = *b"\0asm\x0d\0\x01\0";

/// What a world or a component imports and exports, by full name
/// (`spin:sqlite/sqlite@3.1.0`).
#[derive(Debug, Default)]
pub(super) struct Interfaces {
    /// Each import with the functions in it. For a compiled component these are the functions that
    /// it uses, since only what is used survives the linker.
    pub(super) imports: BTreeMap<String, Vec<String>>,
    /// The names of the exports.
    pub(super) exports: BTreeSet<String>,
}

/// A world as it is written in `wit/`.
#[derive(Debug)]
pub(super) struct World {
    /// What it imports and exports; what it includes or imports for types' sake is in it too.
    pub(super) interfaces: Interfaces,
    /// Its doc comment.
    pub(super) docs: String,
}

impl World {
    /// The secret variables that the doc comment names: `/// Secrets: `signing_key`.`
    ///
    /// WIT has no notion of a variable, and a secret is part of what a function may touch.
    pub(super) fn secrets(&self) -> BTreeSet<&str> {
        self.docs
            .lines()
            .filter_map(|line| line.trim().strip_prefix("Secrets:"))
            // Every second piece of text split at backticks stands between two of them.
            .flat_map(|names| names.split('`').skip(1).step_by(2))
            .collect()
    }
}

/// Every world of the package in the folder `wit`, by name.
///
/// # Errors
///
/// What the WIT parser says, with file and line, in one line of text.
pub(super) fn worlds(wit: &Path) -> Result<BTreeMap<String, World>, String> {
    if !wit.is_dir() {
        return Ok(BTreeMap::new());
    }
    let mut resolve = Resolve {
        // What stands behind a feature gate can be imported too.
        all_features: true,
        ..Resolve::default()
    };
    let (package, _) = match resolve.push_dir(wit) {
        Ok(pushed) => pushed,
        Err(error) => return Err(one_line(&error, &resolve.render_error(&error))),
    };
    Ok(resolve.packages[package]
        .worlds
        .iter()
        .map(|(name, id)| {
            let world = World {
                interfaces: interfaces(&resolve, *id),
                docs: resolve.worlds[*id]
                    .docs
                    .contents
                    .clone()
                    .unwrap_or_default(),
            };
            (name.clone(), world)
        })
        .collect())
}

/// The parser's message and place, without its picture of the source.
fn one_line(error: &anyhow::Error, rendered: &str) -> String {
    let place = rendered
        .lines()
        .find_map(|line| line.trim().strip_prefix("--> "));
    match place {
        Some(place) => format!("{place}: {}", error.root_cause()),
        None => format!("{error:#}"),
    }
}

/// What a compiled component imports and exports.
///
/// # Errors
///
/// When the file cannot be read, or is a core module or no WebAssembly at all.
pub(super) fn component(path: &Path) -> anyhow::Result<Interfaces> {
    let bytes = std::fs::read(path)?;
    // The decoder reads a core module as a component that imports nothing.
    if bytes.get(..PREAMBLE.len()) != Some(&PREAMBLE[..]) {
        bail!("it does not start as a component does");
    }
    match wit_component::decode(&bytes)? {
        DecodedWasm::Component(resolve, world) => Ok(interfaces(&resolve, world)),
        DecodedWasm::WitPackage(..) => bail!("it is a WIT package, not a component"),
    }
}

/// Whether an import is one of these interfaces, in whatever version; a name that ends in `/` means the
/// whole package.
pub(super) fn covers(interfaces: &[&str], import: &str) -> bool {
    let name = import.split('@').next().unwrap_or(import);
    interfaces.iter().any(|interface| {
        if interface.ends_with('/') {
            name.starts_with(interface)
        } else {
            name == *interface
        }
    })
}

fn interfaces(resolve: &Resolve, world: WorldId) -> Interfaces {
    let world = &resolve.worlds[world];
    Interfaces {
        imports: world
            .imports
            .iter()
            .map(|(key, item)| {
                let functions = match item {
                    WorldItem::Interface { id, .. } => resolve.interfaces[*id]
                        .functions
                        .keys()
                        .map(|name| function(name))
                        .collect(),
                    _ => Vec::new(),
                };
                (resolve.name_world_key(key), functions)
            })
            .collect(),
        exports: world
            .exports
            .keys()
            .map(|key| resolve.name_world_key(key))
            .collect(),
    }
}

/// A function's name as WIT writes it: `[method]connection.execute` is `connection.execute`.
fn function(name: &str) -> String {
    match name.split_once(']') {
        Some((_, plain)) => plain.to_owned(),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documented(docs: &str) -> World {
        World {
            interfaces: Interfaces::default(),
            docs: docs.to_owned(),
        }
    }

    #[test]
    fn secrets_are_the_names_in_backticks() {
        let world = documented("Signs in.\n\nSecrets: `signing_key`, `database_url`.\n");
        assert_eq!(
            world.secrets(),
            BTreeSet::from(["signing_key", "database_url"])
        );
        assert!(documented("Never sees `signing_key`.").secrets().is_empty());
    }

    #[test]
    fn functions_are_named_as_in_wit() {
        assert_eq!(function("[static]store.open"), "store.open");
        assert_eq!(function("get"), "get");
    }
}
