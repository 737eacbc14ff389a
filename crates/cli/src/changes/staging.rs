//! The folder beside the tree in which changes are prepared, and those that killed commands have left.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use tempfile::TempDir;

const PREFIX: &str = ".jenny-";

/// Has what is to be written.
const NEW: &str = "new";

/// Has what was replaced or deleted. It is made when the first file is moved.
const OLD: &str = "old";

/// The folder, which goes when this is dropped.
pub(super) struct Staging {
    folder: TempDir,
    /// Tells others that this process lives, where the file system knows locks.
    _lock: Option<File>,
}

impl Staging {
    /// Makes it in `root`: on the same file system, so that files only have to be renamed.
    pub(super) fn make(root: &Path) -> Result<Self> {
        let make = || {
            let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(root)?;
            let lock = File::open(folder.path()).and_then(|folder| {
                folder.lock()?;
                Ok(folder)
            });
            // What has none of these is not taken for left behind.
            fs::create_dir(folder.path().join(NEW))?;
            io::Result::Ok(Self {
                folder,
                _lock: lock.ok(),
            })
        };
        make().with_context(|| format!("nothing can be written into {}", root.display()))
    }

    /// Where a file is written that is to be moved to `file`.
    pub(super) fn new_of(&self, file: &Path) -> PathBuf {
        self.folder.path().join(NEW).join(file)
    }

    /// Where the file is moved that was at `file`.
    pub(super) fn old_of(&self, file: &Path) -> PathBuf {
        self.folder.path().join(OLD).join(file)
    }

    /// From here on there may be the only copy of something in it.
    pub(super) fn begin(&self) -> io::Result<()> {
        fs::create_dir(self.folder.path().join(OLD))
    }

    /// Leaves it where it is, and returns where the files are as they were.
    pub(super) fn keep(self) -> PathBuf {
        self.folder.keep().join(OLD)
    }
}

/// What commands have left in `root` that were killed: removed where nothing was moved yet, else returned.
pub(super) fn left_behind(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let folders = entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX))
        .map(|entry| entry.path());
    let mut left: Vec<PathBuf> = folders
        .filter(|folder| {
            let lock = File::open(folder).map(|folder| folder.try_lock().is_ok().then_some(folder));
            let Ok(Some(_lock)) = lock else {
                return false;
            };
            if folder.join(OLD).is_dir() {
                return true;
            }
            if folder.join(NEW).is_dir() {
                // One that stays does no harm.
                _ = fs::remove_dir_all(folder);
            }
            false
        })
        .collect();
    left.sort();
    left
}
