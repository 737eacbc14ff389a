//! A MariaDB server, which speaks the protocol of MySQL.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::Read as _;
use std::net::TcpStream;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::process::{Process, Recipe};
use crate::{Unavailable, find_program, or_skip};

/// The variable that makes a missing server a failure.
const REQUIRED: &str = "JENNY_REQUIRE_MYSQL";

/// What to do about a missing server.
const REMEDY: &str = "install it (Debian and Ubuntu: apt-get install mariadb-server; macOS: brew \
    install mariadb)";

/// How many databases a server has: one for each test of a process, and some to spare.
const DATABASES: u32 = 64;

const USER: &str = "tests";
const PASSWORD: &str = "tests-only";

/// Settings that make tests fast and the same everywhere. What was committed survives the end of
/// the process, but no power cut. Nobody is cut off because the machine is slow.
const SETTINGS: [&str; 16] = [
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--skip-log-bin",
    "--performance-schema=OFF",
    "--character-set-server=utf8mb4",
    "--max-connections=300",
    "--max-allowed-packet=64M",
    "--connect-timeout=600",
    "--net-read-timeout=600",
    "--net-write-timeout=600",
    "--innodb-buffer-pool-size=32M",
    "--innodb-log-file-size=8M",
    "--innodb-flush-log-at-trx-commit=2",
    "--innodb-flush-method=nosync",
    "--socket=socket",
    "--pid-file=pid",
];

/// A running MariaDB server.
///
/// What was committed survives [`stop`](Self::stop). It takes connections with TLS and without; its
/// certificate is for `localhost` and signed by itself.
#[derive(Debug)]
pub struct MariadbServer {
    process: Process,
    databases: AtomicU32,
}

impl MariadbServer {
    /// The server that all tests of this process share, for a test that returns early without one.
    /// The first of a process to do so says `skipped: …` on stderr.
    ///
    /// # Panics
    ///
    /// Without a server, if the variable `JENNY_REQUIRE_MYSQL` is `1`.
    pub fn shared_or_skip() -> Option<&'static Self> {
        static SHARED: OnceLock<Result<MariadbServer, Unavailable>> = OnceLock::new();
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
            kind: "MariaDB",
            reason,
            remedy: REMEDY,
        };
        let program = find_program(&["mariadbd"])
            .ok_or_else(|| unavailable("mariadbd is not in PATH".to_owned()))?;
        let recipe = Recipe {
            name: "mariadb",
            program,
            arguments,
            prepare,
            is_ready,
        };
        Ok(Self {
            process: Process::start(recipe).map_err(unavailable)?,
            databases: AtomicU32::new(0),
        })
    }

    /// The URL of an empty database that nobody else is given:
    /// `mysql://tests:…@127.0.0.1:port/name`.
    ///
    /// # Panics
    ///
    /// When the server has no further database.
    pub fn create_database(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        assert!(number < DATABASES, "every database is taken");
        let port = self.port();
        format!("mysql://{USER}:{PASSWORD}@127.0.0.1:{port}/tests{number}")
    }

    /// The TCP port, on `127.0.0.1`.
    pub fn port(&self) -> u16 {
        self.process.port()
    }

    /// The server's certificate, in PEM.
    ///
    /// # Panics
    ///
    /// If its file cannot be read.
    pub fn certificate(&self) -> String {
        let file = self.process.folder().join("certificate.pem");
        std::fs::read_to_string(file).expect("the server could read it")
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

/// Makes the system's tables, a user, databases and a certificate.
fn prepare(folder: &Path) -> Result<(), String> {
    let cannot = |error: std::io::Error| format!("its files cannot be written: {error}");
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()])
        .map_err(|error| format!("its certificate cannot be made: {error}"))?;
    let files = [
        ("certificate.pem", certified.cert.pem()),
        ("key.pem", certified.signing_key.serialize_pem()),
        ("init.sql", initial_statements()),
    ];
    for (name, content) in files {
        std::fs::write(folder.join(name), content).map_err(cannot)?;
    }
    let installer = find_program(&["mariadb-install-db"])
        .ok_or_else(|| "mariadb-install-db is not in PATH".to_owned())?;
    let output = Command::new(&installer)
        .arg("--no-defaults")
        .args(common_arguments(folder))
        .args(["--auth-root-authentication-method=normal", "--skip-test-db"])
        .args(SETTINGS)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{} cannot be run: {error}", installer.display()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(format!("{} failed: {said}", installer.display()))
}

/// One statement in each line. They run at every start.
fn initial_statements() -> String {
    let mut statements = format!(
        "CREATE USER IF NOT EXISTS '{USER}'@'%' IDENTIFIED BY '{PASSWORD}';\n\
         GRANT ALL ON *.* TO '{USER}'@'%';\n"
    );
    for number in 0..DATABASES {
        writeln!(statements, "CREATE DATABASE IF NOT EXISTS tests{number};")
            .expect("a string can be written to");
    }
    statements
}

/// Where the data is, and whose. A server of root's has to be told that it is meant to be.
fn common_arguments(folder: &Path) -> Vec<OsString> {
    let mut data = OsString::from("--datadir=");
    data.push(folder.join("data"));
    let is_root = std::fs::metadata(folder).is_ok_and(|folder| folder.uid() == 0);
    let user = is_root.then(|| OsString::from("--user=root"));
    [data].into_iter().chain(user).collect()
}

fn arguments(folder: &Path, port: u16) -> Vec<OsString> {
    let mut arguments = vec![OsString::from("--no-defaults")];
    arguments.extend(common_arguments(folder));
    arguments.extend(SETTINGS.map(OsString::from));
    arguments.push(format!("--port={port}").into());
    for (name, file) in [
        ("--init-file=", "init.sql"),
        ("--ssl-cert=", "certificate.pem"),
        ("--ssl-key=", "key.pem"),
    ] {
        let mut argument = OsString::from(name);
        argument.push(folder.join(file));
        arguments.push(argument);
    }
    arguments
}

/// Whether the server greets: a header of four bytes, then the version of the protocol.
fn is_ready(mut stream: TcpStream) -> bool {
    let mut greeting = [0; 5];
    stream.read_exact(&mut greeting).is_ok() && greeting[3..] == [0, 10]
}
