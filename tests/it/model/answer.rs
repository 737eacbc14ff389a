//! What an answer says.

use jenny_test::TestResponse;
use serde_json::Value;

/// What is wrong with an answer.
pub(super) type Fault = String;

pub(super) fn json_of(answer: &TestResponse) -> Result<Value, Fault> {
    serde_json::from_slice(&answer.body).map_err(|error| format!("the body is not JSON: {error}"))
}

/// What only the backend can choose.
pub(super) fn learn(answer: &TestResponse, pointer: &str) -> Result<String, Fault> {
    let body = json_of(answer)?;
    let text = body.pointer(pointer).and_then(Value::as_str);
    text.map(str::to_owned)
        .ok_or_else(|| format!("{pointer} is missing"))
}

pub(super) fn is(status: u16, expected: &Value, answer: &TestResponse) -> Result<(), Fault> {
    let body = json_of(answer)?;
    if answer.status.as_u16() != status || body != *expected {
        return Err(format!("expected {status} {expected}"));
    }
    Ok(())
}

pub(super) fn is_empty(answer: &TestResponse) -> Result<(), Fault> {
    if answer.status.as_u16() != 204 || !answer.body.is_empty() {
        return Err("expected 204 without a body".into());
    }
    Ok(())
}

pub(super) fn is_refused(status: u16, answer: &TestResponse) -> Result<(), Fault> {
    let body = json_of(answer)?;
    let lines = body.pointer("/errors/body").and_then(Value::as_array);
    if answer.status.as_u16() != status || lines.is_none_or(Vec::is_empty) {
        return Err(format!("expected {status} with errors"));
    }
    Ok(())
}
