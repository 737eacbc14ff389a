//! Symbolic links on the way to a file.

use std::io;
use std::path::{Path, PathBuf};

use super::FilesError;

/// Where `path`, which is `folder` or in it, really is.
///
/// Links that stay in the folder are followed, as on Spin. One that leads out of it would let a
/// component read what its entry does not name: a file of another user, or the application's own
/// database.
///
/// # Errors
///
/// [`FilesError::Link`] for one that leads out of `folder`; [`FilesError::Io`] for one that leads
/// nowhere.
pub(super) fn follow(path: &Path, folder: &Path) -> Result<PathBuf, FilesError> {
    let canonical = |path: &Path| path.canonicalize().map_err(FilesError::io(path));
    let inside = canonical(folder)?;
    let real = canonical(path)?;
    if real.starts_with(&inside) {
        return Ok(real);
    }
    let link = first_out(path, folder, &inside).map_err(FilesError::io(path))?;
    Err(FilesError::Link {
        link,
        target: real,
        folder: folder.to_owned(),
    })
}

/// The first part of `path` below `folder` that is not in `inside`, where the folder really is.
fn first_out(path: &Path, folder: &Path, inside: &Path) -> io::Result<PathBuf> {
    let mut ways: Vec<&Path> = path.ancestors().take_while(|way| *way != folder).collect();
    ways.reverse();
    for way in ways {
        if !way.canonicalize()?.starts_with(inside) {
            return Ok(way.to_owned());
        }
    }
    Ok(path.to_owned())
}
