//! What the machine has to offer: folders, disk, open files, the port.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use jenny_host::CompileCache;
use jenny_host::server::ServerOptions;

use super::check::{Check, Group, Status};
use super::holder;
use super::machine::Remedy;
use crate::up::FILES_FOR_EACH_CONNECTION;

/// What building everything and testing it needs, half of it for wasmtime: measured, and a third more. Whoever
/// runs this by cargo has built it, in that application: it is for others, which `--from` names.
const FIRST_BUILD_BYTES: u64 = 5 << 30;

/// What building changes needs, once that is done.
const LATER_BUILD_BYTES: u64 = 1 << 30;

/// A folder that must take files, or be made.
pub(super) fn folder(name: &'static str, path: &Path, purpose: &str) -> Check {
    match writable(path) {
        Ok(()) => Check::ok(Group::Required, name, path.display().to_string()),
        Err(error) => {
            let path = path.display();
            let detail = format!("{path}, for {purpose}, takes no files: {error}");
            let remedy = Remedy::Advice("make it a folder that this user can write to".to_owned());
            Check::ill(Group::Required, name, Status::Unfit, detail, remedy)
        }
    }
}

/// Makes a file in the folder, or in the nearest one above that exists, and removes it again.
fn writable(path: &Path) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    let file = builder
        .prefix(".jenny-doctor-")
        .tempfile_in(existing(path)?)?;
    file.close()
}

/// The path, or the nearest above it that is there.
fn existing(path: &Path) -> io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    let mut above = path.ancestors();
    let found = above.find(|path| path.symlink_metadata().is_ok());
    Ok(found.unwrap_or(&path).to_owned())
}

/// Whether there is room for a build in `target`.
#[cfg(unix)]
pub(super) fn disk(target: &Path) -> Option<Check> {
    const NAME: &str = "disk";
    let room = rustix::fs::statvfs(existing(target).ok()?).ok()?;
    let free = room.f_bavail.saturating_mul(room.f_frsize);
    let wanted = wanted(target);
    let detail = format!("{} free for {}", gibibytes(free), target.display());
    if free >= wanted {
        return Some(Check::ok(Group::Machine, NAME, detail));
    }
    let detail = format!("{detail}; a build may need {}", gibibytes(wanted));
    let advice = "make room, or let CARGO_TARGET_DIR name a larger disk".to_owned();
    Some(Check::ill(
        Group::Machine,
        NAME,
        Status::Note,
        detail,
        Remedy::Advice(advice),
    ))
}

#[cfg(not(unix))]
pub(super) fn disk(_: &Path) -> Option<Check> {
    None
}

/// What the next build in `target` may need, in bytes.
#[cfg(unix)]
fn wanted(target: &Path) -> u64 {
    match target.join("debug").is_dir() {
        true => LATER_BUILD_BYTES,
        false => FIRST_BUILD_BYTES,
    }
}

fn gibibytes(bytes: u64) -> String {
    let tenths = bytes / ((1 << 30) / 10);
    format!("{}.{} GiB", tenths / 10, tenths % 10)
}

/// Whether as many files may be open as `up` has use for by default.
#[cfg(unix)]
pub(super) fn open_files() -> Option<Check> {
    use rustix::process::{Resource, getrlimit};

    const NAME: &str = "open-files";
    // `up` raises the soft limit to this one by itself.
    let most = getrlimit(Resource::Nofile).maximum;
    let connections = ServerOptions::default().max_connections;
    let wanted = connections.saturating_mul(FILES_FOR_EACH_CONNECTION);
    Some(match most {
        None => Check::ok(Group::Machine, NAME, "no limit"),
        Some(most) if most >= wanted as u64 => {
            Check::ok(Group::Machine, NAME, format!("at most {most}"))
        }
        Some(most) => Check::ill(
            Group::Machine,
            NAME,
            Status::Note,
            format!("at most {most}: too few for {connections} connections at once"),
            Remedy::Command(format!("ulimit -n {wanted}")),
        ),
    })
}

#[cfg(not(unix))]
pub(super) fn open_files() -> Option<Check> {
    None
}

/// Whether `up` could listen there.
pub(super) fn port(address: SocketAddr) -> Check {
    const NAME: &str = "port";
    let error = match TcpListener::bind(address) {
        Ok(_) => return Check::ok(Group::Machine, NAME, format!("{address} is free")),
        Err(error) => error,
    };
    let other = Remedy::Advice("let `cargo jenny up --listen` name another".to_owned());
    let (detail, remedy) = if error.kind() == io::ErrorKind::AddrInUse {
        match holder::of(address.port()) {
            Some(holder) => (
                format!("{address} is taken by {holder}"),
                Remedy::Advice(format!(
                    "end that, or listen elsewhere: `cargo jenny up --listen {}:0` picks a free port",
                    address.ip()
                )),
            ),
            None => (format!("{address} is taken"), other),
        }
    } else {
        (format!("{address} cannot be listened on: {error}"), other)
    };
    Check::ill(Group::Machine, NAME, Status::Note, detail, remedy)
}

/// Whether compiled components are kept between two runs.
pub(super) fn compile_cache() -> Check {
    const NAME: &str = "compile-cache";
    let problem = match CompileCache::User.directory() {
        Ok(Some(path)) => match writable(&path) {
            Ok(()) => return Check::ok(Group::Machine, NAME, path.display().to_string()),
            Err(error) => format!("{} takes no files: {error}", path.display()),
        },
        Ok(None) => "there is none".to_owned(),
        Err(error) => error,
    };
    Check::ill(
        Group::Machine,
        NAME,
        Status::Note,
        format!("every start compiles all components anew: {problem}"),
        Remedy::Advice("make it a folder that this user can write to".to_owned()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_takes_files_or_can_be_made_and_nothing_is_left_in_it() {
        let there = tempfile::tempdir().unwrap();
        for path in [there.path().to_owned(), there.path().join("a/b")] {
            let check = folder("target-folder", &path, "builds");
            assert_eq!(check.status, Status::Ok, "{check:?}");
        }
        assert_eq!(std::fs::read_dir(there.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_file_in_the_place_of_a_folder_is_told() {
        let there = tempfile::tempdir().unwrap();
        let file = there.path().join("target");
        std::fs::write(&file, "").unwrap();
        for path in [file.clone(), file.join("debug")] {
            let check = folder("target-folder", &path, "builds");
            assert!(check.is_fatal(), "{check:?}");
            assert!(check.detail.contains("target"), "{check:?}");
        }
    }

    #[test]
    fn a_port_is_free_until_somebody_listens() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let taken = port(address);
        assert_eq!(taken.status, Status::Note);
        assert!(taken.detail.contains(&address.to_string()), "{taken:?}");
        assert!(!taken.is_fatal());
        if cfg!(target_os = "linux") {
            let own = format!("(process {})", std::process::id());
            assert!(taken.detail.contains(&own), "{taken:?}");
        }
        // Somewhere that is free for sure: the port is only picked when it is asked for.
        assert_eq!(port("127.0.0.1:0".parse().unwrap()).status, Status::Ok);
    }

    #[cfg(unix)]
    #[test]
    fn the_first_build_needs_more_room_than_the_next() {
        let application = tempfile::tempdir().unwrap();
        let target = application.path().join("target");
        assert_eq!(wanted(&target), FIRST_BUILD_BYTES);
        std::fs::create_dir_all(target.join("debug")).unwrap();
        assert_eq!(wanted(&target), LATER_BUILD_BYTES);
    }

    #[test]
    fn sizes_are_told_in_gibibytes() {
        assert_eq!(gibibytes(0), "0.0 GiB");
        assert_eq!(gibibytes(5 << 30), "5.0 GiB");
        assert_eq!(gibibytes((3 << 30) / 2), "1.5 GiB");
    }
}
