//! Putting where it belongs what Spin's templates had to leave below their output path.
//!
//! Spin's templates write below one folder and into the manifest, nowhere else. So `jenny-function` leaves
//! the world, the tests and the migration in `functions/<name>/unplaced/`, under names that
//! are the same for every function, since Spin renders texts and no names. `cargo jenny new` places them before
//! it writes anything, `cargo jenny check --fix` after `spin add`, by the same rules:
//!
//! - a file of the template's without text is none: a template can leave one empty, not out;
//! - a migration gets the next number, and is written for the databases of those before it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use jenny_manifest::Manifest;

use super::name;
use crate::changes::Changes;

/// The folder in a function's in which what belongs elsewhere waits.
pub(crate) const UNPLACED: &str = "unplaced";

/// Says in there what the folder is about.
const README: &str = "README.md";

/// What a function without a store has none of.
const STORE: &str = "src/store.rs";

/// What files depend on that the template cannot know.
#[derive(Clone, Debug, Default)]
pub(crate) struct Setting {
    /// The number of the migration.
    pub(crate) migration: u32,
    /// The version and the licence of the workspace's packages, which API documents name.
    version: Option<String>,
    license: Option<String>,
}

impl NextMigration {
    /// Whether a file is the migration for a database that the application does not use.
    fn leaves_out(self, waiting: &str) -> bool {
        match waiting {
            MIGRATION_SQLITE => self.postgres && !self.sqlite,
            MIGRATION_POSTGRES => self.sqlite && !self.postgres,
            _ => false,
        }
    }
}

impl From<u32> for NextMigration {
    /// A migration of that number, for every database.
    fn from(number: u32) -> Self {
        Self {
            number,
            ..Self::default()
        }
    }
}

/// The files of a function where they belong, by their paths below the application's folder.
///
/// # Errors
///
/// When a file waits of which nothing is known, or for a place that is taken.
pub(crate) fn placed(
    files: BTreeMap<PathBuf, Vec<u8>>,
    migration: NextMigration,
) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut placed = BTreeMap::new();
    for (path, bytes) in &files {
        let Some((function, waiting)) = waiting(path) else {
            if !(path.ends_with(STORE) && is_blank(bytes)) {
                placed.insert(path.clone(), bytes.clone());
            }
            continue;
        };
        if waiting == README || is_blank(bytes) || migration.leaves_out(waiting) {
            continue;
        }
        let target = target(function, waiting, migration.number).ok_or_else(|| {
            anyhow!(
                "{} is not of the template: move it out of the folder first",
                path.display()
            )
        })?;
        if files.contains_key(&target) {
            bail!("{} is there already", target.display());
        }
        placed.insert(target, bytes.clone());
    }
    Ok(placed)
}

/// The function that a file waits for, and the file's name in its folder `unplaced`.
fn waiting(path: &Path) -> Option<(&str, &str)> {
    let path = path.to_str()?.strip_prefix("functions/")?;
    let (function, path) = path.split_once('/')?;
    Some((function, path.strip_prefix(UNPLACED)?.strip_prefix('/')?))
}

/// Where a file belongs that the template leaves under this name.
fn target(function: &str, waiting: &str, migration: u32) -> Option<PathBuf> {
    let table = function.replace('-', "_");
    let target = match waiting {
        "tests.rs" => format!("tests/it/{function}.rs"),
        "world.wit" => format!("wit/{function}.wit"),
        MIGRATION_POSTGRES => format!("migrations/{migration:04}_{table}.postgres.sql"),
        MIGRATION_SQLITE => format!("migrations/{migration:04}_{table}.sqlite.sql"),
        _ => return None,
    };
    Some(target.into())
}

fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_whitespace)
}

/// The next migration of the application in this folder.
///
/// # Errors
///
/// When the folder cannot be read.
pub(crate) fn next_migration(root: &Path) -> Result<NextMigration> {
    let folder = root.join("migrations");
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(1.into());
        }
        Err(error) => bail!("{} cannot be read: {error}", folder.display()),
    };
    let mut next = NextMigration::from(1);
    for entry in entries {
        let name = entry?.file_name();
        let Some(name) = name.to_str().filter(|name| name.ends_with(".sql")) else {
            continue;
        };
        next.sqlite |= name.ends_with(".sqlite.sql");
        next.postgres |= name.ends_with(".postgres.sql");
        let number = name
            .split_once('_')
            .and_then(|(number, _)| number.parse::<u32>().ok());
        next.number = next.number.max(number.map_or(1, |number| number + 1));
    }
    Ok(next)
}

/// Adds to the changes `openapi.json` as it is once these files are there.
///
/// # Errors
///
/// When the functions' documents contradict each other.
pub(crate) fn describe(
    changes: &mut Changes,
    root: &Path,
    manifest: &str,
    files: &BTreeMap<PathBuf, Vec<u8>>,
) -> Result<()> {
    let document = merged(root, manifest, files)?;
    match fs::read(root.join(openapi::FILE)) {
        Ok(before) if before == document.as_bytes() => {}
        Ok(before) => changes.replace(openapi::FILE, before, document),
        Err(_) => changes.create(openapi::FILE, document),
    }
    Ok(())
}

/// The merged document as it will be. The functions' documents are merged as they lie on disk, so they are
/// laid out elsewhere, with those that are still to come.
fn merged(root: &Path, manifest: &str, files: &BTreeMap<PathBuf, Vec<u8>>) -> Result<String> {
    let elsewhere = tempfile::tempdir().context("no temporary folder can be made")?;
    let put = |file: &Path, bytes: &[u8]| -> Result<()> {
        let path = elsewhere.path().join(file);
        fs::create_dir_all(path.parent().unwrap_or(elsewhere.path()))
            .and_then(|()| fs::write(&path, bytes))
            .with_context(|| format!("{} cannot be written", path.display()))
    };
    let functions = jenny_openapi::functions(manifest).map_err(anyhow::Error::msg)?;
    let there = functions.iter().map(|name| jenny_openapi::fragment(name));
    for file in there.chain([PathBuf::from(jenny_openapi::GUIDE)]) {
        if let Ok(bytes) = fs::read(root.join(&file)) {
            put(&file, &bytes)?;
        }
    }
    for (file, bytes) in files {
        if file.ends_with(openapi::FILE) {
            put(file, bytes)?;
        }
    }
    put(Path::new("spin.toml"), manifest.as_bytes())?;
    openapi::document(&elsewhere.path().join("spin.toml"))
}

/// The functions below `root` that have something unplaced.
pub(crate) fn unplaced(root: &Path) -> BTreeSet<String> {
    let functions = fs::read_dir(root.join("functions"));
    let names = functions.into_iter().flatten().filter_map(|entry| {
        let entry = entry.ok()?;
        let has_some = entry.path().join(UNPLACED).is_dir();
        has_some.then(|| entry.file_name().into_string().ok())?
    });
    names.collect()
}

/// The changes that place what a function has left.
///
/// # Errors
///
/// When the function cannot be called so, and when something cannot be read.
pub(crate) fn changes(manifest: &Path, root: &Path, function: &str) -> Result<Changes> {
    // `spin add` takes other names, too, and whatever folder it is given.
    name::check(function)?;
    let text = fs::read_to_string(manifest)
        .with_context(|| format!("{} cannot be read", manifest.display()))?;
    if !Manifest::inspect_text(&text, manifest)?
        .components
        .contains_key(function)
    {
        bail!(
            "{} has no component `{function}`: give the folder functions/{function} the name of its component",
            manifest.display()
        );
    }
    let mut files = BTreeMap::new();
    read(root, &Path::new("functions").join(function), &mut files)?;
    let after = placed(files.clone(), next_migration(root)?)?;
    let mut changes = Changes::below(root);
    describe(&mut changes, root, &text);
    for (path, before) in &files {
        if !after.contains_key(path) {
            changes.delete(path, before.as_slice());
        }
    }
    for (path, bytes) in after {
        if !files.contains_key(&path) {
            changes.create(path, bytes);
        }
    }
    Ok(changes)
}

fn read(root: &Path, folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) -> Result<()> {
    let path = root.join(folder);
    let entries =
        fs::read_dir(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    for entry in entries {
        let entry = entry?;
        let file = folder.join(entry.file_name());
        if entry.path().is_dir() {
            read(root, &file, files)?;
        } else {
            files.insert(file.clone(), fs::read(root.join(&file))?);
        }
    }
    Ok(())
}
