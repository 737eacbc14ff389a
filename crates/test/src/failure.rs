//! Components that come to a bad end, told so that one can act on it.

use std::fmt;

use jenny_host::{FailureKind, Frame};

use crate::response::TestResponse;
use crate::watch::BadEnd;

/// The most lines of a component's log that are told: the last ones.
const MAX_LOG_LINES: usize = 40;

/// Why a request got no answer from a component: the component trapped, took too long, could not be
/// started, or went on without an answer.
///
/// [`send`](crate::TestRequest::send) panics with it. A test that expects it gets it from
/// [`send_expecting_failure`](crate::TestRequest::send_expecting_failure).
///
/// Printed, it tells of the component, the request, what the instance logged since the request
/// began, where in its code it was, and which calls of the host it had made.
#[derive(Clone)]
pub struct GuestFailure(Box<(BadEnd, TestResponse)>);

impl GuestFailure {
    pub(crate) fn new(end: BadEnd, response: TestResponse) -> Self {
        Self(Box::new((end, response)))
    }

    fn end(&self) -> &BadEnd {
        &self.0.0
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> FailureKind {
        self.end().failure.kind
    }

    /// The component's id. Where components send each other requests, it is not always the one that
    /// the request went to.
    pub fn component(&self) -> &str {
        &self.end().component
    }

    /// What happened, in one sentence.
    pub fn message(&self) -> &str {
        &self.end().failure.message
    }

    /// What the instance printed since it took the request, or the first of those that it was
    /// answering. A panic of Rust is among it.
    pub fn log(&self) -> &[String] {
        &self.end().log
    }

    /// The functions that the component was in, the innermost first, without those of its runtime.
    /// Empty where it did not trap; without names where it has none.
    pub fn backtrace(&self) -> Vec<String> {
        let told = own(&self.end().failure.backtrace);
        told.iter().map(function).collect()
    }

    /// What the client got instead of the component's answer.
    pub fn response(&self) -> &TestResponse {
        &self.0.1
    }
}

impl fmt::Display for GuestFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let request = self.response().request.to_string();
        write(f, self.end(), Some(&request))?;
        let calls = self.response().calls();
        if calls.is_empty() {
            return Ok(());
        }
        write!(
            f,
            "\n\nIts calls of the host:\n{}",
            indented(&calls.to_string())
        )
    }
}

impl fmt::Debug for GuestFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A failure that no request was told of.
pub(crate) fn report(end: &BadEnd) -> String {
    struct Untold<'end>(&'end BadEnd);
    impl fmt::Display for Untold<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write(f, self.0, None)
        }
    }
    Untold(end).to_string()
}

fn write(f: &mut fmt::Formatter<'_>, end: &BadEnd, request: Option<&str>) -> fmt::Result {
    let did = match end.failure.kind {
        FailureKind::Trap => "trapped",
        FailureKind::Killed => "was ended by the test",
        FailureKind::TimedOut => "took too long",
        FailureKind::NotStarted => "could not be started",
        FailureKind::NoResponse => "gave no response",
        _ => "failed",
    };
    write!(f, "component `{}` {did}", end.component)?;
    match request {
        Some(request) => write!(f, " while it answered {request}")?,
        None => f.write_str(", which no request was told of")?,
    }
    write!(f, ": {}", end.failure.message)?;
    if end.requests.len() > 1 {
        let others = end.requests.len() - 1;
        write!(f, "\n{others} more in the same instance failed with it")?;
    }
    write_log(f, end)?;
    write_backtrace(f, &end.failure.backtrace)
}

fn write_log(f: &mut fmt::Formatter<'_>, end: &BadEnd) -> fmt::Result {
    let Some(instance) = end.instance else {
        return Ok(());
    };
    if end.log.is_empty() {
        return write!(f, "\n\nInstance {instance} printed nothing since.");
    }
    write!(f, "\n\nWhat instance {instance} printed since:")?;
    let skipped = end.log.len().saturating_sub(MAX_LOG_LINES);
    if skipped > 0 {
        write!(f, "\n    … {skipped} lines")?;
    }
    for line in &end.log[skipped..] {
        write!(f, "\n    {line}")?;
    }
    Ok(())
}

fn write_backtrace(f: &mut fmt::Formatter<'_>, frames: &[Frame]) -> fmt::Result {
    if frames.is_empty() {
        return Ok(());
    }
    f.write_str("\n\nWhere it was, innermost first:")?;
    let told = own(frames);
    for (number, frame) in told.iter().enumerate() {
        write!(f, "\n  {number:>3}: {}", function(frame))?;
        if let Some(place) = &frame.place {
            write!(f, "\n       at {place}")?;
        }
    }
    let left_out = frames.len() - told.len();
    if left_out > 0 {
        write!(f, "\n       and {left_out} of the component's runtime")?;
    }
    if frames.iter().all(|frame| frame.function.is_none()) {
        f.write_str(
            "\n       (the component has no names: build it with `strip = \"debuginfo\"`)",
        )?;
    }
    Ok(())
}

fn function(frame: &Frame) -> String {
    match (&frame.function, frame.offset) {
        (Some(name), _) => name.clone(),
        (None, Some(offset)) => format!("<without a name, at {offset:#x}>"),
        (None, None) => "<without a name>".to_owned(),
    }
}

/// What a panic goes through before it is a trap.
const OF_A_PANIC: [&str; 16] = [
    "abort",
    "panic_abort::",
    "_abort",
    "__rust",
    "rust_panic",
    "rust_begin_unwind",
    "std::panicking::",
    "std::process::abort",
    "std::sys::",
    "std::rt::",
    "std::alloc::",
    "alloc::raw_vec::handle_error",
    "alloc::alloc::handle_alloc_error",
    "core::panicking::",
    "core::option::",
    "core::result::",
];

/// What calls an asynchronous function of a component, whatever it is.
const OF_THE_EXECUTOR: [&str; 8] = [
    "wit_bindgen::rt::",
    "wit_bindgen_rt::",
    "wasip3::",
    "spin_sdk::",
    "[async-lift]",
    "[callback]",
    "_callback",
    "futures_util::stream::futures_unordered::",
];

/// The frames that are the component's own: those between the panic and the executor. All of them, if
/// nothing were left.
fn own(frames: &[Frame]) -> &[Frame] {
    let is = |frame: &Frame, of: &[&str]| {
        let name = frame.function.as_deref().unwrap_or_default();
        // `<core::… as …>::…` is the type's.
        let name = name.trim_start_matches(['<', '&']);
        of.iter().any(|start| name.starts_with(start))
    };
    let first = frames.iter().position(|frame| !is(frame, &OF_A_PANIC));
    let own = &frames[first.unwrap_or_default()..];
    let last = own.iter().rposition(|frame| !is(frame, &OF_THE_EXECUTOR));
    match last {
        Some(last) => &own[..=last],
        None => frames,
    }
}

fn indented(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("    {line}")).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(names: &[&str]) -> Vec<Frame> {
        let frame = |name: &&str| {
            let mut frame = Frame::default();
            frame.function = Some((*name).to_owned());
            frame
        };
        names.iter().map(frame).collect()
    }

    #[test]
    fn a_backtrace_is_trimmed_to_the_components_own() {
        let all = frames(&[
            "abort",
            "std::panicking::panic_with_hook",
            "core::panicking::panic_fmt",
            "guest::handle::{{closure}}",
            "core::panicking::not_the_first",
            "guest::outer",
            "<spin_sdk::http::Outer as core::future::Future>::poll",
            "wit_bindgen::rt::async_support::callback",
        ]);
        let own: Vec<String> = own(&all).iter().map(function).collect();
        assert_eq!(
            own,
            [
                "guest::handle::{{closure}}",
                "core::panicking::not_the_first",
                "guest::outer"
            ]
        );
    }

    #[test]
    fn nothing_is_trimmed_where_nothing_would_be_left() {
        let all = frames(&["abort", "wit_bindgen::rt::async_support::callback"]);
        assert_eq!(own(&all).len(), 2);
        assert!(own(&[]).is_empty());
    }
}
