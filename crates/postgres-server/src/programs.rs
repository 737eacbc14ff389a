//! Finds the server's binaries.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Folders that hold one folder for each installed version, and where in it the binaries are.
const VERSIONED: [(&str, &str); 4] = [
    ("/usr/lib/postgresql", "bin"), // Debian, Ubuntu
    ("/usr", "bin"),                // Fedora, RHEL: /usr/pgsql-17/bin
    ("/opt/homebrew/opt", "bin"),   // Homebrew: postgresql@17/bin
    ("/usr/local/opt", "bin"),
];

/// What a private server is made with.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    pub(crate) initdb: PathBuf,
    pub(crate) pg_ctl: PathBuf,
}

impl Programs {
    /// The programs of the first folder that has all of them: of `PATH`, then of the places where
    /// distributions put them outside of it, newest first.
    pub(crate) fn find() -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
        for (parent, bin) in VERSIONED {
            folders.extend(versions(Path::new(parent)).map(|version| version.join(bin)));
        }
        folders.extend(configured());
        folders.iter().find_map(|folder| Self::within(folder))
    }

    fn within(folder: &Path) -> Option<Self> {
        // A link leads to a folder of its own version, where its companions are looked for.
        let program = |name: &str| folder.join(name).canonicalize().ok();
        program("postgres")?;
        Some(Self {
            initdb: program("initdb")?,
            pg_ctl: program("pg_ctl")?,
        })
    }
}

/// The folders of Postgres versions in `parent`, newest first.
fn versions(parent: &Path) -> impl Iterator<Item = PathBuf> {
    let version = |folder: &PathBuf| -> Option<u32> {
        let name = folder.file_name()?.to_str()?;
        let number = ["postgresql@", "pgsql-", ""]
            .iter()
            .find_map(|prefix| name.strip_prefix(prefix))?;
        // Up to version 9.6 the second number counted too; nobody has those any more.
        number.split('.').next()?.parse().ok()
    };
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = entries
        .map(|entry| entry.path())
        .filter_map(|folder| Some((version(&folder)?, folder)))
        .collect();
    found.sort_by(|(a, _), (b, _)| b.cmp(a));
    found.into_iter().map(|(_, folder)| folder)
}

/// What `pg_config` says, where it is installed.
fn configured() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    let folder = String::from_utf8(output.stdout).ok()?;
    Some(PathBuf::from(folder.trim()))
}
