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

/// The page whose table of variables an operator reads.
const VARIABLES_PAGE: &str = "docs/operations.md";

/// A variable that a function may bring, the row of the table for it, and that of one which every
/// application has, behind which it goes.
const BROUGHT: (&str, &str, &str) = (
    "verification_keys",
    "| `verification_keys` | empty | PEM (SPKI) Ed25519 public keys that are accepted, the current one included |\n",
    "| `public_url` |",
);

const MIGRATION_POSTGRES: &str = "migration.postgres.sql";
const MIGRATION_SQLITE: &str = "migration.sqlite.sql";

/// The next migration of an application.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NextMigration {
    number: u32,
    /// The databases that the migrations before it are written for: neither where there are none.
    sqlite: bool,
    postgres: bool,
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

/// Adds to the changes the row of a variable in the table for operators, where a function brings one.
pub(crate) fn describe(changes: &mut Changes, root: &Path, manifest: &str) {
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
