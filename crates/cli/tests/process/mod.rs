//! A `jenny` process under test, and the few ways to talk to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Once;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use waiting::Waiting;

/// How long something that must happen may take, on a machine however busy.
const PATIENCE: Duration = Duration::from_secs(600);

/// Limits of time that no machine is too slow for.
const PATIENT: [&str; 4] = ["--request-timeout", "60m", "--shutdown-timeout", "60m"];

/// The workspace's folder, where `spin.toml` is.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("crates/cli is below the root")
        .to_owned()
}

/// `jenny` with these arguments, in the workspace's folder.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jenny"));
    command.args(arguments).current_dir(workspace());
    command
}

/// A folder for an application's data: in memory where there is such a place, since how long a disk takes
/// must make no difference.
pub(crate) fn state() -> TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .expect("a temporary directory")
}

/// Builds the components, once for all tests of this process.
fn build_components() {
    static BUILT: Once = Once::new();
    BUILT.call_once(|| {
        let status = command(&["build"]).status().expect("`jenny build` starts");
        assert!(status.success(), "`jenny build` failed");
    });
}

/// A running `jenny up`. It is killed when the test ends, however it ends.
pub(crate) struct Jenny {
    child: Child,
    address: String,
}

impl Jenny {
    /// Starts `jenny up` on a free port with these arguments, the last of which takes `path`.
    pub(crate) fn up(arguments: &[&str], path: &Path) -> Self {
        Self::up_with(arguments, path, Stdio::inherit())
    }

    /// As [`Jenny::up`], with a standard error that nobody ever reads.
    pub(crate) fn up_unread(arguments: &[&str], path: &Path) -> Self {
        Self::up_with(arguments, path, Stdio::piped())
    }

    fn up_with(arguments: &[&str], path: &Path, stderr: Stdio) -> Self {
        build_components();
        let mut up = command(&["up", "--listen", "127.0.0.1:0"]);
        Self::start(up.args(arguments).arg(path).stderr(stderr))
    }

    /// Starts `jenny up` and waits until it serves.
    pub(crate) fn start(up: &mut Command) -> Self {
        let up = up.args(PATIENT).stdout(Stdio::piped());
        let mut child = up.spawn().expect("`jenny up` starts");
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut lines = BufReader::new(stdout).lines();
        let waiting = Waiting::on("the address that `jenny up` prints");
        let address = lines
            .find_map(|line| {
                let line = line.expect("stdout is text");
                let (_, rest) = line.split_once("http://")?;
                Some(rest.split(['/', ' ']).next().unwrap_or(rest).to_owned())
            })
            .expect("`jenny up` prints its address before it ends");
        drop(waiting);
        // What it prints from now on is read away, so that it never waits for a full pipe.
        std::thread::spawn(move || lines.count());
        Self { child, address }
    }

    /// The URL of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Its memory mappings, of which Linux grants a process 65,530 by default.
    #[cfg(target_os = "linux")]
    pub(crate) fn mappings(&self) -> usize {
        let maps = format!("/proc/{}/maps", self.child.id());
        std::fs::read_to_string(maps)
            .expect("the process runs")
            .lines()
            .count()
    }

    /// Ends it as a power cut would: `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("the process runs");
        self.child.wait().expect("the process ends");
    }

    /// Sends a signal (`TERM`, `INT`) and waits for the end.
    pub(crate) fn signal(mut self, name: &str) -> ExitStatus {
        send_signal(&self.child, name);
        let _waiting = Waiting::on(format!("the end after SIG{name}"));
        self.child.wait().expect("the process ends")
    }

    /// Sends SIGTERM, then does `work`, then waits for the end.
    pub(crate) fn signal_then<T>(mut self, work: impl FnOnce() -> T) -> (ExitStatus, T) {
        send_signal(&self.child, "TERM");
        let _waiting = Waiting::on("the end after SIGTERM");
        let done = work();
        (self.child.wait().expect("the process ends"), done)
    }

    /// Sends a signal and waits for the end, but not for ever.
    pub(crate) fn ends_soon_after(mut self, name: &str) -> Option<ExitStatus> {
        send_signal(&self.child, name);
        let _waiting = Waiting::on(format!("the end after SIG{name}"));
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().expect("the process can be asked") {
                return Some(status);
            }
            std::thread::yield_now();
        }
        None
    }

    /// Sends SIGINT and waits until no connection is accepted any more.
    pub(crate) fn begin_to_end(&self) {
        send_signal(&self.child, "INT");
        let _waiting = Waiting::on("the end of its listener after SIGINT");
        while TcpStream::connect(&self.address).is_ok() {
            std::thread::yield_now();
        }
    }
}

impl Drop for Jenny {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal (`TERM`, `INT`) to a process.
pub(crate) fn send_signal(child: &Child, name: &str) {
    let status = Command::new("kill")
        .args([format!("-{name}"), child.id().to_string()])
        .status()
        .expect("`kill` starts");
    assert!(status.success());
}

/// Runs `jenny` with these arguments and a path, expects it to fail, and returns its one sentence.
pub(crate) fn fails(arguments: &[&str], path: &Path) -> String {
    build_components();
    let _waiting = Waiting::on(format!("the end of `jenny {}`", arguments.join(" ")));
    let output = command(arguments)
        .arg(path)
        .output()
        .expect("`jenny` starts");
    let message = String::from_utf8(output.stderr).expect("stderr is text");
    assert!(!output.status.success(), "it should fail: {message}");
    let sentences: Vec<&str> = message
        .lines()
        .filter(|line| line.starts_with("error: "))
        .collect();
    assert_eq!(sentences.len(), 1, "one sentence: {message}");
    assert!(!message.contains("panicked"), "{message}");
    sentences[0].to_owned()
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .new_agent()
}

/// GETs a URL; returns the status and the JSON.
pub(crate) fn get(url: &str) -> (u16, Value) {
    let _waiting = Waiting::on(format!("the answer to GET {url}"));
    let mut response = agent().get(url).call().expect("the server answers");
    let body = response.body_mut().read_json().expect("the answer is JSON");
    (response.status().as_u16(), body)
}

/// POSTs JSON; returns the status.
pub(crate) fn post(url: &str, body: &Value) -> u16 {
    let _waiting = Waiting::on(format!("the answer to POST {url}"));
    let response = agent().post(url).send_json(body);
    response.expect("the server answers").status().as_u16()
}

/// A request of which everything but the end of its body has been sent.
pub(crate) struct Upload {
    stream: TcpStream,
    rest: Vec<u8>,
}

/// Sends the head and half of the body, and waits until the server has asked for the rest.
pub(crate) fn begin_upload(url: &str, body: &Value) -> Upload {
    let url = url.strip_prefix("http://").expect("a URL");
    let (address, path) = url.split_once('/').expect("a path");
    let mut stream = TcpStream::connect(address).expect("the server listens");
    let body = body.to_string().into_bytes();
    write!(
        stream,
        "POST /{path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n",
        body.len()
    )
    .expect("the head is sent");
    let mut interim = [0; 25];
    let _waiting = Waiting::on("100 Continue");
    stream.read_exact(&mut interim).expect("the server answers");
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    let (half, rest) = body.split_at(body.len() / 2);
    stream.write_all(half).expect("half of the body is sent");
    Upload {
        stream,
        rest: rest.to_vec(),
    }
}

impl Upload {
    /// Sends the rest and reads the answer.
    pub(crate) fn finish(&mut self) -> String {
        self.stream.write_all(&self.rest).expect("the rest is sent");
        let mut answer = String::new();
        let _waiting = Waiting::on("the answer to an upload");
        self.stream
            .read_to_string(&mut answer)
            .expect("the answer is text");
        answer
    }
}
