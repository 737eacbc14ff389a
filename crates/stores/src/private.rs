//! Files and folders for their owner alone, whatever the umask: an application's data, the keys among
//! it, and what its components print. What is there already keeps its mode.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::path::Path;

/// Makes a folder, and those above it that are not there.
pub fn create_dir_all(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Opens a file to append to it, and makes it if it is not there.
pub fn append(path: &Path) -> io::Result<std::fs::File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes the file of a database, which is empty, if it is not there. SQLite gives the files that it
/// makes beside it the mode of this one.
pub fn create_database(path: &Path) {
    // SQLite says it better where the file cannot be made, or is there and cannot be written.
    let _ = append(path);
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_is_made_is_the_owners_alone() {
        let directory = tempfile::tempdir().unwrap();
        let folder = directory.path().join("deep/state");
        create_dir_all(&folder).unwrap();
        create_database(&folder.join("a.db"));

        assert_eq!(mode(&directory.path().join("deep")), 0o700);
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&folder.join("a.db")), 0o600);
    }

    #[test]
    fn what_is_there_stays_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a.db");
        std::fs::write(&file, "data").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        create_database(&file);
        create_dir_all(directory.path()).unwrap();

        assert_eq!(mode(&file), 0o640);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "data");
    }
}
