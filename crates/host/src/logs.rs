//! What components print, line by line, to files and to the terminal.
//!
//! Neither is written by the thread that runs a component: see [`lane`].

mod lane;

use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use self::lane::{Lane, Target};
use crate::observer::{InstanceId, Observed};
use jenny_stores::private;

/// A line that is longer is cut here, so that a component that never ends a line cannot fill the
/// host's memory.
const MAX_LINE_BYTES: usize = 64 << 10;

/// How much a component may hand over in one write.
const WRITE_BUDGET_BYTES: usize = 64 << 10;

// One for each place that can be stuck by itself. They belong to the process, as the terminal does.
static FILES: Lane = Lane::new("log files");
static STDOUT: Lane = Lane::new("standard output");
static STDERR: Lane = Lane::new("standard error");

/// Waits until everything that was printed and logged so far is written, but no longer than
/// `patience` in all. Returns whether it is. For the end of a process, and for tests that read log
/// files; it blocks.
pub fn flush_output(patience: Duration) -> bool {
    let until = Instant::now() + patience;
    let written = [&FILES, &STDOUT, &STDERR].map(|lane| lane.flush(until));
    written == [true; 3]
}

/// Like [`flush_output`], for the files alone: a terminal may take nothing for ever, a disk is only slow.
pub fn flush_log_files(patience: Duration) -> bool {
    FILES.flush(Instant::now() + patience)
}

/// Standard error, for whoever must not wait for it: what is written goes, in order with the
/// output of components, through a queue. A terminal that takes nothing costs what no longer fits
/// into the queue, and the log says how much that was. See [`flush_output`].
#[derive(Debug, Clone, Copy, Default)]
pub struct QueuedStderr;

impl io::Write for QueuedStderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        STDERR.push(&Target::Stderr, bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Which of a component's two output streams a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogStream {
    /// Standard output.
    Stdout,
    /// Standard error. The host's own entry about a trap is here too.
    Stderr,
}

/// Receives every line that components print, for tests and for log shippers.
pub trait LogSink: Send + Sync {
    /// One line, without its end. Called while the component waits: it must not block for long.
    fn line(&self, component: &str, stream: LogStream, line: &str);
}

/// The logs of one component.
pub(crate) struct ComponentLogs {
    component: Arc<str>,
    stdout: Option<Target>,
    stderr: Option<Target>,
    terminal: bool,
    sink: Option<Arc<dyn LogSink>>,
    observed: Observed,
}

impl ComponentLogs {
    /// Opens `<component>_stdout.txt` and `<component>_stderr.txt` in `directory`, where Spin
    /// keeps them too, and appends to them.
    pub(crate) fn open(
        component: Arc<str>,
        directory: Option<&Path>,
        terminal: bool,
        sink: Option<Arc<dyn LogSink>>,
    ) -> io::Result<Self> {
        let open = |stream| -> io::Result<Option<Target>> {
            let Some(directory) = directory else {
                return Ok(None);
            };
            private::create_dir_all(directory)?;
            let path = directory.join(format!("{}_{stream}.txt", file_stem(&component)));
            let file = private::append(&path)?;
            Ok(Some(Target::File(Arc::new(file))))
        };
        let (stdout, stderr) = (open("stdout")?, open("stderr")?);
        Ok(Self {
            component,
            stdout,
            stderr,
            terminal,
            sink,
            observed: Observed::default(),
        })
    }

    /// Has `observed` told of every line that instances print.
    pub(crate) fn observed_by(mut self, observed: Observed) -> Self {
        self.observed = observed;
        self
    }

    /// A stream of the instance of this number.
    pub(crate) fn stream(self: &Arc<Self>, stream: LogStream, instance: u64) -> InstanceStream {
        let lines = Lines {
            logs: Arc::clone(self),
            stream,
            instance,
            partial: Vec::new(),
        };
        InstanceStream(Arc::new(Mutex::new(lines)))
    }

    /// Writes an entry of the host's own, which may have many lines. The terminal gets it through
    /// the host's own log.
    pub(crate) fn note(&self, text: &str) {
        for line in text.lines() {
            self.write(LogStream::Stderr, line.as_bytes(), false);
        }
    }

    fn write(&self, stream: LogStream, line: &[u8], terminal: bool) {
        let file = match stream {
            LogStream::Stdout => &self.stdout,
            LogStream::Stderr => &self.stderr,
        };
        if let Some(file) = file {
            FILES.push(file, [line, b"\n"].concat());
        }
        if terminal {
            let text = String::from_utf8_lossy(line);
            let entry = format!("[{}] {text}\n", self.component).into_bytes();
            match stream {
                LogStream::Stdout => STDOUT.push(&Target::Stdout, entry),
                LogStream::Stderr => STDERR.push(&Target::Stderr, entry),
            }
        }
        if let Some(sink) = &self.sink {
            sink.line(&self.component, stream, &String::from_utf8_lossy(line));
        }
    }
}

/// A component id is a kebab-case name, but nothing that reaches a path is taken on trust.
fn file_stem(component: &str) -> String {
    component
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-_".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect()
}

/// Splits what an instance writes into lines.
struct Lines {
    logs: Arc<ComponentLogs>,
    stream: LogStream,
    instance: u64,
    partial: Vec<u8>,
}

impl Lines {
    fn write(&mut self, mut bytes: &[u8]) {
        while let Some(end) = bytes.iter().position(|&byte| byte == b'\n') {
            if self.partial.is_empty() {
                self.line(&bytes[..end]);
            } else {
                self.partial.extend_from_slice(&bytes[..end]);
                self.flush();
            }
            bytes = &bytes[end + 1..];
        }
        self.partial.extend_from_slice(bytes);
        if self.partial.len() > MAX_LINE_BYTES {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let line = std::mem::take(&mut self.partial);
        self.line(&line);
    }

    fn line(&self, line: &[u8]) {
        self.logs.write(self.stream, line, self.logs.terminal);
        self.logs.observed.tell(|observer| {
            let instance = InstanceId {
                component: &self.logs.component,
                number: self.instance,
            };
            observer.line_printed(instance, self.stream, &String::from_utf8_lossy(line));
        });
    }
}

impl Drop for Lines {
    /// The last line of an instance may lack its end, above all when it trapped.
    fn drop(&mut self) {
        if !self.partial.is_empty() {
            self.flush();
        }
    }
}

/// Standard output or standard error of one instance. Clones write to the same lines.
#[derive(Clone)]
pub(crate) struct InstanceStream(Arc<Mutex<Lines>>);

impl InstanceStream {
    fn write_all(&self, bytes: &[u8]) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .write(bytes);
    }
}

impl IsTerminal for InstanceStream {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for InstanceStream {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl OutputStream for InstanceStream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.write_all(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_BUDGET_BYTES)
    }
}

#[async_trait::async_trait]
impl Pollable for InstanceStream {
    async fn ready(&mut self) {}
}

impl AsyncWrite for InstanceStream {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write_all(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Recorded(Mutex<Vec<String>>);

    impl LogSink for Recorded {
        fn line(&self, component: &str, stream: LogStream, line: &str) {
            self.0
                .lock()
                .unwrap()
                .push(format!("{component} {stream:?} {line}"));
        }
    }

    #[test]
    fn output_is_split_into_lines_and_the_rest_is_kept() {
        let sink = Arc::new(Recorded::default());
        let logs =
            Arc::new(ComponentLogs::open("c".into(), None, false, Some(sink.clone())).unwrap());

        let stream = logs.stream(LogStream::Stdout, 1);
        stream.write_all(b"one\ntw");
        stream.write_all(b"o\n\nrest");
        assert_eq!(
            *sink.0.lock().unwrap(),
            ["c Stdout one", "c Stdout two", "c Stdout "]
        );
        drop(stream);

        assert_eq!(sink.0.lock().unwrap().last().unwrap(), "c Stdout rest");
    }

    #[test]
    fn files_are_named_after_the_component_and_appended_to() {
        let directory = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            let logs =
                ComponentLogs::open("a/b".into(), Some(directory.path()), false, None).unwrap();
            logs.note("trap\nat 0");
        }
        assert!(flush_output(Duration::from_secs(600)));
        let text = std::fs::read_to_string(directory.path().join("a_b_stderr.txt")).unwrap();
        assert_eq!(text, "trap\nat 0\ntrap\nat 0\n");
    }
}
