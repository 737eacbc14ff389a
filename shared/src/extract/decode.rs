//! From a JSON document to a type, with every fault found rather than the first.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_path_to_error::{Segment, Track};

use super::{pointer, strict::Strict};
use crate::problem::{MAX_SHOWN_BYTES, Violation, shorten};

/// The most faults that one answer lists: more than anybody reads, and a bound on what a body full
/// of them can make us say.
pub(super) const MAX_VIOLATIONS: usize = 64;

/// How often a document is tried. A fault costs one try, seldom a few; past this, those found are
/// reported and the rest is not looked for, so that a hostile body cannot buy much work.
const MAX_TRIES: usize = MAX_VIOLATIONS;

/// Stand-ins for types that say no more than "expected a UUID string": what is put in when neither
/// the expected type's own nor null fitted.
const GUESSES: [&str; 2] = [
    "00000000-0000-0000-0000-000000000000",
    "1970-01-01T00:00:00Z",
];

/// What to do about members that the type does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UnknownFields {
    /// They are listed, up to [`MAX_VIOLATIONS`].
    Refused,
    /// Nothing, so that they cost nothing.
    Ignored,
}

/// What became of a document.
pub(super) struct Decoded<T> {
    /// The value; with stand-ins where there are violations, and `None` if no stand-in fitted.
    pub(super) value: Option<T>,
    /// Wrong types and missing fields.
    pub(super) violations: Vec<Violation>,
    /// Pointers to members that the type does not know.
    pub(super) unknown: BTreeSet<String>,
}

/// Decodes a document.
///
/// serde stops at the first fault. So each fault is noted, a stand-in of the expected type is put
/// in its place, and the document is tried again. The stand-ins go into a copy, which a document
/// without faults never needs.
pub(super) fn decode<T: DeserializeOwned>(
    document: &Value,
    unknown_fields: UnknownFields,
) -> Decoded<T> {
    let mut violations: Vec<Violation> = Vec::new();
    let mut unknown = BTreeSet::new();
    let mut tries_at: BTreeMap<String, usize> = BTreeMap::new();
    let mut mended: Option<Value> = None;
    for _ in 0..MAX_TRIES {
        let candidate = mended.as_ref().unwrap_or(document);
        let fault = match attempt(candidate, unknown_fields, &mut unknown) {
            Ok(value) => {
                return Decoded {
                    value: Some(value),
                    violations,
                    unknown,
                };
            }
            Err(fault) => fault,
        };
        let tries = tries_at.entry(fault.pointer.clone()).or_insert(0);
        *tries += 1;
        let stand_in = match *tries {
            1 | 2 => Some(fault.stand_in),
            3 => Some(Value::Null),
            tries => GUESSES.get(tries - 4).map(|guess| Value::from(*guess)),
        };
        let replaced = stand_in.is_some_and(|stand_in| {
            let mended = mended.get_or_insert_with(|| document.clone());
            put(mended, &fault.pointer, stand_in)
        });
        // Each fault below a name that is so long would hold it once more.
        let is_long = fault.pointer.len() > MAX_SHOWN_BYTES;
        if !is_covered(&violations, &fault.pointer) {
            violations.push(Violation::new(fault.pointer, fault.detail).blank(fault.is_blank));
        }
        if !replaced || is_long {
            break;
        }
    }
    Decoded {
        value: None,
        violations,
        unknown,
    }
}

/// Whether a violation at the pointer would only follow from one already noted.
pub(super) fn is_covered(violations: &[Violation], at: &str) -> bool {
    violations
        .iter()
        .any(|violation| pointer::is_within(at, &violation.pointer))
}

struct Fault {
    pointer: String,
    detail: String,
    /// Nothing is there, or `null` where a text is needed.
    is_blank: bool,
    stand_in: Value,
}

fn attempt<T: DeserializeOwned>(
    document: &Value,
    unknown_fields: UnknownFields,
    unknown: &mut BTreeSet<String>,
) -> Result<T, Fault> {
    let mut track = Track::new();
    let deserializer = serde_path_to_error::Deserializer::new(Strict(document), &mut track);
    let result = serde_ignored::deserialize(deserializer, |path| {
        if unknown_fields == UnknownFields::Refused && unknown.len() < MAX_VIOLATIONS {
            let mut pointer = ignored_pointer(&path);
            shorten(&mut pointer);
            unknown.insert(pointer);
        }
    });
    result.map_err(|error: serde_json::Error| fault(&error.to_string(), &track.path(), document))
}

fn fault(message: &str, path: &serde_path_to_error::Path, document: &Value) -> Fault {
    let parent = path
        .iter()
        .fold(String::new(), |parent, segment| match segment {
            Segment::Seq { index } => pointer::join(&parent, &index.to_string()),
            Segment::Map { key } => pointer::join(&parent, key),
            Segment::Enum { variant } => pointer::join(&parent, variant),
            Segment::Unknown => parent,
        });
    if let Some(name) = quoted(message, "missing field ") {
        return Fault {
            pointer: pointer::join(&parent, name),
            detail: "is required".into(),
            is_blank: true,
            stand_in: Value::Null,
        };
    }
    let (detail, stand_in) = match expected(message) {
        Some(expected) => expectation(expected),
        // serde's words would go on with the name of our type.
        None if message.starts_with("data did not match any variant") => {
            ("has none of the accepted forms".into(), Value::Null)
        }
        None => (format!("is invalid: {message}"), Value::Null),
    };
    let is_null = document.pointer(&parent).is_some_and(Value::is_null);
    Fault {
        is_blank: is_null && stand_in.is_string(),
        pointer: parent,
        detail,
        stand_in,
    }
}

/// What serde says that it expected, in the messages that are serde's own.
///
/// Before the last comma such a message may quote what the client sent, with commas of its own.
fn expected(message: &str) -> Option<&str> {
    const OWN: [&str; 5] = [
        "invalid length ",
        "invalid type: ",
        "invalid value: ",
        "unknown field ",
        "unknown variant ",
    ];
    if !OWN.iter().any(|start| message.starts_with(start)) {
        return None;
    }
    let (_, expected) = message.rsplit_once(", expected ")?;
    Some(expected)
}

/// What serde expected, as a sentence and as a value.
fn expectation(expected: &str) -> (String, Value) {
    let whole = |from: &str, to: &str| {
        (
            format!("must be a whole number from {from} to {to}"),
            Value::from(0),
        )
    };
    match expected {
        "u8" => whole("0", "255"),
        "u16" => whole("0", "65535"),
        "u32" => whole("0", "4294967295"),
        "i8" => whole("-128", "127"),
        "i16" => whole("-32768", "32767"),
        "i32" => whole("-2147483648", "2147483647"),
        "u64" | "usize" | "u128" => ("must be a whole number from 0".into(), Value::from(0)),
        "i64" | "isize" | "i128" => ("must be a whole number".into(), Value::from(0)),
        "f32" | "f64" => ("must be a number".into(), Value::from(0)),
        "a boolean" => ("must be true or false".into(), Value::Bool(false)),
        _ if expected.starts_with("a string") || expected.starts_with("a borrowed string") => {
            ("must be a string".into(), Value::String(String::new()))
        }
        "unit" => ("must be null".into(), Value::Null),
        // A variant that carries something, where there is only its name.
        "newtype variant" | "struct variant" | "tuple variant" => {
            ("must be an object".into(), Value::Object(Map::new()))
        }
        _ if expected.starts_with("a sequence") => {
            ("must be an array".into(), Value::Array(Vec::new()))
        }
        // From here on serde names our types, which mean nothing to a client.
        _ if starts_with_any(expected, &["tuple struct ", "tuple variant "]) => {
            ("must be an array".into(), Value::Array(Vec::new()))
        }
        _ if starts_with_any(expected, &["a map", "struct "]) => {
            ("must be an object".into(), Value::Object(Map::new()))
        }
        _ if expected.starts_with("unit struct ") => ("must be null".into(), Value::Null),
        _ if expected.starts_with("enum ") => (
            "must be a string or an object".into(),
            Value::String(String::new()),
        ),
        _ if ["enum ", "struct ", "variant "]
            .iter()
            .any(|kind| expected.contains(kind)) =>
        {
            ("has the wrong form".into(), Value::Null)
        }
        _ if expected.contains('`') => {
            let first = quoted(expected, "one of ").or_else(|| quoted(expected, ""));
            (
                format!("must be {expected}"),
                first.map_or(Value::Null, Value::from),
            )
        }
        _ => (format!("must be {expected}"), Value::Null),
    }
}

fn starts_with_any(text: &str, starts: &[&str]) -> bool {
    starts.iter().any(|start| text.starts_with(start))
}

/// The text between the backticks that follow a prefix.
fn quoted<'a>(message: &'a str, prefix: &str) -> Option<&'a str> {
    let (name, _) = message
        .strip_prefix(prefix)?
        .strip_prefix('`')?
        .split_once('`')?;
    Some(name)
}

/// Puts a value at a pointer; false when there is no such place.
fn put(document: &mut Value, at: &str, value: Value) -> bool {
    if let Some(place) = document.pointer_mut(at) {
        *place = value;
        return true;
    }
    let parent = pointer::split(at)
        .and_then(|(parent, name)| Some((document.pointer_mut(parent)?.as_object_mut()?, name)));
    match parent {
        Some((object, name)) => {
            object.insert(name, value);
            true
        }
        None => false,
    }
}

fn ignored_pointer(path: &serde_ignored::Path<'_>) -> String {
    use serde_ignored::Path;

    match path {
        Path::Root => String::new(),
        Path::Seq { parent, index } => pointer::join(&ignored_pointer(parent), &index.to_string()),
        Path::Map { parent, key } => pointer::join(&ignored_pointer(parent), key),
        Path::Some { parent }
        | Path::NewtypeStruct { parent }
        | Path::NewtypeVariant { parent } => ignored_pointer(parent),
    }
}

#[cfg(test)]
mod tests;
