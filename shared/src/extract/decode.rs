//! From a document to a type, with every fault found rather than the first.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;

use serde::Deserialize;
use serde_json::Value;

use super::fault::{Fault, FaultKind};
use super::node::{Form, Node, Reading};
use super::pointer;
use super::stand_in::STAND_INS;
use crate::problem::{MAX_SHOWN_BYTES, Violation};

/// The most faults that one answer lists: more than anybody reads, and a bound on what a body full
/// of them can make us say.
pub(super) const MAX_VIOLATIONS: usize = 64;

/// How often a document is read. A fault costs one reading, seldom a few; past this, those found are
/// reported and the rest is not looked for, so that a hostile body cannot buy much work.
const MAX_READINGS: usize = MAX_VIOLATIONS;

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
    /// Wrong types, missing members, and what the members' types refuse.
    pub(super) violations: Vec<Violation>,
    /// Pointers to members that the type does not know.
    pub(super) unknown: BTreeSet<String>,
}

/// Decodes a document.
///
/// serde stops at the first fault. So each fault is noted, and the document is read again with a
/// [stand-in](super::stand_in) for the value. A document without faults is read once.
pub(super) fn decode<'de, T: Deserialize<'de>>(
    document: &'de Value,
    form: Form,
    unknown_fields: UnknownFields,
) -> Decoded<T> {
    let mut violations: Vec<Violation> = Vec::new();
    let mut reading = Reading {
        form,
        stand_ins: BTreeMap::new(),
        unknown: (unknown_fields == UnknownFields::Refused).then(RefCell::default),
        names: None,
    };
    let mut value = None;
    for _ in 0..MAX_READINGS {
        let Fault {
            detail,
            kind,
            place,
        } = match Node::root(document, &reading).read(PhantomData::<T>) {
            Ok(decoded) => {
                value = Some(decoded);
                break;
            }
            Err(fault) => fault,
        };
        let place = place.expect("the root says its place at the latest");
        let attempt = match reading.stand_ins.get(&place.key) {
            Some(attempt) => attempt + 1,
            None => 0,
        };
        // Each fault below a name that is so long would hold it once more.
        let is_last = attempt == STAND_INS || place.pointer.len() > MAX_SHOWN_BYTES;
        if !is_covered(&violations, &place.pointer) {
            let detail = match kind {
                FaultKind::Missing(_) => "is required".to_owned(),
                _ => detail,
            };
            violations.push(Violation::new(place.pointer, detail).blank(place.is_blank));
        }
        if is_last {
            break;
        }
        reading.stand_ins.insert(place.key, attempt);
    }
    Decoded {
        value,
        violations,
        unknown: reading.unknown.map(RefCell::into_inner).unwrap_or_default(),
    }
}

/// The names by which the types of a document's objects know their members, by the objects' pointers. For a
/// document without faults.
pub(super) fn names<'de, T: Deserialize<'de>>(
    document: &'de Value,
) -> BTreeMap<String, &'static [&'static str]> {
    let reading = Reading {
        form: Form::Json,
        stand_ins: BTreeMap::new(),
        unknown: None,
        names: Some(RefCell::default()),
    };
    // What is wrong has been reported, and what comes before it has its names.
    let _ = Node::root(document, &reading).read(PhantomData::<T>);
    reading.names.map(RefCell::into_inner).unwrap_or_default()
}

/// Whether a violation at the pointer would only follow from one already noted.
pub(super) fn is_covered(violations: &[Violation], at: &str) -> bool {
    violations
        .iter()
        .any(|violation| pointer::is_within(at, &violation.pointer))
}

#[cfg(test)]
mod tests;
