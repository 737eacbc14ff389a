//! Changes of a tree of files: all of them, or none.
//!
//! What is to be written is first written beside the tree, in a folder of its own, to the end: a disk that
//! is full is noticed there. Only then is it moved into place, file by file. Where that fails half-way, what
//! was done is undone.
//!
//! Nobody else's work is lost: a file is created where nothing is, and replaced or deleted if it still holds
//! what was read.

mod place;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};

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
    /// when one cannot be written. Then the tree is as it was; the error says so if it is not.
    pub(crate) fn apply(self) -> Result<()> {
        self.look()?;
        // On the same file system, so that files only have to be renamed.
        let staging = tempfile::Builder::new()
            .prefix(".jenny-")
            .tempdir_in(&self.root)
            .with_context(|| format!("nothing can be written into {}", self.root.display()))?;
        let staged = self.stage(staging.path())?;
        let mut done = Vec::new();
        let outcome = self.commit(staging.path(), &staged, &mut done);
        let Err(error) = outcome else {
            self.sweep();
            return Ok(());
        };
        match roll_back(&done) {
            Ok(()) => Err(error),
            Err(problem) => {
                // What is in there may be the only copy.
                let kept = staging.keep();
                Err(anyhow!(
                    "{error:#}; and what was written before could not be taken back ({problem}): the \
                     files as they were are in {}",
                    kept.display()
                ))
            }
        }
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

    /// Writes what is to be written, in the order of `files`, and returns where.
    fn stage(&self, staging: &Path) -> Result<Vec<PathBuf>> {
        let files = self.files.iter().enumerate();
        let staged = files.map(|(index, (file, change))| {
            let path = staging.join(index.to_string());
            if let Change::Create(contents)
            | Change::Replace {
                after: contents, ..
            } = change
            {
                write(&path, contents)
                    .with_context(|| format!("{} cannot be written", file.display()))?;
            }
            if let Change::Replace { .. } = change {
                // Who may read and write it stays as it is.
                let permissions = fs::metadata(self.root.join(file))
                    .and_then(|metadata| fs::set_permissions(&path, metadata.permissions()));
                permissions.with_context(|| format!("{} cannot be written", file.display()))?;
            }
            Ok(path)
        });
        staged.collect()
    }

    fn commit(&self, staging: &Path, staged: &[PathBuf], done: &mut Vec<Step>) -> Result<()> {
        for (index, ((file, change), staged)) in self.files.iter().zip(staged).enumerate() {
            let path = self.root.join(file);
            let cannot = |what: &str| format!("{} cannot be {what}", file.display());
            match change {
                Change::Create(_) => {
                    let folder = file.parent().unwrap_or(Path::new(""));
                    make_folders(&self.root, folder, done).with_context(|| cannot("written"))?;
                    place::create(staged, &path).with_context(|| cannot("written"))?;
                    done.push(Step::Created(path));
                }
                Change::Replace { before, .. } => {
                    // Through a link, to what it leads to.
                    let path = fs::canonicalize(&path).with_context(|| cannot("written"))?;
                    let old = staging.join(format!("{index}-old"));
                    place::exchange(staged, &path, &old).with_context(|| cannot("written"))?;
                    done.push(Step::Replaced(path, old.clone()));
                    unchanged(&old, before, file)?;
                }
                Change::Delete { before } => {
                    fs::rename(&path, staged).with_context(|| cannot("deleted"))?;
                    done.push(Step::Deleted(path, staged.clone()));
                    unchanged(staged, before, file)?;
                }
            }
        }
        Ok(())
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

/// Undoes the steps, the last one first.
fn roll_back(done: &[Step]) -> io::Result<()> {
    for step in done.iter().rev() {
        match step {
            Step::MadeFolder(folder) => match fs::remove_dir(folder) {
                // Somebody put something into it, and keeps it.
                Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {}
                outcome => outcome?,
            },
            Step::Created(file) => fs::remove_file(file)?,
            Step::Replaced(file, old) | Step::Deleted(file, old) => fs::rename(old, file)?,
        }
    }
    Ok(())
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

/// Writes a file to the end: some file systems say only then that they are full.
fn write(path: &Path, contents: &[u8]) -> io::Result<()> {
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
