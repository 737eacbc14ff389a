//! `jenny check --fix`: does what takes no judgement.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::changes::Changes;
use crate::new::place;
use crate::{openapi, say};

/// Places what `spin add` had to leave below its functions' folders, and merges the API documents anew. Each
/// function is placed whole or not at all.
///
/// # Errors
///
/// When something cannot be read or written. What was mended before stays.
pub(super) fn run(manifest: &Path) -> Result<()> {
    let root = match manifest.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    for function in place::unplaced(root) {
        let stays = || format!("what `{function}` has unplaced stays where it is");
        let changes = place::changes(manifest, root, &function).with_context(stays)?;
        let files: Vec<String> = changes
            .created()
            .chain(changes.replaced())
            .map(|file| file.display().to_string())
            .collect();
        changes.apply().with_context(stays)?;
        say(&format!(
            "Placed what belongs to {function}: {}",
            files.join(", ")
        ));
    }
    merge(manifest, root)
}

/// Writes `openapi.json` anew where it is old. Documents that do not go together are a finding.
fn merge(manifest: &Path, root: &Path) -> Result<()> {
    let Ok(before) = fs::read(root.join(openapi::FILE)) else {
        return Ok(());
    };
    let Ok(after) = openapi::document(manifest) else {
        return Ok(());
    };
    if before != after.as_bytes() {
        let mut changes = Changes::below(root);
        changes.replace(openapi::FILE, before, after);
        changes.apply()?;
        say(&format!(
            "Merged the functions' documents into {}",
            openapi::FILE
        ));
    }
    Ok(())
}
