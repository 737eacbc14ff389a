//! What a test is told of requests that did not come, or ought not to have.

use std::any::Any;
use std::fmt::Write as _;

use crate::outbound::SentRequest;
use crate::outbound::expectation::Spec;

/// How many expectations are shown beside a request that is none of them.
const NEAREST: usize = 3;

const WRITES: &str = "a string can be written to";

/// An expectation was not met.
pub(super) fn unmet(spec: &Spec) -> String {
    let sent = match spec.taken.len() {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        times => format!("{times} times"),
    };
    let times = spec.times;
    format!("an expected request was to be sent {times}, and was {sent}: {spec}")
}

/// A request came that nobody expects. `mismatches` says why it is none of the expected ones.
pub(super) fn unexpected(
    request: &SentRequest,
    expectations: &[Spec],
    mismatches: &[Vec<String>],
) -> String {
    let mut text = format!(
        "component `{}` sent a request that nobody expects:\n{request:?}\n",
        request.component
    );
    if expectations.is_empty() {
        text += "Nothing is expected: `app.outbound().expect(…)` says what is, and \
                 `TestApp::builder().real_outbound_http()` lets it out.";
        return text;
    }
    let mut nearest: Vec<_> = expectations.iter().zip(mismatches).collect();
    nearest.sort_by_key(|(_, reasons)| reasons.len());
    text += "The nearest that is expected:\n";
    for (spec, reasons) in nearest.iter().take(NEAREST) {
        writeln!(text, "- {spec}").expect(WRITES);
        for reason in *reasons {
            writeln!(text, "  but {reason}").expect(WRITES);
        }
    }
    if let Some(others @ 1..) = nearest.len().checked_sub(NEAREST) {
        writeln!(text, "and {others} others").expect(WRITES);
    }
    text
}

/// Something of the test's own panicked that has to do with a request: "computing its answer", say.
pub(super) fn panicked(what: &str, request: &SentRequest, panic: &str) -> String {
    format!("{what} panicked: {panic}\n{request:?}")
}

/// What somebody panicked with.
pub(super) fn text_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("with something else than a text")
}
