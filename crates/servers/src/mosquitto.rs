//! An MQTT broker, Mosquitto, and a client that listens to it.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::process::{Process, Recipe};
use crate::{Unavailable, find_program, or_skip};

/// The variable that makes a missing server a failure.
const REQUIRED: &str = "JENNY_REQUIRE_MQTT";

/// What to do about a missing server.
const REMEDY: &str = "install it (Debian and Ubuntu: apt-get install mosquitto mosquitto-clients; \
    macOS: brew install mosquitto)";

/// The user that a broker knows, and the password.
const USER: &str = "tests";
const PASSWORD: &str = "tests-only";

/// Below this topic each subscriber has one of its own, with a message that is kept for it and says
/// that it has subscribed.
const READY_TOPIC: &str = "ready";

/// `CONNECT` of MQTT 3.1.1 without a name, which every broker answers, be it with a refusal.
const CONNECT: &[u8] = b"\x10\x0C\0\x04MQTT\x04\x02\0\x0A\0\0";

/// A running broker. It knows one user, and forgets everything when it ends.
#[derive(Debug)]
pub struct MosquittoServer {
    process: Process,
    subscribers: AtomicU32,
}

impl MosquittoServer {
    /// The broker that all tests of this process share, for a test that returns early without one.
    /// The first of a process to do so says `skipped: …` on stderr.
    ///
    /// # Panics
    ///
    /// Without a broker, if the variable `JENNY_REQUIRE_MQTT` is `1`.
    pub fn shared_or_skip() -> Option<&'static Self> {
        static SHARED: OnceLock<Result<MosquittoServer, Unavailable>> = OnceLock::new();
        let shared = SHARED.get_or_init(Self::private).as_ref();
        or_skip(REQUIRED, shared.map_err(Clone::clone))
    }

    /// A broker of the caller's own, for a test that stops it. It ends when it is dropped.
    ///
    /// # Panics
    ///
    /// As [`shared_or_skip`](Self::shared_or_skip).
    pub fn private_or_skip() -> Option<Self> {
        or_skip(REQUIRED, Self::private())
    }

    /// Starts a broker.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] if the machine has no binary or it does not start.
    pub fn private() -> Result<Self, Unavailable> {
        let unavailable = |reason: String| Unavailable {
            kind: "MQTT",
            reason,
            remedy: REMEDY,
        };
        for client in ["mosquitto_sub", "mosquitto_pub"] {
            if find_program(&[client]).is_none() {
                return Err(unavailable(format!("{client} is not in PATH")));
            }
        }
        let program = find_program(&["mosquitto"])
            .ok_or_else(|| unavailable("mosquitto is not in PATH".to_owned()))?;
        let recipe = Recipe {
            name: "mosquitto",
            program,
            arguments,
            prepare,
            is_ready,
        };
        Ok(Self {
            process: Process::start(recipe).map_err(unavailable)?,
            subscribers: AtomicU32::new(0),
        })
    }

    /// The TCP port, on `127.0.0.1`.
    pub fn port(&self) -> u16 {
        self.process.port()
    }

    /// The name of the user that the broker knows.
    pub fn user(&self) -> &'static str {
        USER
    }

    /// The user's password.
    pub fn password(&self) -> &'static str {
        PASSWORD
    }

    /// Subscribes to a topic with the highest quality of service. What is published from now on is
    /// received.
    ///
    /// # Panics
    ///
    /// If the broker is stopped, or the client does not run.
    pub fn subscribe(&self, topic: &str) -> Subscriber {
        let number = self.subscribers.fetch_add(1, Ordering::Relaxed);
        let ready_topic = format!("{READY_TOPIC}/{number}");
        let announced = self
            .client("mosquitto_pub")
            .args(["-r", "-q", "1", "-t", &ready_topic, "-m", "ready"])
            .status();
        assert!(announced.expect("it can be run").success());
        let mut client = self
            .client("mosquitto_sub")
            .args(["-q", "2", "-t", topic, "-t", &ready_topic])
            // The quality, the topic, and the message in hexadecimal digits.
            .args(["-F", "%q %t %x"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("it can be run");
        let output = client.stdout.take().expect("it was asked for");
        let mut subscriber = Subscriber {
            client,
            lines: BufReader::new(output),
        };
        let ready = subscriber.receive();
        assert_eq!(ready.topic, ready_topic, "{ready:?}");
        subscriber
    }

    fn client(&self, name: &str) -> Command {
        let program = find_program(&[name]).expect("it was there when the broker was started");
        let mut command = Command::new(program);
        command
            .args(["-h", "127.0.0.1", "-p", &self.port().to_string()])
            .args(["-u", USER, "-P", PASSWORD])
            .stdin(Stdio::null());
        command
    }

    /// Ends the broker at once, as a crash would: every connection is cut.
    pub fn stop(&self) {
        self.process.stop();
    }

    /// Starts the broker again, on the same port.
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

/// A client that has subscribed to a topic. It ends when it is dropped.
#[derive(Debug)]
pub struct Subscriber {
    client: Child,
    lines: BufReader<ChildStdout>,
}

/// A message that a [`Subscriber`] received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The quality of service with which it was published: 0, 1 or 2.
    pub qos: u8,
    /// Its topic.
    pub topic: String,
    /// What it says.
    pub payload: Vec<u8>,
}

impl Subscriber {
    /// Waits for the next message.
    ///
    /// # Panics
    ///
    /// When the broker has ended.
    pub fn receive(&mut self) -> Received {
        let mut line = String::new();
        self.lines
            .read_line(&mut line)
            .expect("the client writes text");
        let mut parts = line.trim_end_matches('\n').splitn(3, ' ');
        let mut part = || {
            let part = parts.next();
            part.unwrap_or_else(|| panic!("the client has ended: {line:?}"))
        };
        let (qos, topic, digits) = (part(), part(), part());
        let byte = |pair: &[u8]| {
            let pair = std::str::from_utf8(pair).expect("digits are ASCII");
            u8::from_str_radix(pair, 16).expect("they are hexadecimal digits")
        };
        Received {
            qos: qos.parse().expect("a number"),
            topic: topic.to_owned(),
            payload: digits.as_bytes().chunks(2).map(byte).collect(),
        }
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        // It may have ended with its broker.
        _ = self.client.kill();
        _ = self.client.wait();
    }
}

/// Writes down the user's password, as the broker wants to have it.
fn prepare(folder: &Path) -> Result<(), String> {
    let program = find_program(&["mosquitto_passwd"])
        .ok_or_else(|| "mosquitto_passwd is not in PATH".to_owned())?;
    let output = Command::new(&program)
        .args(["-b", "-c"])
        .arg(folder.join("passwords"))
        .args([USER, PASSWORD])
        .output()
        .map_err(|error| format!("{} cannot be run: {error}", program.display()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(format!("{} failed: {said}", program.display()))
}

fn arguments(folder: &Path, port: u16) -> Vec<OsString> {
    let file = folder.join("mosquitto.conf");
    let passwords = folder.join("passwords");
    let settings = format!(
        "listener {port} 127.0.0.1\n\
         password_file {}\n\
         persistence false\n\
         # As which it is to run where it is started by root, who alone can read the file.\n\
         user root\n",
        passwords.display()
    );
    // What cannot be written is missed by the broker, whose log says so.
    _ = std::fs::write(&file, settings);
    vec!["-c".into(), file.into()]
}

/// Whether somebody answers like a broker.
fn is_ready(mut stream: TcpStream) -> bool {
    let mut answer = [0];
    stream.write_all(CONNECT).is_ok() && stream.read_exact(&mut answer).is_ok() && answer == [0x20]
}
