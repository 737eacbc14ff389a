//! A private server: its files, its process, its end.

use std::fmt::Write as _;
use std::fs::Permissions;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::certificate::Certificate;
use crate::programs::Programs;
use crate::{Tls, Unavailable};

/// A path of a Unix socket holds so many bytes on the systems that hold least, the name of the
/// socket in the folder (`/.s.PGSQL.65535`) included.
const MAX_SOCKET_FOLDER_BYTES: usize = 103 - 16;

/// Free ports are found by listening on one and giving it back, so that somebody else may get it
/// first.
const ATTEMPTS: usize = 5;

/// Where ports for servers are looked for: Linux gives connections those from 32768 on, others higher ones.
const PORTS: Range<u16> = 10_000..32_000;

/// How many of them are tried before the system is asked for any.
const PORT_ATTEMPTS: usize = 1000;

/// How long `pg_ctl` waits for the server, in seconds, on a machine however busy.
const WAIT_SECONDS: &str = "600";

/// Settings that make tests fast and the same everywhere. Nothing here survives a power cut, and
/// nothing has to; what was committed does survive the end of the process, because
/// `synchronous_commit` is on.
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
max_connections = 300
fsync = off
full_page_writes = off
synchronous_commit = on
wal_level = minimal
max_wal_senders = 0
autovacuum = off
logging_collector = off
authentication_timeout = '10min'
timezone = 'UTC'
";

/// Ends the server and removes its files once the write end of its standard input is closed: when
/// the test process drops it, or ends in any way, `kill -9` included. It survives what is sent to
/// the whole foreground process group, such as Ctrl-C.
const WATCHDOG: &str = r#"
trap '' HUP INT TERM
read -r _
"$1" stop --silent --mode=immediate --pgdata="$2/data"
rm -rf "$2"
"#;

/// A server, from `initdb` to the removal of its files.
#[derive(Debug)]
pub(crate) struct Cluster {
    programs: Programs,
    user: User,
    folder: PathBuf,
    port: u16,
    authority: Option<String>,
    watchdog: Child,
}

impl Cluster {
    pub(crate) fn start(tls: Tls) -> Result<Self, Unavailable> {
        let programs = Programs::find().ok_or_else(|| {
            Unavailable::new(
                "DATABASE_URL is unset, and initdb, pg_ctl and postgres are neither in PATH nor \
                 where distributions put them",
            )
        })?;
        let user = User::choose()?;
        let (folder, watchdog) = guarded_folder(&programs, &user)
            .map_err(|error| Unavailable::new(format!("its folder cannot be made: {error}")))?;
        let mut cluster = Self {
            programs,
            user,
            folder,
            port: 0,
            authority: None,
            watchdog,
        };
        cluster.initialise(tls)?;
        let mut last = None;
        for _ in 0..ATTEMPTS {
            cluster.port = free_port()
                .map_err(|error| Unavailable::new(format!("no port is free: {error}")))?;
            match cluster.launch() {
                Ok(()) => return Ok(cluster),
                Err(error) => last = Some(error),
            }
        }
        Err(last.expect("there was at least one attempt"))
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn initialise(&mut self, tls: Tls) -> Result<(), Unavailable> {
        let mut initdb = self.user.command(&self.programs.initdb, &self.folder);
        initdb
            .arg("--pgdata")
            .arg(self.data())
            .args(["--auth=trust", "--username=postgres", "--no-sync"])
            .args(["--encoding=UTF8", "--locale=C"]);
        run(&mut initdb)?;
        self.configure(tls)
            .map_err(|error| Unavailable::new(format!("it cannot be configured: {error}")))
    }

    fn configure(&mut self, tls: Tls) -> io::Result<()> {
        let file = self.data().join("postgresql.conf");
        let mut settings = std::fs::read_to_string(&file)? + SETTINGS;
        if tls == Tls::On {
            let made = Certificate::new().map_err(io::Error::other)?;
            for (name, text) in [("server.crt", &made.certificate), ("server.key", &made.key)] {
                let path = self.data().join(name);
                std::fs::write(&path, text)?;
                self.user.own(&path)?;
                // The server refuses a key that others can read.
                std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
            }
            settings.push_str("ssl = on\n");
            self.authority = Some(made.authority);
        }
        let sockets = self.folder.to_string_lossy();
        let sockets = if sockets.len() > MAX_SOCKET_FOLDER_BYTES {
            ""
        } else {
            &sockets
        };
        let quoted = sockets.replace('\'', "''");
        writeln!(settings, "unix_socket_directories = '{quoted}'").map_err(io::Error::other)?;
        std::fs::write(&file, settings)
    }

    /// Starts the server, and waits until it accepts connections.
    pub(crate) fn launch(&self) -> Result<(), Unavailable> {
        let log = self.folder.join("log");
        let mut pg_ctl = self.user.command(&self.programs.pg_ctl, &self.folder);
        pg_ctl
            .args(["start", "--wait", "--silent", "--timeout", WAIT_SECONDS])
            .arg("--pgdata")
            .arg(self.data())
            .arg("--log")
            .arg(&log)
            .arg(format!("--options=-p {}", self.port));
        run(&mut pg_ctl).map_err(|error| {
            let log = std::fs::read_to_string(&log).unwrap_or_default();
            let end = log.lines().rev().take(5).collect::<Vec<_>>();
            let end = end.into_iter().rev().collect::<Vec<_>>().join(" / ");
            Unavailable::new(format!("{}; its log ends: {end}", error.reason))
        })
    }

    /// Ends the server at once, without a checkpoint.
    pub(crate) fn stop(&self) {
        let mut pg_ctl = self.user.command(&self.programs.pg_ctl, &self.folder);
        pg_ctl
            .args(["stop", "--wait", "--silent", "--timeout", WAIT_SECONDS])
            .arg("--mode=immediate")
            .arg("--pgdata")
            .arg(self.data());
        if let Err(error) = run(&mut pg_ctl) {
            panic!("{error}");
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        // It has nothing to say; waiting only keeps it from becoming a zombie.
        _ = self.watchdog.wait();
    }
}

/// A folder that is gone when the process is, and who sees to that.
fn guarded_folder(programs: &Programs, user: &User) -> io::Result<(PathBuf, Child)> {
    let folder = TempDir::with_prefix("postgres-")?;
    user.own(folder.path())?;
    let watchdog = user
        .command(Path::new("/bin/sh"), folder.path())
        .args(["-c", WATCHDOG, "watchdog"])
        .arg(&programs.pg_ctl)
        .arg(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()?;
    Ok((folder.keep(), watchdog))
}

/// A port that nobody listens on. It is below those that the system gives to connections for their own
/// end, so that none of these gets it before the server has it, or while the server is stopped.
fn free_port() -> io::Result<u16> {
    for _ in 0..PORT_ATTEMPTS {
        // The keys of a new map's hasher are random.
        let random = RandomState::new().build_hasher().finish();
        let port = PORTS.start + (random % PORTS.len() as u64) as u16;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

/// Who the server runs as.
#[derive(Debug)]
enum User {
    /// Whoever runs the test.
    Myself,
    /// An unprivileged user, because Postgres refuses to run as root.
    Other { uid: u32, gid: u32 },
}

impl User {
    fn choose() -> Result<Self, Unavailable> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Myself);
        }
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| {
                let (uid, gid) = (id("-u", name)?, id("-g", name)?);
                Some(Self::Other { uid, gid })
            })
            .ok_or_else(|| {
                Unavailable::new(
                    "it does not run as root, and there is no user postgres or nobody to run it",
                )
            })
    }

    /// A command that this user runs, in a folder that the user can enter.
    fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(folder).stdin(Stdio::null());
        // Settings for clients would lead `pg_ctl` to another server.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        if let Self::Other { uid, gid } = *self {
            command.uid(uid).gid(gid);
        }
        command
    }

    fn own(&self, path: &Path) -> io::Result<()> {
        match *self {
            Self::Myself => Ok(()),
            Self::Other { uid, gid } => chown(path, Some(uid), Some(gid)),
        }
    }
}

/// What `id` says of a user.
fn id(flag: &str, user: &str) -> Option<u32> {
    let output = Command::new("id").args([flag, user]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

fn run(command: &mut Command) -> Result<(), Unavailable> {
    let program = command.get_program().to_string_lossy().into_owned();
    // To a file rather than a pipe: the server, which outlives `pg_ctl`, would hold a pipe open.
    let failed = |error: io::Error| Unavailable::new(format!("{program} cannot be run: {error}"));
    let said = tempfile::tempfile().map_err(failed)?;
    let status = command
        .stdout(said.try_clone().map_err(failed)?)
        .stderr(said.try_clone().map_err(failed)?)
        .status()
        .map_err(failed)?;
    if status.success() {
        return Ok(());
    }
    let mut text = String::new();
    let mut said = said;
    _ = io::Seek::rewind(&mut said).and_then(|()| io::Read::read_to_string(&mut said, &mut text));
    Err(Unavailable::new(format!(
        "{program} failed ({status}): {}",
        text.trim()
    )))
}
