//! Changes of a tree of files: all of them, or none.
//!
//! What is to be written is first written beside the tree, in a folder of its own, to the end: a disk that
//! is full is noticed there. Only then is it moved into place, file by file. Where that fails half-way, what
//! was done is undone.
//!
//! Nobody else's work is lost: a file is created where nothing is, and replaced or deleted if it still holds
//! what was read.
//!
//! A signal that would end the command half-way waits until then, and has everything undone that was done.
//! Against `kill -9` nothing helps; on Unix the next command tells what such a one has left.

mod interruption;
mod place;
mod staging;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result, bail};

pub(crate) use self::interruption::Interrupted;
use self::staging::Staging;
use crate::say;

/// What is to happen to the files below a folder.
#[derive(Debug)]
pub(crate) struct Changes {
    root: PathBuf,
    files: BTreeMap<PathBuf, Change>,
}

/// What is to happen to one file.
#[derive(Debug)]
enum Change {
    Create(Vec<u8>),
    Replace { before: Vec<u8>, after: Vec<u8> },
    Delete { before: Vec<u8> },
}

/// What has happened already, for the way back.
enum Step {
    MadeFolder(PathBuf),
    Created(PathBuf),
    /// The old file is at the second path.
    Replaced(PathBuf, PathBuf),
    Deleted(PathBuf, PathBuf),
}

impl Changes {
    /// No changes yet, below this folder, which is there.
    pub(crate) fn below(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            files: BTreeMap::new(),
        }
    }

    /// Writes a file that is not there yet, with the folders above it.
    pub(crate) fn create(&mut self, file: impl Into<PathBuf>, contents: impl Into<Vec<u8>>) {
        let change = Change::Create(contents.into());
        self.files.insert(file.into(), change);
    }

    /// Writes a file anew that held `before` when it was read.
    pub(crate) fn replace(
        &mut self,
        file: impl Into<PathBuf>,
        before: impl Into<Vec<u8>>,
        after: impl Into<Vec<u8>>,
    ) {
        let (before, after) = (before.into(), after.into());
        let change = Change::Replace { before, after };
        self.files.insert(file.into(), change);
    }

    /// Deletes a file that held `before` when it was read, and the folders that are empty without it.
    pub(crate) fn delete(&mut self, file: impl Into<PathBuf>, before: impl Into<Vec<u8>>) {
        let before = before.into();
        self.files.insert(file.into(), Change::Delete { before });
    }

    /// The files that there will be, relative to the folder.
    pub(crate) fn created(&self) -> impl Iterator<Item = &Path> {
        self.of(|change| matches!(change, Change::Create(_)))
    }

    /// The files that will change, relative to the folder.
    pub(crate) fn replaced(&self) -> impl Iterator<Item = &Path> {
        self.of(|change| matches!(change, Change::Replace { .. }))
    }

    fn of(&self, wanted: fn(&Change) -> bool) -> impl Iterator<Item = &Path> {
        let files = self.files.iter();
        files.filter_map(move |(file, change)| wanted(change).then_some(file.as_path()))
    }

    /// Makes the changes.
    ///
    /// # Errors
    ///
    /// When a file that is to be created is there, when one that is to be changed is another than it was,
    /// when one cannot be written, and [`Interrupted`] when a signal came. Then the tree is as it was; the
    /// error says so if it is not.
    pub(crate) fn apply(self) -> Result<()> {
        let held = interruption::hold()?;
        for folder in staging::left_behind(&self.root) {
            say(&format!(
                "A command was killed before it had written everything, and left {}: below `old` is what it \
                 replaced or deleted, below `new` what it was to write. Put the files in order, and remove that \
                 folder",
                folder.display()
            ));
        }
        self.apply_while(&|| Ok(held.check()?))?;
        held.release();
        Ok(())
    }

    /// Makes the changes, if before and after each step `goes_on` has nothing against it.
    fn apply_while(&self, goes_on: &dyn Fn() -> Result<()>) -> Result<()> {
        self.look()?;
        let staging = Staging::make(&self.root)?;
        self.stage(&staging, goes_on)?;
        let mut done = Vec::new();
        let Err(error) = self.commit(&staging, goes_on, &mut done) else {
            self.sweep();
            return Ok(());
        };
        let problems = roll_back(&done);
        if problems.is_empty() {
            return Err(error);
        }
        // What is in there may be the only copy.
        let kept = staging.keep();
        let told = format!(
            "{error:#}; and what was written before could not all be taken back ({}): the files as they were \
             are in {}",
            problems.join(", "),
            kept.display()
        );
        Err(error.context(told))
    }

    /// Whether the changes can be made, as far as looking tells.
    fn look(&self) -> Result<()> {
        for (file, change) in &self.files {
            if !is_below(file) {
                bail!("{} is not below {}", file.display(), self.root.display());
            }
            let path = self.root.join(file);
            match change {
                Change::Create(_) if exists(&path) => {
                    bail!("{} is there already", file.display());
                }
                Change::Create(_) => {}
                Change::Replace { before, .. } | Change::Delete { before } => {
                    unchanged(&path, before, file)?;
                }
            }
        }
        Ok(())
    }

    /// Writes what is to be written.
    fn stage(&self, staging: &Staging, goes_on: &dyn Fn() -> Result<()>) -> Result<()> {
        for (file, change) in &self.files {
            goes_on()?;
            let staged = staging.new_of(file);
            let outcome = match change {
                Change::Create(contents) => write(&staged, contents),
                Change::Replace { after, .. } => write(&staged, after)
                    // Who may read and write it stays as it is.
                    .and_then(|()| fs::metadata(self.root.join(file)))
                    .and_then(|metadata| fs::set_permissions(&staged, metadata.permissions())),
                Change::Delete { .. } => Ok(()),
            };
            outcome.with_context(|| format!("{} cannot be written", file.display()))?;
        }
        Ok(())
    }

    fn commit(
        &self,
        staging: &Staging,
        goes_on: &dyn Fn() -> Result<()>,
        done: &mut Vec<Step>,
    ) -> Result<()> {
        staging.begin().context("nothing can be moved")?;
        for (file, change) in &self.files {
            goes_on()?;
            let path = self.root.join(file);
            let (staged, old) = (staging.new_of(file), staging.old_of(file));
            let cannot = |what: &str| format!("{} cannot be {what}", file.display());
            match change {
                Change::Create(_) => {
                    let folder = file.parent().unwrap_or(Path::new(""));
                    make_folders(&self.root, folder, done).with_context(|| cannot("written"))?;
                    place::create(&staged, &path).with_context(|| cannot("written"))?;
                    done.push(Step::Created(path));
                }
                Change::Replace { before, .. } => {
                    // Through a link, to what it leads to.
                    let path = fs::canonicalize(&path).with_context(|| cannot("written"))?;
                    make_folder_of(&old).with_context(|| cannot("written"))?;
                    place::exchange(&staged, &path, &old).with_context(|| cannot("written"))?;
                    done.push(Step::Replaced(path, old.clone()));
                    unchanged(&old, before, file)?;
                }
                Change::Delete { before } => {
                    make_folder_of(&old).with_context(|| cannot("deleted"))?;
                    fs::rename(&path, &old).with_context(|| cannot("deleted"))?;
                    done.push(Step::Deleted(path, old.clone()));
                    unchanged(&old, before, file)?;
                }
            }
        }
        goes_on()
    }

    /// Removes the folders that deleted files leave empty. One that cannot be removed does no harm.
    fn sweep(&self) {
        let deleted = self.of(|change| matches!(change, Change::Delete { .. }));
        for folder in deleted.flat_map(|file| file.ancestors().skip(1)) {
            if !folder.as_os_str().is_empty() {
                _ = fs::remove_dir(self.root.join(folder));
            }
        }
    }
}

/// Whether the file still holds what was read.
fn unchanged(path: &Path, before: &[u8], file: &Path) -> Result<()> {
    let now = fs::read(path).with_context(|| format!("{} cannot be read", file.display()))?;
    if now != before {
        bail!(
            "{} was changed by somebody else in the meantime: run the command again",
            file.display()
        );
    }
    Ok(())
}

/// Undoes the steps, the last one first, and returns what is wrong with those that cannot be undone.
fn roll_back(done: &[Step]) -> Vec<String> {
    let undone = done.iter().rev().map(|step| {
        let (path, outcome) = match step {
            Step::MadeFolder(folder) => (folder, fs::remove_dir(folder)),
            Step::Created(file) => (file, fs::remove_file(file)),
            Step::Replaced(file, old) | Step::Deleted(file, old) => (file, fs::rename(old, file)),
        };
        match (step, outcome) {
            (_, Ok(())) => None,
            // Somebody put something into it, and keeps it.
            (Step::MadeFolder(_), Err(error))
                if error.kind() == io::ErrorKind::DirectoryNotEmpty =>
            {
                None
            }
            // Somebody was faster.
            (Step::MadeFolder(_) | Step::Created(_), Err(error))
                if error.kind() == io::ErrorKind::NotFound =>
            {
                None
            }
            (_, Err(error)) => Some(format!("{}: {error}", path.display())),
        }
    });
    undone.flatten().collect()
}

/// Makes the folders of a relative path that are not there.
fn make_folders(root: &Path, folder: &Path, done: &mut Vec<Step>) -> io::Result<()> {
    let mut path = root.to_owned();
    for name in folder {
        path.push(name);
        match fs::create_dir(&path) {
            Ok(()) => done.push(Step::MadeFolder(path.clone())),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn make_folder_of(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

/// Writes a file to the end: some file systems say only then that they are full.
fn write(path: &Path, contents: &[u8]) -> io::Result<()> {
    make_folder_of(path)?;
    let mut file = fs::File::create_new(path)?;
    file.write_all(contents)?;
    file.sync_all()
}

/// Whether something is there, be it a link that leads nowhere.
fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn is_below(path: &Path) -> bool {
    let mut components = path.components();
    path.file_name().is_some() && components.all(|part| matches!(part, Component::Normal(_)))
}
