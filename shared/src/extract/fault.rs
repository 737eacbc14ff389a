//! What stands against a document, as types say it through serde.

use std::fmt::{self, Display};

use serde::de::{Error, Expected, Unexpected};

/// The error of this module's deserializers: what a violation needs to say, rather than a text of serde's.
#[derive(Debug)]
pub(super) struct Fault {
    /// What the value must be, for the caller.
    pub(super) detail: String,
    pub(super) kind: FaultKind,
    /// Where it is, once a deserializer of a member knows.
    pub(super) place: Option<Place>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FaultKind {
    /// The value is of another type of JSON.
    WrongType,
    /// As [`WrongType`](Self::WrongType), where a text is needed.
    NoText,
    /// A member of this name is missing.
    Missing(&'static str),
    /// A type does not accept the value, in its own words.
    Refused,
}

/// Where a fault is.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) pointer: String,
    pub(super) key: Key,
    /// There is no value, or `null` or white space where a text is needed.
    pub(super) is_blank: bool,
}

/// A value of the document by its address, which holds while the document is borrowed, or the member of
/// that name which it lacks.
pub(super) type Key = (usize, Option<&'static str>);

impl Fault {
    pub(super) fn new(kind: FaultKind, detail: impl Into<String>) -> Self {
        Self {
            detail: detail.into(),
            kind,
            place: None,
        }
    }

    pub(super) fn wrong_type(detail: impl Into<String>) -> Self {
        Self::new(FaultKind::WrongType, detail)
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Fault {}

/// `Expected` names types of ours, which mean nothing to a client, and is not shown. The deserializers know
/// themselves what most types expect.
impl Error for Fault {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(FaultKind::Refused, message.to_string())
    }

    fn invalid_type(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::wrong_type("has the wrong form")
    }

    fn invalid_value(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::wrong_type("is not one of the accepted values")
    }

    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        Self::wrong_type("has the wrong number of items")
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        let quoted: Vec<String> = expected.iter().map(|name| format!("`{name}`")).collect();
        let list = match quoted.as_slice() {
            [one, other] => format!("{one} or {other}"),
            [_, _, ..] => format!("one of {}", quoted.join(", ")),
            _ => quoted.concat(),
        };
        Self::wrong_type(format!("must be {list}"))
    }

    fn unknown_field(name: &str, _: &'static [&'static str]) -> Self {
        Self::wrong_type(format!("must not have a member `{name}`"))
    }

    fn missing_field(name: &'static str) -> Self {
        Self::new(FaultKind::Missing(name), "is required")
    }

    fn duplicate_field(name: &'static str) -> Self {
        Self::wrong_type(format!("must have `{name}` under one of its names"))
    }
}
