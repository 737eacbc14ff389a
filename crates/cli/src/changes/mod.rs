//! Applies a set of file changes below a folder: all of them or none.
//!
//! [`Changes::apply`] looks for conflicts before it writes anything. Then it writes each file beside its
//! target and renames it into place, so that no file is ever half written. If a step fails, it undoes the
//! steps before it. A process that is killed in between leaves some files written and others not; the files
//! of an application are in git, which shows them.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use tempfile::NamedTempFile;

/// A set of changes to the files below a folder.
#[derive(Debug)]
pub(crate) struct Changes {
    root: PathBuf,
    files: BTreeMap<PathBuf, Change>,
}

/// A change of one file.
#[derive(Debug)]
enum Change {
    Create(Vec<u8>),
    Replace { before: Vec<u8>, after: Vec<u8> },
    Delete { before: Vec<u8> },
}

/// A step that was taken, and what undoes it.
enum Step<'a> {
    MadeFolder(PathBuf),
    Created(PathBuf),
    Replaced(PathBuf, &'a [u8]),
    Deleted(PathBuf, &'a [u8]),
}

impl Changes {
    /// An empty set for an existing folder.
    pub(crate) fn below(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            files: BTreeMap::new(),
        }
    }

    /// Creates a file, and the folders above it.
    pub(crate) fn create(&mut self, file: impl Into<PathBuf>, contents: impl Into<Vec<u8>>) {
        let change = Change::Create(contents.into());
        self.files.insert(file.into(), change);
    }

    /// Replaces the contents of a file that held `before` when it was read.
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

    /// Deletes a file that held `before` when it was read, and the folders that this leaves empty.
    pub(crate) fn delete(&mut self, file: impl Into<PathBuf>, before: impl Into<Vec<u8>>) {
        let before = before.into();
        self.files.insert(file.into(), Change::Delete { before });
    }

    /// The files to create, relative to the folder.
    pub(crate) fn created(&self) -> impl Iterator<Item = &Path> {
        self.of(|change| matches!(change, Change::Create(_)))
    }

    /// The files to replace, relative to the folder.
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
    /// When a file to create exists, when a file to replace or delete has changed since it was read, and when
    /// a file cannot be written. The tree is then as it was; the error says so if it is not.
    pub(crate) fn apply(self) -> Result<()> {
        self.check()?;
        let mut done = Vec::new();
        let Err(error) = self.make(&mut done) else {
            self.remove_empty_folders();
            return Ok(());
        };
        let problems = undo(&done);
        if problems.is_empty() {
            return Err(error);
        }
        let problems = problems.join(", ");
        bail!("{error:#}; the changes before it could not all be undone: {problems}")
    }

    /// Looks for conflicts.
    fn check(&self) -> Result<()> {
        for (file, change) in &self.files {
            if !is_below(file) {
                bail!("{} is not below {}", file.display(), self.root.display());
            }
            let path = self.root.join(file);
            match change {
                // A dangling link counts as a file.
                Change::Create(_) if path.symlink_metadata().is_ok() => {
                    bail!("{} is there already", file.display());
                }
                Change::Create(_) => {}
                Change::Replace { before, .. } | Change::Delete { before } => {
                    let now = fs::read(&path)
                        .with_context(|| format!("{} cannot be read", file.display()))?;
                    if now != *before {
                        bail!(
                            "{} has changed since it was read: run the command again",
                            file.display()
                        );
                    }
                }
            }
        }
        Ok(())
    }

    fn make<'a>(&'a self, done: &mut Vec<Step<'a>>) -> Result<()> {
        for (file, change) in &self.files {
            let path = self.root.join(file);
            let step = match change {
                Change::Create(contents) => make_folders(&self.root, file, done)
                    .and_then(|()| create(&path, contents))
                    .map(|()| Step::Created(path)),
                Change::Replace { before, after } => {
                    replace(&path, after).map(|()| Step::Replaced(path, before))
                }
                Change::Delete { before } => {
                    fs::remove_file(&path).map(|()| Step::Deleted(path, before))
                }
            };
            let verb = match change {
                Change::Delete { .. } => "deleted",
                _ => "written",
            };
            done.push(step.with_context(|| format!("{} cannot be {verb}", file.display()))?);
        }
        Ok(())
    }

    /// Removes the folders that the deleted files leave empty. A folder that stays does no harm.
    fn remove_empty_folders(&self) {
        let deleted = self.of(|change| matches!(change, Change::Delete { .. }));
        for folder in deleted.flat_map(|file| file.ancestors().skip(1)) {
            if !folder.as_os_str().is_empty() {
                _ = fs::remove_dir(self.root.join(folder));
            }
        }
    }
}

/// Undoes the steps, the last one first, and describes those that cannot be undone.
fn undo(done: &[Step<'_>]) -> Vec<String> {
    let undone = done.iter().rev().filter_map(|step| {
        let (path, outcome) = match step {
            Step::MadeFolder(folder) => (folder, fs::remove_dir(folder)),
            Step::Created(file) => (file, fs::remove_file(file)),
            Step::Replaced(file, before) => (file, replace(file, before)),
            Step::Deleted(file, before) => (file, create(file, before)),
        };
        Some(format!("{}: {}", path.display(), outcome.err()?))
    });
    undone.collect()
}

/// Creates the missing folders above a relative path.
fn make_folders(root: &Path, file: &Path, done: &mut Vec<Step<'_>>) -> io::Result<()> {
    let mut path = root.to_owned();
    for name in file.parent().unwrap_or(Path::new("")) {
        path.push(name);
        match fs::create_dir(&path) {
            Ok(()) => done.push(Step::MadeFolder(path.clone())),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Writes a file that does not exist, with the permissions of an ordinary new file.
fn create(path: &Path, contents: &[u8]) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;

        // Less the process's umask.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(folder_of(path))?;
    written(file, contents)?.persist_noclobber(path)?;
    Ok(())
}

/// Replaces a file, or the one that a link leads to. Its permissions stay.
fn replace(path: &Path, contents: &[u8]) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let file = written(NamedTempFile::new_in(folder_of(&path))?, contents)?;
    fs::set_permissions(file.path(), fs::metadata(&path)?.permissions())?;
    file.persist(path)?;
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}

/// Writes through to the disk: some file systems report only then that they are full.
fn written(mut file: NamedTempFile, contents: &[u8]) -> io::Result<NamedTempFile> {
    file.write_all(contents)?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn is_below(path: &Path) -> bool {
    let mut components = path.components();
    path.file_name().is_some() && components.all(|part| matches!(part, Component::Normal(_)))
}
