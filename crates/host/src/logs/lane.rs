//! A thread that writes what others hand over, so that nobody waits for a slow terminal or disk.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The most bytes that wait to be written. What comes while there are so many is dropped, and
/// counted: a terminal that nobody reads must fill neither the host's memory nor its threads.
const MAX_WAITING_BYTES: usize = 4 << 20;

/// Where an entry is written.
#[derive(Clone)]
pub(super) enum Target {
    Stdout,
    Stderr,
    File(Arc<File>),
}

impl Target {
    /// Failures are ignored: a full disk or a closed terminal must not fail requests.
    fn write(&self, bytes: &[u8]) {
        _ = match self {
            Self::Stdout => whole(&mut io::stdout().lock(), bytes),
            Self::Stderr => whole(&mut io::stderr().lock(), bytes),
            Self::File(file) => (&**file).write_all(bytes),
        };
    }

    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Stdout, Self::Stdout) | (Self::Stderr, Self::Stderr) => true,
            (Self::File(one), Self::File(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

/// Standard output may keep a part that does not end a line.
fn whole(stream: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes)?;
    stream.flush()
}

/// A queue and the thread that empties it. The thread starts with the first entry and lasts as
/// long as the process.
pub(super) struct Lane {
    /// What it writes to, for people.
    name: &'static str,
    state: Mutex<State>,
    filled: Condvar,
    emptied: Condvar,
}

#[derive(Default)]
struct State {
    started: bool,
    waiting: VecDeque<(Target, Vec<u8>)>,
    waiting_bytes: usize,
    /// Entries that the thread has taken are not on their way yet.
    writing: bool,
    dropped: u64,
}

impl Lane {
    pub(super) const fn new(name: &'static str) -> Self {
        Self {
            name,
            state: Mutex::new(State {
                started: false,
                waiting: VecDeque::new(),
                waiting_bytes: 0,
                writing: false,
                dropped: 0,
            }),
            filled: Condvar::new(),
            emptied: Condvar::new(),
        }
    }

    /// Hands `bytes`, whole lines, over. Never waits for a writer.
    pub(super) fn push(&'static self, target: &Target, bytes: Vec<u8>) {
        let mut state = self.state();
        if !state.started {
            state.started = self.start();
        }
        // One entry always fits, however long.
        let fits = state.waiting_bytes + bytes.len() <= MAX_WAITING_BYTES;
        if !state.started || !(fits || state.waiting.is_empty()) {
            state.dropped += 1;
            return;
        }
        state.waiting_bytes += bytes.len();
        state.waiting.push_back((target.clone(), bytes));
        drop(state);
        self.filled.notify_one();
    }

    /// Waits until all that was handed over is written, but no longer than `until`. Returns
    /// whether it is.
    pub(super) fn flush(&self, until: Instant) -> bool {
        let mut state = self.state();
        while state.writing || !state.waiting.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            if left == Duration::ZERO {
                return false;
            }
            state = self
                .emptied
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        true
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A queue is never half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&'static self) -> bool {
        std::thread::Builder::new()
            .name(format!("log-{}", self.name))
            .spawn(|| self.write())
            .is_ok()
    }

    fn write(&self) -> ! {
        let mut batch = VecDeque::new();
        loop {
            let dropped = self.next(&mut batch);
            write(&mut batch);
            if dropped > 0 {
                let name = self.name;
                tracing::warn!(
                    lines = dropped,
                    "{dropped} lines for {name} were dropped: it took nothing for too long"
                );
            }
        }
    }

    /// Waits for entries and takes all there are, with the number of those that were dropped
    /// before them.
    fn next(&self, batch: &mut VecDeque<(Target, Vec<u8>)>) -> u64 {
        let mut state = self.state();
        state.writing = false;
        if state.waiting.is_empty() {
            self.emptied.notify_all();
        }
        while state.waiting.is_empty() {
            state = self
                .filled
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.writing = true;
        state.waiting_bytes = 0;
        std::mem::swap(&mut state.waiting, batch);
        std::mem::take(&mut state.dropped)
    }
}

/// Writes neighbours that go to one place at once: a call of the system for each line would cost
/// more than the line.
fn write(batch: &mut VecDeque<(Target, Vec<u8>)>) {
    while let Some((target, mut bytes)) = batch.pop_front() {
        while let Some((_, next)) = batch.pop_front_if(|(other, _)| other.is(&target)) {
            bytes.extend_from_slice(&next);
        }
        target.write(&bytes);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn lane() -> &'static Lane {
        Box::leak(Box::new(Lane::new("a test")))
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(600)
    }

    #[test]
    fn everything_arrives_in_order_and_flushing_waits_for_it() {
        let lane = lane();
        let files = [(); 2].map(|()| Arc::new(tempfile::tempfile().unwrap()));
        for line in 0..10_000 {
            let target = Target::File(Arc::clone(&files[line % 3 / 2]));
            lane.push(&target, format!("{line}\n").into_bytes());
        }
        assert!(lane.flush(soon()));

        for (index, file) in files.iter().enumerate() {
            use std::io::Seek as _;
            let mut text = String::new();
            (&**file).rewind().unwrap();
            (&**file).read_to_string(&mut text).unwrap();
            let lines = (0..10_000).filter(|line| line % 3 / 2 == index);
            let expected: String = lines.map(|line| format!("{line}\n")).collect();
            assert_eq!(text, expected);
        }
    }

    #[cfg(unix)]
    #[test]
    fn nobody_waits_for_a_reader_that_reads_nothing() {
        let lane = lane();
        let (mut reader, writer) = io::pipe().unwrap();
        let target = Target::File(Arc::new(File::from(std::os::fd::OwnedFd::from(writer))));
        // More than a pipe holds: the thread has it, and cannot write it.
        let first = vec![b'x'; 1 << 20];
        lane.push(&target, first.clone());
        while !lane.state().writing {
            std::thread::yield_now();
        }
        let line = vec![b'x'; 1 << 10];
        // More than the queue holds.
        let pushed = 2 * MAX_WAITING_BYTES / line.len();
        for _ in 0..pushed {
            lane.push(&target, line.clone());
        }
        assert!(!lane.flush(Instant::now()), "the pipe is full");
        let dropped = lane.state().dropped;
        assert!(dropped > 0);

        // A reader comes: what was not dropped arrives whole.
        drop(target);
        let reading = std::thread::spawn(move || {
            let mut read = 0;
            let mut buffer = vec![0; 1 << 16];
            let lines = pushed - usize::try_from(dropped).unwrap();
            let expected = first.len() + lines * line.len();
            while read < expected {
                read += reader.read(&mut buffer).unwrap();
            }
            read == expected
        });
        assert!(lane.flush(soon()));
        assert!(reading.join().unwrap());
        assert_eq!(lane.state().dropped, 0, "they were told");
    }
}
