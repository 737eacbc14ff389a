//! Asking a program for its version, without waiting for one that never answers.

use std::io::{ErrorKind, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// How often it is asked whether a program has ended.
const POLL: Duration = Duration::from_millis(5);

/// How long its last words may take to be read once it has ended.
const LAST_WORDS: Duration = Duration::from_secs(1);

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
    let mut child = loop {
        match command.spawn() {
            Ok(child) => break child,
            // Somebody is still writing it, as an update does.
            Err(error)
                if error.kind() == ErrorKind::ExecutableFileBusy && Instant::now() < until =>
            {
                thread::sleep(POLL);
            }
            Err(error) => return Answer::NotStarted(error.to_string()),
        }
    };
    let output = child.stdout.take().map(pieces);
    let errors = child.stderr.take().map(pieces);
    let mut in_time = has_ended(&mut child);
    while !in_time && Instant::now() < until {
        thread::sleep(POLL);
        in_time = has_ended(&mut child);
    }
    // What it has left behind as well: that may hold its output open, and nobody needs it.
    end_group(&mut child);
    let status = match child.wait() {
        Ok(status) if in_time => status,
        _ => return Answer::Silent,
    };
    let until = until.max(Instant::now() + LAST_WORDS);
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

/// Whether a child has ended. It is not waited for, so that its number stays its own.
#[cfg(unix)]
fn has_ended(child: &mut Child) -> bool {
    use rustix::process::{WaitId, WaitIdOptions, waitid};

    let how = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    // What is wrong with the question, waiting for it will tell.
    group(child).is_none_or(|id| !matches!(waitid(WaitId::Pid(id), how), Ok(None)))
}

#[cfg(not(unix))]
fn has_ended(child: &mut Child) -> bool {
    !matches!(child.try_wait(), Ok(None))
}

/// Ends a child and what it has started. Whatever has ended by itself is no error.
#[cfg(unix)]
fn end_group(child: &mut Child) {
    use rustix::process::{Signal, kill_process_group};

    if let Some(id) = group(child) {
        _ = kill_process_group(id, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn end_group(child: &mut Child) {
    _ = child.kill();
}

/// The number of a child, and of the group that it leads.
#[cfg(unix)]
fn group(child: &Child) -> Option<rustix::process::Pid> {
    let id = i32::try_from(child.id()).ok()?;
    rustix::process::Pid::from_raw(id)
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
