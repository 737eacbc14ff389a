//! Putting where it belongs what Spin's templates had to leave below their output path.
//!
//! Spin's templates write below one folder and into the manifest, nowhere else. So `jenny-function` leaves
//! the world, the tests, the migration and the API document in `functions/<name>/unplaced/`, under names that
//! are the same for every function, since Spin renders texts and no names. `cargo jenny new` places them before
//! it writes anything, `cargo jenny check --fix` after `spin add`, by the same rules:
//!
//! - a file of the template's without text is none: a template can leave one empty, not out;
//! - a migration gets the next number;
//! - an API document gets its members in order, and the version and licence of the workspace.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use jenny_manifest::Manifest;

use super::name;
use crate::changes::Changes;
use crate::openapi;

/// The folder in a function's in which what belongs elsewhere waits.
pub(crate) const UNPLACED: &str = "unplaced";

/// Says in there what the folder is about.
const README: &str = "README.md";

/// What a function without a store has none of.
const STORE: &str = "src/store.rs";

/// The page whose table of variables an operator reads.
const VARIABLES_PAGE: &str = "docs/operations.md";

/// A variable that a function may bring, the row of the table for it, and that of one which every
/// application has, behind which it goes.
const BROUGHT: (&str, &str, &str) = (
    "verification_keys",
    "| `verification_keys` | empty | PEM (SPKI) Ed25519 public keys that are accepted, the current one included |\n",
    "| `public_url` |",
);

/// What files depend on that the template cannot know.
#[derive(Clone, Debug, Default)]
pub(crate) struct Setting {
    /// The number of the migration.
    pub(crate) migration: u32,
    /// The version and the licence of the workspace's packages, which API documents name.
    version: Option<String>,
    license: Option<String>,
}

impl Setting {
    /// That of the application in this folder.
    ///
    /// # Errors
    ///
    /// When its migrations cannot be read.
    pub(crate) fn of(root: &Path) -> Result<Self> {
        let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap_or_default();
        let manifest: toml::Table = manifest.parse().unwrap_or_default();
        let package = |key: &str| {
            let package = manifest.get("workspace")?.get("package")?;
            Some(package.get(key)?.as_str()?.to_owned())
        };
        Ok(Self {
            migration: next_migration(root)?,
            version: package("version"),
            license: package("license"),
        })
    }
}

impl From<u32> for Setting {
    /// A migration of that number, in a workspace of which nothing is known.
    fn from(migration: u32) -> Self {
        Self {
            migration,
            ..Self::default()
        }
    }
}

/// The files of a function where they belong, by their paths below the application's folder.
///
/// # Errors
///
/// When a document is none, and when a file waits of which nothing is known, or for a place that is taken.
pub(crate) fn placed(
    files: BTreeMap<PathBuf, Vec<u8>>,
    setting: &Setting,
) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut placed = BTreeMap::new();
    for (path, bytes) in &files {
        let Some((function, waiting)) = waiting(path) else {
            if !(path.ends_with(STORE) && is_blank(bytes)) {
                placed.insert(path.clone(), bytes.clone());
            }
            continue;
        };
        if waiting == README || is_blank(bytes) {
            continue;
        }
        let target = target(function, waiting, setting.migration).ok_or_else(|| {
            anyhow!(
                "{} is not of the template: move it out of the folder first",
                path.display()
            )
        })?;
        if files.contains_key(&target) {
            bail!("{} is there already", target.display());
        }
        let bytes = match waiting == openapi::FILE {
            true => document(bytes, setting)
                .with_context(|| format!("{} is no API document", path.display()))?,
            false => bytes.clone(),
        };
        placed.insert(target, bytes);
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
        openapi::FILE => format!("functions/{function}/{waiting}"),
        "tests.rs" => format!("tests/it/{function}.rs"),
        "world.wit" => format!("wit/{function}.wit"),
        "migration.postgres.sql" => format!("migrations/{migration:04}_{table}.postgres.sql"),
        "migration.sqlite.sql" => format!("migrations/{migration:04}_{table}.sqlite.sql"),
        _ => return None,
    };
    Some(target.into())
}

fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_whitespace)
}

/// A document as the function's test writes it: the template cannot know where a name comes in the order.
fn document(bytes: &[u8], setting: &Setting) -> Result<Vec<u8>> {
    let mut document: serde_json::Value = serde_json::from_slice(bytes)?;
    let info = document
        .get_mut("info")
        .and_then(|info| info.as_object_mut());
    let info = info.context("it has no `info`")?;
    if let Some(version) = &setting.version {
        info.insert("version".into(), version.as_str().into());
    }
    if let Some(license) = &setting.license {
        let license = license.as_str();
        let license = serde_json::json!({ "identifier": license, "name": license });
        info.insert("license".into(), license);
    }
    let mut text = serde_json::to_vec_pretty(&document)?;
    text.push(b'\n');
    Ok(text)
}

/// The number of the next migration of an application.
///
/// # Errors
///
/// When the folder cannot be read.
fn next_migration(root: &Path) -> Result<u32> {
    let folder = root.join("migrations");
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(1),
        Err(error) => bail!("{} cannot be read: {error}", folder.display()),
    };
    let mut last = 0;
    for entry in entries {
        let name = entry?.file_name();
        let number = name
            .to_str()
            .filter(|name| name.ends_with(".sql"))
            .and_then(|name| name.split_once('_')?.0.parse::<u32>().ok());
        last = last.max(number.unwrap_or(0));
    }
    Ok(last + 1)
}

/// Adds to the changes what describes the application once these files are there: `openapi.json`, and the
/// row of a variable in the table for operators.
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
    change(changes, root, openapi::FILE, &document);
    let (variable, row, behind) = BROUGHT;
    let declares = manifest.parse::<toml::Table>().is_ok_and(|table| {
        table
            .get("variables")
            .is_some_and(|table| table.get(variable).is_some())
    });
    if declares
        && let Ok(page) = fs::read_to_string(root.join(VARIABLES_PAGE))
        && !page.contains(&format!("| `{variable}`"))
        && let Some(at) = page.find(behind)
        && let Some(end) = page[at..].find('\n')
    {
        let (before, after) = page.split_at(at + end + 1);
        changes.replace(
            VARIABLES_PAGE,
            page.as_str(),
            format!("{before}{row}{after}"),
        );
    }
    Ok(())
}

/// Writes a file that may be there already, and leaves one alone that is right.
fn change(changes: &mut Changes, root: &Path, file: &str, text: &str) {
    match fs::read(root.join(file)) {
        Ok(before) if before == text.as_bytes() => {}
        Ok(before) => changes.replace(file, before, text),
        Err(_) => changes.create(file, text),
    }
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
/// When the function cannot be called so, when something cannot be read, and when the functions' documents
/// contradict each other.
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
    let after = placed(files.clone(), &Setting::of(root)?)?;
    let mut changes = Changes::below(root);
    describe(&mut changes, root, &text, &after)?;
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
