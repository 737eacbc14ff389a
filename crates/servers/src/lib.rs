//! Private servers for tests, made from the machine's own binaries in temporary folders.
//!
//! A server is one process on a free port of `127.0.0.1`. It is gone with the test process, however
//! that ends, and its files with it. (Postgres takes more than that: see the package
//! `postgres-server`.)
//!
//! ```no_run
//! let Some(server) = test_servers::RedisServer::shared_or_skip() else {
//!     return;
//! };
//! println!("{}", server.create_database());
//! ```

mod mariadb;
mod mosquitto;
mod process;
mod redis;

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Mutex;

pub use crate::mariadb::MariadbServer;
pub use crate::mosquitto::{MosquittoServer, Received, Subscriber};
pub use crate::redis::RedisServer;

/// Where binaries are that a user's `PATH` may leave out.
const SYSTEM_FOLDERS: [&str; 4] = [
    "/usr/sbin",
    "/usr/local/sbin",
    "/usr/local/bin",
    "/opt/homebrew/bin",
];

/// There is no server to be had. The text says why and what to do.
#[derive(Debug, Clone, thiserror::Error)]
#[error("skipped: there is no {kind} server: {reason}; {remedy}")]
pub struct Unavailable {
    kind: &'static str,
    reason: String,
    remedy: &'static str,
}

/// The first of the programs called `names` that is installed.
fn find_program(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders.extend(SYSTEM_FOLDERS.map(PathBuf::from));
    names.iter().find_map(|name| {
        let mut files = folders.iter().map(|folder| folder.join(name));
        files.find(|file| file.is_file())
    })
}

/// The server, or `None` and a sentence on stderr, once for each `variable`.
///
/// # Panics
///
/// Without a server, if the environment variable called `variable` is `1`.
fn or_skip<T>(variable: &'static str, server: Result<T, Unavailable>) -> Option<T> {
    static SAID: Mutex<Vec<&str>> = Mutex::new(Vec::new());
    match server {
        Ok(server) => Some(server),
        Err(unavailable) => {
            assert!(
                std::env::var(variable).as_deref() != Ok("1"),
                "{variable} is 1, but: {unavailable}"
            );
            let mut said = SAID.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            if !said.contains(&variable) {
                said.push(variable);
                // Not by `eprintln!`, which the test harness keeps to itself when a test succeeds.
                _ = writeln!(std::io::stderr(), "{unavailable}");
            }
            None
        }
    }
}
