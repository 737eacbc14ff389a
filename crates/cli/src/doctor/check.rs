//! What one look found.

use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

use super::machine::Remedy;

/// One thing that was looked at.
#[derive(Clone, Debug)]
pub(super) struct Check {
    /// Never changes, for programs that read it.
    pub(super) name: &'static str,
    pub(super) group: Group,
    pub(super) status: Status,
    /// What is there, or what is wrong with it: a phrase without full stop.
    pub(super) detail: String,
    /// What to do, unless all is well.
    pub(super) remedy: Option<Remedy>,
}

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Group {
    /// Nothing goes without it.
    Required,
    /// What the machine has to offer.
    Machine,
    /// Something goes without it: some tests, a check, an example.
    Optional,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    /// It is as it should be.
    Ok,
    /// It is not there.
    Missing,
    /// It is there, and not fit for its use: too old, broken, not writable.
    Unfit,
    /// It works, but somebody should know.
    Note,
}

impl Check {
    pub(super) fn ok(group: Group, name: &'static str, detail: impl Into<String>) -> Self {
        Self {
            name,
            group,
            status: Status::Ok,
            detail: detail.into(),
            remedy: None,
        }
    }

    /// One that is not well.
    pub(super) fn ill(
        group: Group,
        name: &'static str,
        status: Status,
        detail: impl Into<String>,
        remedy: Remedy,
    ) -> Self {
        Self {
            name,
            group,
            status,
            detail: detail.into(),
            remedy: Some(remedy),
        }
    }

    /// Whether nothing goes until this is mended.
    pub(super) fn is_fatal(&self) -> bool {
        self.group == Group::Required && matches!(self.status, Status::Missing | Status::Unfit)
    }

    pub(super) fn to_json(&self) -> Value {
        let (command, advice) = match &self.remedy {
            Some(Remedy::Command(command)) => (Some(command), None),
            Some(Remedy::Advice(advice)) => (None, Some(advice)),
            None => (None, None),
        };
        json!({
            "name": self.name,
            "group": self.group,
            "status": self.status,
            "detail": self.detail,
            "command": command,
            "advice": advice,
        })
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Missing => "missing",
            Self::Unfit => "unfit",
            Self::Note => "note",
        })
    }
}
