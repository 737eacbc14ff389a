//! Putting one staged file where it belongs, without a moment at which nothing or half of it is there.

use std::fs;
use std::io;
use std::path::Path;

/// Moves a file to where nothing is.
///
/// # Errors
///
/// When something is there, be it since a moment ago.
pub(super) fn create(staged: &Path, target: &Path) -> io::Result<()> {
    // A link fails where something is, which `rename` would replace.
    match fs::hard_link(staged, target) {
        Err(error) if is_unsupported(&error) => {
            if target.symlink_metadata().is_ok() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            fs::rename(staged, target)
        }
        outcome => outcome,
    }
}

/// Puts a file in the place of another one, which is at `old` afterwards.
pub(super) fn exchange(staged: &Path, target: &Path, old: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};

        match renameat_with(CWD, staged, CWD, target, RenameFlags::EXCHANGE) {
            Ok(()) => {
                return fs::rename(staged, old).inspect_err(|_| {
                    // Else the old one would be gone with the folder of what is staged.
                    _ = renameat_with(CWD, staged, CWD, target, RenameFlags::EXCHANGE);
                });
            }
            Err(error) if is_unsupported(&error.into()) => {}
            Err(error) => return Err(error.into()),
        }
    }
    // A change of the file between these two is lost.
    fs::copy(target, old)?;
    fs::rename(staged, target)
}

/// Whether it is this kind of file system that cannot do it.
fn is_unsupported(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput | io::ErrorKind::PermissionDenied
    )
}
