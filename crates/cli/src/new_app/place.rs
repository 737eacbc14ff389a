//! Where an application is made.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use toml::{Table, Value};

/// A folder that is not there yet, or is empty, and that no other workspace claims.
#[derive(Debug)]
pub(super) struct Place {
    /// Absolute.
    folder: PathBuf,
    /// The nearest folder that is there.
    existing: PathBuf,
}

impl Place {
    /// # Errors
    ///
    /// When something is there, and when the folder is in a workspace of cargo's.
    pub(super) fn find(folder: &Path) -> Result<Self> {
        let shown = folder.display();
        let folder = std::path::absolute(folder)
            .with_context(|| format!("{shown} is no path of a folder"))?;
        let existing = folder
            .ancestors()
            .find(|path| path.symlink_metadata().is_ok())
            .ok_or_else(|| anyhow!("nothing of the path {shown} is there"))?;
        if !existing.is_dir() {
            bail!(
                "{} is there and is no folder: name another",
                existing.display()
            );
        }
        // Without links and `..`, as cargo sees it.
        let real = existing
            .canonicalize()
            .with_context(|| format!("{} cannot be looked into", existing.display()))?;
        let below = folder.strip_prefix(existing).unwrap_or(Path::new(""));
        let folder = match below.as_os_str().is_empty() {
            true => real.clone(),
            false => real.join(below),
        };
        if folder == real && !is_empty(&real)? {
            bail!("{shown} is not empty: name a folder that is, or that is not there yet");
        }
        if let Some(workspace) = claimed_by(&folder) {
            bail!(
                "{shown} is in the cargo workspace of {}, and an application is a workspace of its own: name a \
                 folder outside of it, or add this one to `exclude` under [workspace] there",
                workspace.display()
            );
        }
        Ok(Self {
            folder,
            existing: real,
        })
    }

    /// The name of the folder.
    pub(super) fn name(&self) -> String {
        let name = self.folder.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// The folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The nearest folder that is there: this one, or one above.
    pub(super) fn existing(&self) -> &Path {
        &self.existing
    }

    /// A file of the application, seen from [`existing`](Self::existing).
    pub(super) fn below(&self, file: &Path) -> PathBuf {
        let folder = self.folder.strip_prefix(&self.existing);
        folder.unwrap_or(Path::new("")).join(file)
    }
}

fn is_empty(folder: &Path) -> Result<bool> {
    let mut entries = fs::read_dir(folder)
        .with_context(|| format!("{} cannot be looked into", folder.display()))?;
    Ok(entries.next().is_none())
}

/// The manifest of the workspace that cargo would find above `folder`. It looks for the nearest one, and takes
/// it as its own unless it excludes the folder.
fn claimed_by(folder: &Path) -> Option<PathBuf> {
    let above = folder.ancestors().skip(1);
    let (root, manifest, workspace) = above
        .filter_map(|root| {
            let manifest = root.join("Cargo.toml");
            let table: Table = fs::read_to_string(&manifest).ok()?.parse().ok()?;
            let workspace = table.get("workspace")?.as_table()?.clone();
            Some((root, manifest, workspace))
        })
        .next()?;
    let excluded = workspace.get("exclude").and_then(Value::as_array);
    let mut excluded = excluded
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|path| root.join(path));
    (!excluded.any(|path| folder.starts_with(path))).then_some(manifest)
}
