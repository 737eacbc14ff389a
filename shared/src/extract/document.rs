//! From bytes to one well-formed JSON document.

use std::{cell::Cell, fmt};

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

use crate::problem::{Problem, ProblemKind};

/// The most values (scalars, arrays, objects; each counts, nested ones too) of a document.
///
/// In memory a value weighs far more than its text: an object of one member is 6 bytes of text
/// (`{"":0}`) and a whole node of a B-tree, eleven entries of 36 bytes, or 408 bytes in a
/// component's 32-bit memory. Together with its own 24 bytes, twice that in a vector that has just
/// grown, it stays below 512 bytes. So 10,000 values are at most 5 MiB, 10 MiB with the copy that
/// the search for all faults makes, beside the text of the strings, which the limit on bytes
/// bounds. No request of an API comes near it.
pub(super) const MAX_JSON_VALUES: usize = 10_000;

/// Parses a body.
///
/// Beyond what `serde_json` refuses (also nesting deeper than 128, which would otherwise eat the
/// stack), more than [`MAX_JSON_VALUES`] values are refused, and a name that occurs twice in one object is refused: RFC 8259, section 4 calls the result
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
    let values = Cell::new(0);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let parsed = Unique { values: &values }
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    match parsed {
        Ok(value) => Ok(value),
        Err(_) if values.get() > MAX_JSON_VALUES => Err(Problem::content_too_large().with_detail(
            format!("The body holds more than {MAX_JSON_VALUES} JSON values."),
        )),
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

/// Reads a JSON value in whose objects every name occurs once, and counts the values it reads.
#[derive(Clone, Copy)]
struct Unique<'a> {
    values: &'a Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for Unique<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.values.set(self.values.get() + 1);
        if self.values.get() > MAX_JSON_VALUES {
            return Err(D::Error::custom("too many values"));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unique<'_> {
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
        while let Some(item) = items.next_element_seed(self)? {
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
            let value = members.next_value_seed(self)?;
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
    fn the_number_of_values_is_limited() {
        let array = |items: usize| format!("[{}0]", "0,".repeat(items - 1));
        assert!(parse(array(MAX_JSON_VALUES - 1).as_bytes()).is_ok());
        let nested = format!("[{0}[{0}[]]]", "{\"\":[]},".repeat(MAX_JSON_VALUES / 4));
        for body in [array(MAX_JSON_VALUES), nested] {
            let problem = parse(body.as_bytes()).unwrap_err();
            assert_eq!(problem.status(), 413);
            assert!(problem.detail().contains("10000 JSON values"));
        }
        // What is malformed before the limit is reached is called so.
        assert!(detail(b"[0,0,]").contains("trailing comma"));
    }

    #[test]
    fn a_number_out_of_range_is_refused() {
        assert!(detail(b"1e999").contains("number out of range"));
    }
}
