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
    let errors = body.get("errors").and_then(Value::as_object);
    let is_list_of_texts = |texts: &Value| {
        let texts = texts.as_array().filter(|texts| !texts.is_empty());
        texts.is_some_and(|texts| texts.iter().all(Value::is_string))
    };
    let are_errors =
        errors.is_some_and(|errors| !errors.is_empty() && errors.values().all(is_list_of_texts));
    if answer.status.as_u16() != status || !are_errors {
        return Err(format!("expected {status} with errors"));
    }
    Ok(())
}
