//! From bytes to one well-formed JSON document.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

use crate::problem::{Problem, ProblemKind};

/// Parses a body.
///
/// Beyond what `serde_json` refuses (also nesting deeper than 128, which would otherwise eat the
/// stack), a name that occurs twice in one object is refused: RFC 8259, section 4 calls the result
/// unpredictable, and two readers that pick differently are an attack.
pub(super) fn parse(body: &[u8]) -> Result<Value, Problem> {
    let text = std::str::from_utf8(body).map_err(|error| {
        malformed(format!(
            "The body is not valid UTF-8: the byte at offset {} is wrong.",
            error.valid_up_to()
        ))
    })?;
    if text.trim_ascii().is_empty() {
        return Err(malformed(
            "The body is empty; it must be a JSON document.".into(),
        ));
    }
    match serde_json::from_str(text) {
        Ok(Unique(value)) => Ok(value),
        Err(error) => Err(malformed(describe(&error))),
    }
}

fn malformed(detail: String) -> Problem {
    Problem::new(ProblemKind::MalformedJson, detail)
}

fn describe(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    format!(
        "The body is not valid JSON: {} (line {}, column {}).",
        text.strip_suffix(&place).unwrap_or(&text),
        error.line(),
        error.column()
    )
}

/// A JSON value in whose objects every name occurs once.
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor).map(Unique)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(Unique(item)) = items.next_element()? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom(format!("the name `{name}` occurs twice")));
            }
            let Unique(value) = members.next_value()?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detail(body: &[u8]) -> String {
        let problem = parse(body).unwrap_err();
        assert_eq!(problem.status(), 400);
        problem.detail().to_owned()
    }

    #[test]
    fn values_survive() {
        let text = r#"{"a":[1,-2,3.5,true,null,"x"],"b":{}}"#;
        assert_eq!(parse(text.as_bytes()).unwrap().to_string(), text);
    }

    #[test]
    fn malformed_json_is_located() {
        assert_eq!(
            detail(b"{\n  \"a\": 1,\n}"),
            "The body is not valid JSON: trailing comma (line 3, column 1)."
        );
        assert_eq!(
            detail(b"{} {}"),
            "The body is not valid JSON: trailing characters (line 1, column 4)."
        );
    }

    #[test]
    fn an_empty_body_says_so() {
        assert_eq!(
            detail(b" \n"),
            "The body is empty; it must be a JSON document."
        );
    }

    #[test]
    fn invalid_utf8_is_located() {
        assert_eq!(
            detail(b"{\"a\":\"\xff\"}"),
            "The body is not valid UTF-8: the byte at offset 6 is wrong."
        );
    }

    #[test]
    fn a_name_occurs_once_in_an_object() {
        assert!(detail(br#"{"a":{"b":1,"b":2}}"#).contains("the name `b` occurs twice"));
        assert!(parse(br#"{"a":{"b":1},"b":2}"#).is_ok());
    }

    #[test]
    fn deep_nesting_is_refused() {
        let body = "[".repeat(100_000);
        assert!(detail(body.as_bytes()).contains("recursion limit"));
        let body = format!("{}{}", "{\"a\":".repeat(200), "1");
        assert!(detail(body.as_bytes()).contains("recursion limit"));
    }

    #[test]
    fn a_number_out_of_range_is_refused() {
        assert!(detail(b"1e999").contains("number out of range"));
    }
}
