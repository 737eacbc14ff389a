//! One OpenAPI document of an application, from those of its functions.
//!
//! Each function's document lies beside its code, in `functions/<name>/openapi.json`. `spin.toml` says which
//! functions make up the application and what each answers. `cargo jenny openapi` writes the merged document
//! to a file; the function `docs` is built with it.

mod examples;
mod guide;
mod manifest;
mod merged;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use self::examples::Shown;
use self::manifest::Manifest;
pub use self::merged::Merged;

/// Why there is no document at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The manifest cannot be read.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// The manifest.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The manifest is none.
    #[error("{} is no manifest of a Spin application: {why}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A function's document is no JSON.
    #[error("{} is no JSON", path.display())]
    Fragment {
        /// The document.
        path: PathBuf,
        /// Where it breaks off.
        source: serde_json::Error,
    },
}

/// What an application says of all its operations, in Markdown, below the folder of the manifest. It need
/// not be there.
pub const GUIDE: &str = "functions/docs/guide.md";

/// Where a function's document lies, below the folder of the manifest.
///
/// ```
/// let path = jenny_openapi::fragment("tags");
/// assert_eq!(path, std::path::Path::new("functions/tags/openapi.json"));
/// ```
#[must_use]
pub fn fragment(function: &str) -> PathBuf {
    Path::new("functions").join(function).join("openapi.json")
}

/// Merges the documents of the functions that a manifest names. What is missing of them, and what does not go
/// together, is in [`Merged::faults`].
///
/// # Errors
///
/// When the manifest cannot be read, and when a function's document is no JSON.
///
/// ```no_run
/// let merged = jenny_openapi::merge("spin.toml".as_ref())?;
/// assert!(merged.faults.is_empty(), "{:?}", merged.faults);
/// println!("{:#}", merged.document);
/// # Ok::<(), jenny_openapi::Error>(())
/// ```
pub fn merge(path: &Path) -> Result<Merged, Error> {
    let text = fs::read_to_string(path).map_err(|source| Error::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let manifest = Manifest::parse(&text).map_err(|why| Error::Manifest {
        path: path.to_owned(),
        why,
    })?;
    let project = path.parent().unwrap_or(Path::new(""));
    let mut merged = Merged::new(json!({
        "openapi": "3.1.0",
        "info": {
            "title": manifest.name,
            "summary": manifest.description,
            "version": manifest.version,
        },
        "servers": [{ "url": "/", "description": "Where this document is served." }],
    }));
    let mut fragments: BTreeMap<&str, Value> = BTreeMap::new();
    for function in manifest.components() {
        let path = project.join(fragment(function));
        let fragment = match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str::<Value>(&text),
            Err(_) => {
                let file = fragment(function);
                let fault = format!("{function} is missing: there is no {}.", file.display());
                merged.faults.push(fault);
                continue;
            }
        };
        let fragment = fragment.map_err(|source| Error::Fragment { path, source })?;
        merged.add(function, &fragment, &manifest.routes_of(function));
        fragments.insert(function, fragment);
    }
    let mut shown = Shown::default();
    for function in manifest.components_in_order() {
        if let Some(fragment) = fragments.get(function) {
            let faults = shown.add(&mut merged.document, function, fragment);
            merged.faults.extend(faults);
        }
    }
    let own = fs::read_to_string(project.join(GUIDE)).ok();
    merged.document["info"]["description"] = guide::text(&merged.document, own.as_deref()).into();
    Ok(merged)
}

/// The functions whose documents [`merge`] reads.
///
/// # Errors
///
/// When the manifest is none.
///
/// ```
/// let manifest = "[application]\nname = 'a'\n[[trigger.http]]\nroute = '/tags'\ncomponent = 'tags'\n";
/// assert_eq!(jenny_openapi::functions(manifest)?, ["tags"]);
/// # Ok::<(), String>(())
/// ```
pub fn functions(manifest: &str) -> Result<Vec<String>, String> {
    let manifest = Manifest::parse(manifest)?;
    Ok(manifest
        .components()
        .into_iter()
        .map(String::from)
        .collect())
}

#[cfg(test)]
mod tests;
