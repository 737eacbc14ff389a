//! One server process: its folder, its port, its end.

use std::ffi::OsString;
use std::fs::File;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::ops::Range;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use waiting::Waiting;

/// Free ports are found by listening on one and giving it back, so that somebody else may get it
/// first.
const ATTEMPTS: usize = 5;

/// Where ports for servers are looked for: Linux gives connections those from 32768 on, others higher ones.
const PORTS: Range<u16> = 10_000..32_000;

/// How many of them are tried before the system is asked for any.
const PORT_ATTEMPTS: usize = 1000;

/// How long a server may take to answer, on a machine however busy.
const START_TIMEOUT: Duration = Duration::from_secs(600);

/// How often it is asked whether it does.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Reads the ids of the processes to watch, the last of which counts. Ends that one and removes the
/// folder once the write end of its standard input is closed: when the test process drops it, or
/// ends in any way, `kill -9` included. It survives what is sent to the whole foreground process
/// group, such as Ctrl-C.
const WATCHDOG: &str = r#"
trap '' HUP INT TERM
while read -r id; do server=$id; done
[ -z "$server" ] || kill -9 "$server" 2>/dev/null
rm -rf "$1"
"#;

/// How a kind of server is run.
pub(crate) struct Recipe {
    /// The beginning of the folder's name.
    pub(crate) name: &'static str,
    pub(crate) program: PathBuf,
    /// Made from the folder and the port. The server must stay in the foreground.
    pub(crate) arguments: fn(&Path, u16) -> Vec<OsString>,
    /// Run in the empty folder before the server is.
    pub(crate) prepare: fn(&Path) -> Result<(), String>,
    /// Whether the server at the other end is one that is ready to serve.
    pub(crate) is_ready: fn(TcpStream) -> bool,
}

/// A server, from its folder to the removal of that.
pub(crate) struct Process {
    recipe: Recipe,
    folder: PathBuf,
    port: u16,
    server: Mutex<Option<Child>>,
    watchdog: Mutex<Child>,
}

impl Process {
    /// Makes the folder and starts a server on a free port.
    pub(crate) fn start(recipe: Recipe) -> Result<Self, String> {
        let (folder, watchdog) = guarded_folder(recipe.name)
            .map_err(|error| format!("its folder cannot be made: {error}"))?;
        (recipe.prepare)(&folder)?;
        let mut process = Self {
            recipe,
            folder,
            port: 0,
            server: Mutex::new(None),
            watchdog: Mutex::new(watchdog),
        };
        let mut last = None;
        for _ in 0..ATTEMPTS {
            process.port = free_port().map_err(|error| format!("no port is free: {error}"))?;
            match process.launch() {
                Ok(()) => return Ok(process),
                Err(error) => last = Some(error),
            }
        }
        Err(last.expect("there was at least one attempt"))
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts the server, and waits until it is ready.
    pub(crate) fn launch(&self) -> Result<(), String> {
        let program = self.recipe.program.display().to_string();
        let cannot = |error: io::Error| format!("{program} cannot be run: {error}");
        let log = self.folder.join("log");
        let output = File::options().create(true).append(true).open(&log);
        let output = output.map_err(cannot)?;
        let mut server = Command::new(&self.recipe.program)
            .args((self.recipe.arguments)(&self.folder, self.port))
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(output.try_clone().map_err(cannot)?)
            .stderr(output)
            .process_group(0)
            .spawn()
            .map_err(cannot)?;
        self.watch(&server.id().to_string()).map_err(cannot)?;
        let outcome = self.wait_until_ready(&mut server);
        if outcome.is_ok() {
            *lock(&self.server) = Some(server);
            return Ok(());
        }
        end(&mut server);
        _ = self.watch("");
        outcome.map_err(|cause| {
            let log = std::fs::read_to_string(&log).unwrap_or_default();
            let mut end: Vec<&str> = log.lines().rev().take(5).collect();
            end.reverse();
            format!("{program} {cause}; its log ends: {}", end.join(" / "))
        })
    }

    fn wait_until_ready(&self, server: &mut Child) -> Result<(), String> {
        let _waiting = Waiting::on(format!("{} to be ready", self.recipe.program.display()));
        let start = Instant::now();
        while start.elapsed() < START_TIMEOUT {
            if let Ok(Some(status)) = server.try_wait() {
                return Err(format!("ended ({status})"));
            }
            if let Ok(stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))
                && stream.set_read_timeout(Some(START_TIMEOUT)).is_ok()
                && (self.recipe.is_ready)(stream)
            {
                return Ok(());
            }
            std::thread::sleep(POLL_INTERVAL);
        }
        Err(format!("did not answer within {START_TIMEOUT:?}"))
    }

    /// Ends the server at once, as a crash would. Its folder stays.
    pub(crate) fn stop(&self) {
        if let Some(mut server) = lock(&self.server).take() {
            end(&mut server);
            // Its id may soon be that of another process.
            _ = self.watch("");
        }
    }

    /// Tells the watchdog which process to end.
    fn watch(&self, id: &str) -> io::Result<()> {
        match &mut lock(&self.watchdog).stdin {
            Some(stdin) => writeln!(stdin, "{id}"),
            None => Ok(()),
        }
    }
}

impl std::fmt::Debug for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Process")
            .field("folder", &self.folder)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
        let mut watchdog = lock(&self.watchdog);
        drop(watchdog.stdin.take());
        // It has nothing to say; waiting only keeps it from becoming a zombie.
        _ = watchdog.wait();
    }
}

/// A folder that is gone when the process is, and who sees to that.
fn guarded_folder(name: &str) -> io::Result<(PathBuf, Child)> {
    let folder = TempDir::with_prefix(format!("{name}-"))?;
    let watchdog = Command::new("/bin/sh")
        .args(["-c", WATCHDOG, "watchdog"])
        .arg(folder.path())
        .current_dir("/")
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

fn end(server: &mut Child) {
    // It may have ended by itself.
    _ = server.kill();
    _ = server.wait();
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
