//! Where programs are looked for, and what brings those that are missing.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::ask::{self, Answer};

/// How long a program may take to tell its version. The slowest here, pip, takes half a second.
const PATIENCE: Duration = Duration::from_secs(10);

/// Folders outside of many a `PATH` that distributions put servers into.
const SYSTEM_FOLDERS: [&str; 4] = [
    "/usr/sbin",
    "/usr/local/sbin",
    "/usr/local/bin",
    "/opt/homebrew/bin",
];

/// Folders that hold one for each version of PostgreSQL, in which `bin` has its programs: Debian's,
/// Fedora's, and Homebrew's two.
const POSTGRES_FOLDERS: [&str; 4] = [
    "/usr/lib/postgresql",
    "/usr",
    "/opt/homebrew/opt",
    "/usr/local/opt",
];

/// The machine that is looked at.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    /// The folder of the application; programs are started in it.
    pub(super) folder: PathBuf,
    /// The folders of `PATH`.
    pub(super) path: Vec<PathBuf>,
    /// Where else servers may lie.
    pub(super) elsewhere: Vec<PathBuf>,
    pub(super) installer: Installer,
    /// What compiles C, with its arguments: `CC`, or `cc`.
    pub(super) compiler: String,
    pub(super) patience: Duration,
}

/// What installs programs here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Installer {
    /// Debian, Ubuntu and what is made of them; by whom, it says.
    Apt { root: bool },
    /// Homebrew.
    Brew,
    /// Another one.
    Unknown,
}

/// What is to be installed, by the names that installers know it under.
#[derive(Clone, Copy, Debug)]
pub(super) struct Package {
    /// For a person, where the installer is not known.
    pub(super) name: &'static str,
    pub(super) apt: Option<&'static str>,
    pub(super) brew: Option<&'static str>,
    /// A command line for all other machines.
    pub(super) otherwise: Option<&'static str>,
}

/// What to do about something that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// A command line that brings it.
    Command(String),
    /// A sentence without its full stop, where no command is known.
    Advice(String),
}

impl Machine {
    /// This machine, as it is.
    pub(super) fn here(folder: &Path) -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path: Vec<PathBuf> = std::env::split_paths(&path).collect();
        let mut elsewhere: Vec<PathBuf> = SYSTEM_FOLDERS.map(PathBuf::from).into();
        for parent in POSTGRES_FOLDERS {
            let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
            elsewhere.extend(entries.map(|entry| entry.path().join("bin")));
        }
        Self {
            folder: folder.to_owned(),
            installer: Installer::of(&path),
            path,
            elsewhere,
            compiler: std::env::var("CC").unwrap_or_else(|_| "cc".to_owned()),
            patience: PATIENCE,
        }
    }

    /// Where a program is: in `PATH`, or elsewhere.
    pub(super) fn find(&self, name: &str) -> Option<PathBuf> {
        find(self.path.iter().chain(&self.elsewhere), name)
    }

    /// Runs a program with the machine's `PATH`, in its folder.
    pub(super) fn ask(&self, program: impl AsRef<OsStr>, arguments: &[&str]) -> Answer {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(&self.folder)
            // rustup would download a toolchain that is missing, rather than say so.
            .env("RUSTUP_AUTO_INSTALL", "0");
        if let Ok(path) = std::env::join_paths(&self.path) {
            command.env("PATH", path);
        }
        ask::ask(&mut command, self.patience)
    }

    /// How a package comes onto this machine.
    pub(super) fn install(&self, package: Package) -> Remedy {
        let command = match self.installer {
            Installer::Apt { root } => package.apt.map(|names| {
                let sudo = if root { "" } else { "sudo " };
                format!("{sudo}apt-get install {names}")
            }),
            Installer::Brew => package.brew.map(|names| format!("brew install {names}")),
            Installer::Unknown => None,
        };
        match command.or(package.otherwise.map(str::to_owned)) {
            Some(command) => Remedy::Command(command),
            None => Remedy::Advice(format!("install {}", package.name)),
        }
    }
}

impl Installer {
    fn of(path: &[PathBuf]) -> Self {
        if find(path, "apt-get").is_some() {
            #[cfg(unix)]
            let root = rustix::process::geteuid().is_root();
            #[cfg(not(unix))]
            let root = false;
            Self::Apt { root }
        } else if find(path, "brew").is_some() {
            Self::Brew
        } else {
            Self::Unknown
        }
    }
}

fn find<'a>(folders: impl IntoIterator<Item = &'a PathBuf>, name: &str) -> Option<PathBuf> {
    // A compiler may be named by its whole path.
    if name.contains(std::path::is_separator) {
        return Some(PathBuf::from(name)).filter(|file| is_program(file));
    }
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let mut files = folders.into_iter().map(|folder| folder.join(&name));
    files.find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    let Ok(metadata) = file.metadata() else {
        return false;
    };
    #[cfg(unix)]
    let runs = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o111 != 0;
    #[cfg(not(unix))]
    let runs = true;
    metadata.is_file() && runs
}
