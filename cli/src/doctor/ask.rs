//! Asking a program for its version, without waiting for one that never answers.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// How often it is asked whether a program has ended.
const POLL: Duration = Duration::from_millis(5);

/// How much of what a program prints may wait to be read, in pieces of [`PIECE_BYTES`]. A program
/// that prints more than that before it ends is not one that tells its version.
const PIECES: usize = 16;
const PIECE_BYTES: usize = 4096;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It ended well, and its first line was this: of standard output, or where that is empty of
    /// standard error.
    Said(String),
    /// It ended with an error, and its first line was this.
    Failed(String),
    /// It had not ended when patience had, and was ended.
    Silent,
    /// It could not be started at all, for this reason.
    NotStarted(String),
}

/// Runs a command that is to print little and end soon.
pub(super) fn ask(command: &mut Command, patience: Duration) -> Answer {
    let until = Instant::now() + patience;
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // A group of its own, so that what a script has started ends with it.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Answer::NotStarted(error.to_string()),
    };
    let output = child.stdout.take().map(pieces);
    let errors = child.stderr.take().map(pieces);
    let Some(status) = ended(&mut child, until) else {
        end(&mut child);
        return Answer::Silent;
    };
    let mut line = first_line(output, until);
    if line.is_empty() {
        line = first_line(errors, until);
    }
    if status.success() {
        Answer::Said(line)
    } else {
        Answer::Failed(line)
    }
}

fn ended(child: &mut Child, until: Instant) -> Option<ExitStatus> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < until => thread::sleep(POLL),
            Ok(None) | Err(_) => return None,
        }
    }
}

/// Ends a child and what it started.
fn end(child: &mut Child) {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process_group};
        if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
            // It fails where all of them have ended by themselves just now.
            _ = kill_process_group(group, Signal::KILL);
        }
    }
    _ = child.kill();
    _ = child.wait();
}

/// Reads in a thread, so that nobody waits for the end of a pipe that something else holds open.
fn pieces(mut source: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (send, receive) = sync_channel(PIECES);
    thread::spawn(move || {
        let mut piece = [0; PIECE_BYTES];
        while let Ok(length @ 1..) = source.read(&mut piece) {
            if send.send(piece[..length].to_vec()).is_err() {
                return;
            }
        }
    });
    receive
}

/// The first line that is not empty.
fn first_line(pieces: Option<Receiver<Vec<u8>>>, until: Instant) -> String {
    let mut bytes = Vec::new();
    if let Some(pieces) = pieces {
        let left = || until.saturating_duration_since(Instant::now());
        while let Ok(piece) = pieces.recv_timeout(left()) {
            bytes.extend(piece);
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.lines().map(str::trim);
    lines
        .find(|line| !line.is_empty())
        .unwrap_or_default()
        .to_owned()
}

/// The first number with a dot in a text: `(22, 12, 0)` of `v22.12.0`.
pub(super) fn version(text: &str) -> Option<(u64, u64, u64)> {
    let words = text.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    words.filter(|word| word.contains('.')).find_map(|word| {
        let mut numbers = word.split('.').map(|number| number.parse().ok());
        let first = numbers.next()??;
        let second = numbers.next()??;
        Some((first, second, numbers.next().flatten().unwrap_or(0)))
    })
}
