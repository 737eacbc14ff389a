//! A Redis server, or one of Valkey.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::process::{Process, Recipe};
use crate::{Unavailable, find_program, or_skip};

/// The variable that makes a missing server a failure.
const REQUIRED: &str = "JENNY_REQUIRE_REDIS";

/// What to do about a missing server.
const REMEDY: &str = "install it (Debian and Ubuntu: apt-get install redis-server; macOS: brew \
    install redis)";

/// How many databases a server has: one for each test of a process, and many to spare.
const DATABASES: u32 = 1000;

/// The password that every server asks for, so that nothing but its own test talks to it by accident.
const PASSWORD: &str = "tests-only";

/// A running Redis server.
///
/// What was written survives [`stop`](Self::stop): each write is appended to a file, which nothing
/// flushes to disk.
#[derive(Debug)]
pub struct RedisServer {
    process: Process,
    databases: AtomicU32,
}

impl RedisServer {
    /// The server that all tests of this process share, for a test that returns early without one.
    /// The first of a process to do so says `skipped: …` on stderr.
    ///
    /// # Panics
    ///
    /// Without a server, if the variable `JENNY_REQUIRE_REDIS` is `1`.
    pub fn shared_or_skip() -> Option<&'static Self> {
        static SHARED: OnceLock<Result<RedisServer, Unavailable>> = OnceLock::new();
        let shared = SHARED.get_or_init(Self::private).as_ref();
        or_skip(REQUIRED, shared.map_err(Clone::clone))
    }

    /// A server of the caller's own, for a test that stops it. It ends when it is dropped.
    ///
    /// # Panics
    ///
    /// As [`shared_or_skip`](Self::shared_or_skip).
    pub fn private_or_skip() -> Option<Self> {
        or_skip(REQUIRED, Self::private())
    }

    /// Starts a server.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] if the machine has no binary or it does not start.
    pub fn private() -> Result<Self, Unavailable> {
        let unavailable = |reason: String| Unavailable {
            kind: "Redis",
            reason,
            remedy: REMEDY,
        };
        let program = find_program(&["redis-server", "valkey-server"])
            .ok_or_else(|| unavailable("redis-server is not in PATH".to_owned()))?;
        let recipe = Recipe {
            name: "redis",
            program,
            arguments,
            prepare: |_| Ok(()),
            is_ready,
        };
        Ok(Self {
            process: Process::start(recipe).map_err(unavailable)?,
            databases: AtomicU32::new(0),
        })
    }

    /// The URL of an empty database that nobody else is given: `redis://:…@127.0.0.1:port/number`.
    ///
    /// # Panics
    ///
    /// When the server has no further database.
    pub fn create_database(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        assert!(number < DATABASES, "every database is taken");
        format!("redis://:{PASSWORD}@127.0.0.1:{}/{number}", self.port())
    }

    /// The TCP port, on `127.0.0.1`.
    pub fn port(&self) -> u16 {
        self.process.port()
    }

    /// Ends the server at once, as a crash would: every connection is cut.
    pub fn stop(&self) {
        self.process.stop();
    }

    /// Starts the server again, on the same port and with the same data.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn restart(&self) {
        if let Err(error) = self.process.launch() {
            panic!("{error}");
        }
    }
}

fn arguments(folder: &Path, port: u16) -> Vec<OsString> {
    let port = port.to_string();
    let databases = DATABASES.to_string();
    let mut arguments: Vec<OsString> = [
        ["--bind", "127.0.0.1"],
        ["--port", &port],
        ["--databases", &databases],
        ["--requirepass", PASSWORD],
        ["--save", ""],
        ["--appendonly", "yes"],
        ["--appendfsync", "no"],
    ]
    .concat()
    .iter()
    .map(OsString::from)
    .collect();
    arguments.extend(["--dir".into(), folder.into()]);
    arguments
}

/// Whether the server has read its file: until then it answers `-LOADING`.
fn is_ready(mut stream: TcpStream) -> bool {
    let mut answer = String::new();
    let asked = write!(stream, "AUTH {PASSWORD}\r\nPING\r\n");
    let mut lines = BufReader::new(stream);
    asked.is_ok()
        && lines.read_line(&mut answer).is_ok()
        && answer == "+OK\r\n"
        && lines.read_line(&mut answer).is_ok()
        && answer.ends_with("+PONG\r\n")
}
