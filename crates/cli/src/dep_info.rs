//! What cargo says that it built something from.
//!
//! Beside a component cargo writes a
//! [dep-info file](https://doc.rust-lang.org/cargo/reference/build-cache.html#dep-info-files): all that went into
//! it from packages that are not from a registry, their sources, what these include, and what their build
//! scripts watch, which may be folders. A build that fails leaves the list of the one before.

use std::path::{Path, PathBuf};

/// The inputs of a component, as absolute paths. `None` where cargo has written no list, or not yet.
pub(crate) fn inputs(component: &Path) -> Option<Vec<PathBuf>> {
    let list = std::fs::read_to_string(component.with_extension("d")).ok()?;
    // In make's notation, `output: input input`, with blanks escaped by `\`.
    let (_, inputs) = list.lines().next()?.split_once(": ")?;
    let inputs = inputs.replace("\\ ", "\0");
    let inputs = inputs.split(' ').filter(|input| !input.is_empty());
    let inputs = inputs.map(|input| PathBuf::from(input.replace('\0', " ")));
    Some(inputs.collect())
}
