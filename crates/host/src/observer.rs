//! What becomes of instances, for whoever wants to know: tests above all.
//!
//! A host without an observer keeps none of this.

use std::sync::Arc;

use wasmtime::WasmBacktrace;

use crate::logs::LogStream;

/// Names a request: an extension of the [`http::Request`] that [`App::handle`](crate::App::handle)
/// is given. The requests that components send each other because of it carry it on.
///
/// ```
/// use jenny_host::RequestTag;
///
/// let mut request = http::Request::new(());
/// request.extensions_mut().insert(RequestTag(7));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestTag(pub u64);

/// One instance of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct InstanceId<'a> {
    /// The component's id.
    pub component: &'a str,
    /// Which of the application's instances, those of all components counted: the first is 1.
    pub number: u64,
}

/// What an instance has used since it was started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// wasmtime's fuel, about one for each instruction, where
    /// [`RuntimeOptions::consume_fuel`](crate::RuntimeOptions::consume_fuel) is set.
    pub fuel: Option<u64>,
    /// Linear memory in bytes. It only grows, so this is also its peak.
    pub memory_bytes: usize,
}

/// Is told what becomes of an application's instances. Everything is called while somebody waits,
/// and must not block.
pub trait Observer: Send + Sync {
    /// An instance exists. Each is told of once more, when it has ended.
    fn instance_started(&self, instance: InstanceId<'_>) {
        _ = instance;
    }

    /// An instance begins to answer a request, and has used that much so far.
    fn request_taken(&self, instance: InstanceId<'_>, request: Option<RequestTag>, usage: Usage) {
        _ = (instance, request, usage);
    }

    /// An instance has printed a line.
    fn line_printed(&self, instance: InstanceId<'_>, stream: LogStream, line: &str) {
        _ = (instance, stream, line);
    }

    /// A request got no answer from a component, and the host answered in its place. Where the
    /// instance failed under it, [`instance_ended`](Self::instance_ended) says why, before this or
    /// shortly after.
    fn request_failed(&self, component: &str, request: Option<RequestTag>, failure: &Failure) {
        _ = (component, request, failure);
    }

    /// An instance is gone, with everything that it held.
    fn instance_ended(&self, end: &InstanceEnd<'_>) {
        _ = end;
    }
}

/// How an instance ended. Which requests that hit is known to whoever was told of those that it
/// [took](Observer::request_taken), and knows which of them are answered.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct InstanceEnd<'a> {
    /// Which one.
    pub instance: InstanceId<'a>,
    /// What it used in all.
    pub usage: Usage,
    /// Why it ended, if not because it was no longer needed.
    pub failure: Option<Failure>,
}

/// What went wrong with an instance or a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// Of what kind it is.
    pub kind: FailureKind,
    /// What happened, in one sentence.
    pub message: String,
    /// Where the component was, the innermost function first; empty where that is not known.
    pub backtrace: Vec<Frame>,
}

/// The kinds of [`Failure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailureKind {
    /// The component trapped: it panicked, or did what WebAssembly forbids.
    Trap,
    /// A capability ended the instance: see [`Caller::trap`](crate::Caller::trap).
    Killed,
    /// It took too long.
    TimedOut,
    /// An instance could not be started.
    NotStarted,
    /// The instance that the request was with ended early.
    InstanceFailed,
    /// The component went on without an answer to the request.
    NoResponse,
}

/// A function in a backtrace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Frame {
    /// The function's name, demangled, where the component has names.
    pub function: Option<String>,
    /// Where in the source, where the component has debug information.
    pub place: Option<String>,
    /// The offset in the component's file, in bytes.
    pub offset: Option<usize>,
}

impl Failure {
    /// A failure without a backtrace: what an [`Observer`] is told, for its tests.
    ///
    /// ```
    /// use jenny_host::{Failure, FailureKind};
    ///
    /// let failure = Failure::new(FailureKind::TimedOut, "it took too long");
    /// assert!(failure.backtrace.is_empty());
    /// ```
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            backtrace: Vec::new(),
        }
    }

    /// What an instance says when it ends with an error.
    pub(crate) fn of(kind: FailureKind, error: &wasmtime::Error) -> Self {
        let backtrace = error.downcast_ref::<WasmBacktrace>();
        Self {
            kind,
            message: error.root_cause().to_string(),
            backtrace: backtrace.map(frames).unwrap_or_default(),
        }
    }
}

fn frames(backtrace: &WasmBacktrace) -> Vec<Frame> {
    let mut frames = Vec::new();
    for frame in backtrace.frames() {
        let offset = frame.module_offset();
        // Functions that were inlined into this one come first.
        for symbol in frame.symbols() {
            let place = symbol.file().map(|file| match symbol.line() {
                Some(line) => format!("{file}:{line}"),
                None => file.to_owned(),
            });
            frames.push(Frame {
                function: symbol.name().map(demangled),
                place,
                offset,
            });
        }
        if frame.symbols().is_empty() {
            frames.push(Frame {
                function: frame.func_name().map(demangled),
                place: None,
                offset,
            });
        }
    }
    frames
}

/// A name as its source has it, without the hash that the compiler adds.
fn demangled(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}

/// An application's observer, if it has one.
#[derive(Clone, Default)]
pub(crate) struct Observed(pub(crate) Option<Arc<dyn Observer>>);

impl Observed {
    /// Tells the observer, if there is one; what it is told is made only then.
    pub(crate) fn tell(&self, what: impl FnOnce(&dyn Observer)) {
        if let Some(observer) = &self.0 {
            what(&**observer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_hash_and_others_stay_as_they_are() {
        let mangled = "_ZN4core9panicking9panic_fmt17h0123456789abcdefE";
        assert_eq!(demangled(mangled), "core::panicking::panic_fmt");
        assert_eq!(demangled("[async-lift]handle"), "[async-lift]handle");
    }
}
