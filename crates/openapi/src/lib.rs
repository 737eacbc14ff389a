//! One OpenAPI document of an application, from the parts of its functions.
//!
//! Each function makes its part when it is asked to, in its own unit test. `spin.toml` says which functions make
//! up the application and what each answers. `cargo jenny openapi` merges the parts into `openapi.json` beside
//! it, which is checked in, and which the function `docs` serves.

mod examples;
mod guide;
mod manifest;
mod merged;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use self::manifest::Manifest;
use self::merged::members;
pub use self::merged::{FUNCTION, Merged};

/// Why there is no document at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The manifest or a document cannot be read.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The manifest is not valid.
    #[error("{} is no manifest of a Spin application: {why}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A document is not JSON.
    #[error("{} is no JSON", path.display())]
    Json {
        /// The document.
        path: PathBuf,
        /// Where it breaks off.
        source: serde_json::Error,
    },
}

/// What an application says of all its operations, in Markdown, below the folder of the manifest. It need
/// not be there.
pub const GUIDE: &str = "functions/docs/guide.md";

/// The document, beside the manifest.
pub const FILE: &str = "openapi.json";

/// Where a function is described by hand that does not describe itself, below the folder of the manifest: a
/// component in another language, or a router without [`operations!`]. It need not be there.
///
/// [`operations!`]: https://docs.rs/jenny-shared/latest/shared/macro.operations.html
///
/// ```
/// let path = jenny_openapi::by_hand("tags");
/// assert_eq!(path, std::path::Path::new("functions/tags/openapi.json"));
/// ```
#[must_use]
pub fn by_hand(function: &str) -> PathBuf {
    Path::new("functions").join(function).join(FILE)
}

/// Merges the parts of the functions that a manifest names, by their names; a function that has none may be
/// described by hand. Recorded examples stay as the document has them that is there.
///
/// What does not go together is in [`Merged::faults`].
///
/// # Errors
///
/// When the manifest cannot be read, and when a document that is there is not JSON.
///
/// ```no_run
/// let parts = std::collections::BTreeMap::new();
/// let merged = jenny_openapi::merge("spin.toml".as_ref(), &parts)?;
/// assert!(merged.faults.is_empty(), "{:?}", merged.faults);
/// println!("{:#}", merged.document);
/// # Ok::<(), jenny_openapi::Error>(())
/// ```
pub fn merge(path: &Path, parts: &BTreeMap<String, Value>) -> Result<Merged, Error> {
    let manifest = manifest(path)?;
    let project = path.parent().unwrap_or(Path::new(""));
    let mut merged = Merged::new(empty(&manifest));
    for function in manifest.components() {
        let by_hand = project.join(by_hand(function));
        let part = match parts.get(function) {
            Some(part) => part.clone(),
            None if by_hand.is_file() => read(by_hand)?,
            None => continue,
        };
        merged.add(function, &part, &manifest.routes_of(function));
    }
    let before = project.join(FILE);
    if before.is_file() {
        examples::keep(&mut merged.document, &read(before)?);
    }
    let own = fs::read_to_string(project.join(GUIDE)).ok();
    merged.document["info"]["description"] = guide::text(&merged.document, own.as_deref()).into();
    Ok(merged)
}

/// The document beside a manifest, or an empty one where there is none, and a sentence for each route that the
/// manifest has and the document does not describe.
///
/// # Errors
///
/// As [`merge`].
pub fn served(path: &Path) -> Result<(Value, Vec<String>), Error> {
    let manifest = manifest(path)?;
    let file = path.with_file_name(FILE);
    let document = match file.is_file() {
        true => read(file)?,
        false => empty(&manifest),
    };
    let mut missing = Vec::new();
    for function in manifest.components_in_order() {
        for route in manifest.routes_of(function) {
            // Below a wildcard there may be anything.
            let prefix = route.strip_suffix("...");
            let mut paths = members(&document["paths"]);
            let is_described = paths.any(|(path, _)| {
                *path == route || prefix.is_some_and(|prefix| path.starts_with(prefix))
            });
            if !is_described {
                missing.push(format!("{route}, of {function}"));
            }
        }
    }
    Ok((document, missing))
}

fn empty(manifest: &Manifest) -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": manifest.name,
            "summary": manifest.description,
            "version": manifest.version,
        },
        "paths": {},
        "servers": [{ "url": "/", "description": "Where this document is served." }],
    })
}

fn manifest(path: &Path) -> Result<Manifest, Error> {
    let text = fs::read_to_string(path).map_err(|source| Error::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    Manifest::parse(&text).map_err(|why| Error::Manifest {
        path: path.to_owned(),
        why,
    })
}

fn read(path: PathBuf) -> Result<Value, Error> {
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(source) => return Err(Error::Unreadable { path, source }),
    };
    serde_json::from_str(&text).map_err(|source| Error::Json { path, source })
}

#[cfg(test)]
mod tests;
