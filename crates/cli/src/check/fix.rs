//! `jenny check --fix`: does what takes no judgement.

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::new::place;
use crate::say;

/// Places what `spin add` had to leave below its functions' folders. Each function is placed whole or not at all.
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
    Ok(())
}
