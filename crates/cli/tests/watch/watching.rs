//! An application in a folder of its own, and a `jenny up --watch` that serves it.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use tempfile::TempDir;
use waiting::Waiting;

/// How long something that must happen may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(600);

/// What the component answers to a question that it does not know. A version of the component is one
/// with another answer of the same length.
const ANSWER: &str = "no such interface";

/// The component of the host's tests, which does what a path says.
static GUEST: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--package", "host-guest", "--profile", "function"])
        .args(["--target", "wasm32-wasip2"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(built.expect("cargo starts").success());
    // The executable of a test is in `<target>/<profile>/deps`.
    let executable = std::env::current_exe().expect("a test has a file");
    let target = executable.ancestors().nth(3).expect("it is deep down");
    let file = target.join("wasm32-wasip2/function/host_guest.wasm");
    std::fs::read(file).expect("it was built")
});

/// A folder with an application in it.
pub(crate) struct Folder(TempDir);

impl Folder {
    /// With this manifest, after the lines that every manifest has.
    pub(crate) fn with(manifest: &str) -> Self {
        let folder = Self(tempfile::tempdir().expect("a temporary directory"));
        folder.manifest(manifest);
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file as careful editors do: beside it, and then over it.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        let folder = path.parent().expect("it is in the folder");
        std::fs::create_dir_all(folder).expect("the folder is made");
        // In the folder itself no pattern matches it.
        let draft = self.path("draft~");
        std::fs::write(&draft, content).expect("it is written");
        std::fs::rename(&draft, &path).expect("it is renamed");
    }

    pub(crate) fn manifest(&self, manifest: &str) {
        let head = "spin_manifest_version = 2\n[application]\nname = \"t\"\n";
        self.write("spin.toml", format!("{head}{manifest}"));
    }

    /// Writes the component, in the version that answers `answer`.
    pub(crate) fn component(&self, file: &str, answer: &str) {
        assert_eq!(answer.len(), ANSWER.len(), "{answer}");
        let mut component = GUEST.clone();
        let places: Vec<usize> = component
            .windows(ANSWER.len())
            .enumerate()
            .filter_map(|(place, bytes)| (bytes == ANSWER.as_bytes()).then_some(place))
            .collect();
        assert!(!places.is_empty(), "the component has its answer");
        for place in places {
            component[place..place + ANSWER.len()].copy_from_slice(answer.as_bytes());
        }
        self.write(file, component);
    }

    /// Starts `jenny up --watch` and waits until it serves.
    pub(crate) fn up(&self, arguments: &[&str]) -> Watching {
        let mut watching = self.start(arguments);
        watching.serves();
        watching
    }

    /// The same, started by somebody who ignores a signal.
    pub(crate) fn up_ignoring(&self, signal: &str, arguments: &[&str]) -> Watching {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("trap '' {signal}; exec \"$@\""), "sh"]);
        shell.arg(env!("CARGO_BIN_EXE_jenny"));
        let mut watching = self.run(shell, "", arguments);
        watching.serves();
        watching
    }

    /// The same, started in a folder below.
    pub(crate) fn up_from(&self, below: &str, arguments: &[&str]) -> Watching {
        let jenny = Command::new(env!("CARGO_BIN_EXE_jenny"));
        let mut watching = self.run(jenny, below, arguments);
        watching.serves();
        watching
    }

    /// Starts `jenny up --watch`.
    pub(crate) fn start(&self, arguments: &[&str]) -> Watching {
        self.run(Command::new(env!("CARGO_BIN_EXE_jenny")), "", arguments)
    }

    fn run(&self, mut jenny: Command, below: &str, arguments: &[&str]) -> Watching {
        let mut child = jenny
            .args(["up", "--watch", "--listen", "127.0.0.1:0"])
            // No test waits for a time to run out.
            .args(["--request-timeout", "60m", "--shutdown-timeout", "60m"])
            .args(arguments)
            .current_dir(self.path(below))
            .env_remove("SPIN_VARIABLE_GREETING")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("`jenny up` starts");
        let stdout = lines(child.stdout.take().expect("it is piped"));
        let stderr = lines(child.stderr.take().expect("it is piped"));
        Watching {
            child,
            address: String::new(),
            stdout,
            stderr,
            said: Vec::new(),
        }
    }
}

fn lines(output: impl Read + Send + 'static) -> Receiver<String> {
    let (tell, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            _ = tell.send(line);
        }
    });
    lines
}

/// A running `jenny up --watch`. It is killed when the test ends, however it ends.
pub(crate) struct Watching {
    child: Child,
    address: String,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
    /// What it said to standard error so far.
    said: Vec<String>,
}

impl Watching {
    /// Waits for the next line of standard error that contains `part`, and returns it.
    pub(crate) fn says(&mut self, part: &str) -> String {
        let _waiting = Waiting::on(format!("the line {part:?} of standard error"));
        loop {
            let Ok(line) = self.stderr.recv_timeout(PATIENCE) else {
                panic!("it never said {part:?}; what it said: {:#?}", self.said);
            };
            self.said.push(line.clone());
            if line.contains(part) {
                return line;
            }
        }
    }

    pub(crate) fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        let told = Command::new("kill").args(["-s", signal, &id]).status();
        assert!(told.expect("`kill` starts").success());
    }

    /// Ends it with a signal, and waits until nothing has its standard error any more.
    pub(crate) fn ends_with_all_that_it_started(mut self, signal: &str) -> ExitStatus {
        self.signal(signal);
        let _waiting = Waiting::on(format!("the end after SIG{signal}"));
        let status = self.child.wait().expect("it ends");
        loop {
            match self.stderr.recv_timeout(PATIENCE) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => return status,
                Err(RecvTimeoutError::Timeout) => panic!("what it started goes on"),
            }
        }
    }

    /// What it said until now.
    pub(crate) fn said(&self) -> String {
        self.said.join("\n")
    }

    /// Waits until it serves for the first time.
    pub(crate) fn serves(&mut self) {
        self.address = self.stdout_with("http://");
    }

    /// Waits for a line of standard output with `part` in it, and returns what follows up to a slash
    /// or blank.
    pub(crate) fn stdout_with(&mut self, part: &str) -> String {
        let _waiting = Waiting::on(format!("the line {part:?} of standard output"));
        loop {
            let Ok(line) = self.stdout.recv_timeout(PATIENCE) else {
                let said: Vec<String> = self.stderr.try_iter().collect();
                panic!(
                    "it never printed {part:?}; what it said: {:?} {said:#?}",
                    self.said
                );
            };
            if let Some((_, rest)) = line.split_once(part) {
                return rest.split(['/', ' ']).next().unwrap_or(rest).to_owned();
            }
        }
    }

    /// GETs a path on a connection of its own; returns the status and the body.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        let agent = ureq::Agent::config_builder().http_status_as_error(false);
        let agent = agent.build().new_agent();
        let url = format!("http://{}{path}", self.address);
        let _waiting = Waiting::on(format!("the answer to GET {path}"));
        let mut response = agent.get(&url).call().expect("it answers");
        let body = response.body_mut().read_to_string();
        (response.status().as_u16(), body.expect("the body is text"))
    }

    /// What the version that serves answers.
    pub(crate) fn answer(&self) -> String {
        self.get("/interface/unknown").1
    }

    /// Begins a request whose body comes back as it is sent, and has its first part back.
    pub(crate) fn begin_echo(&self) -> Echo {
        let stream = TcpStream::connect(&self.address).expect("it listens");
        let mut stream = BufReader::new(stream);
        let head = "POST /echo HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n";
        let sent = stream.get_mut().write_all(head.as_bytes());
        sent.expect("the head is sent");
        let mut echo = Echo(stream);
        echo.send("first");
        let head = echo.head();
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert_eq!(echo.part(), "first");
        echo
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// A connection with a request that is still being sent and answered.
pub(crate) struct Echo(BufReader<TcpStream>);

impl Echo {
    pub(crate) fn send(&mut self, part: &str) {
        let chunk = format!("{:x}\r\n{part}\r\n", part.len());
        let sent = self.0.get_mut().write_all(chunk.as_bytes());
        sent.expect("the part is sent");
    }

    /// Ends the body.
    pub(crate) fn end(&mut self) {
        let sent = self.0.get_mut().write_all(b"0\r\n\r\n");
        sent.expect("the end is sent");
    }

    /// Sends another request over the same connection and returns the answer's body.
    pub(crate) fn then_get(&mut self, path: &str) -> String {
        let request = format!("GET {path} HTTP/1.1\r\nhost: test\r\n\r\n");
        let sent = self.0.get_mut().write_all(request.as_bytes());
        sent.expect("the request is sent");
        let head = self.head().to_ascii_lowercase();
        if head.contains("transfer-encoding: chunked") {
            return std::iter::from_fn(|| Some(self.part()).filter(|part| !part.is_empty()))
                .collect();
        }
        let (_, length) = head.split_once("content-length: ").expect("a length");
        let length = length
            .lines()
            .next()
            .and_then(|line| line.trim().parse().ok());
        let mut body = vec![0; length.expect("a number")];
        self.0.read_exact(&mut body).expect("the body comes");
        String::from_utf8(body).expect("the body is text")
    }

    fn line(&mut self) -> String {
        let _waiting = Waiting::on("the next line of an answer");
        let mut line = String::new();
        self.0.read_line(&mut line).expect("the answer is text");
        line
    }

    fn head(&mut self) -> String {
        std::iter::from_fn(|| Some(self.line()).filter(|line| !line.trim().is_empty())).collect()
    }

    /// The next part of the answer; empty at its end.
    pub(crate) fn part(&mut self) -> String {
        let length = self.line();
        let length = usize::from_str_radix(length.trim(), 16).expect("a length");
        let mut part = vec![0; length + 2];
        self.0.read_exact(&mut part).expect("the part comes");
        part.truncate(length);
        String::from_utf8(part).expect("the part is text")
    }
}

/// Makes a named pipe, at which a build command waits.
pub(crate) fn make_pipe(path: &Path) {
    let made = Command::new("mkfifo").arg(path).status();
    assert!(made.expect("`mkfifo` starts").success());
}

/// Lets every command through that reads this pipe, now or later.
pub(crate) fn open_for_all(pipe: PathBuf) {
    // Until the folder is gone, or as long as the process where no command reads any more.
    std::thread::spawn(move || while File::options().write(true).open(&pipe).is_ok() {});
}

/// What a command writes to this pipe.
pub(crate) fn read_pipe(pipe: PathBuf) -> String {
    let _waiting = Waiting::on(format!("what is written to {}", pipe.display()));
    let (tell, told) = channel();
    std::thread::spawn(move || tell.send(std::fs::read_to_string(pipe)));
    let said = told.recv_timeout(PATIENCE).expect("it is written");
    said.expect("it is text")
}
