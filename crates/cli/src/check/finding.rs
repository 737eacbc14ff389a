//! What a rule says.

use std::fmt;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Severity {
    /// Something is wrong, or will not start where it is meant to run.
    Error,
    /// Something is lost or missing unless somebody sees to it, and nothing in the project can show
    /// that somebody does.
    Warning,
}

impl Severity {
    /// The word that is printed, and that JSON has.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// What a rule reports, before the runner adds the rule's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Report {
    file: Option<String>,
    line: Option<usize>,
    severity: Severity,
    message: String,
}

impl Report {
    /// A report about a file: an error. `file` is relative to the project's root, with `/`.
    pub(super) fn at(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            file: Some(file.into()),
            line: None,
            severity: Severity::Error,
            message: message.into(),
        }
    }

    /// The same report about one line of its file; lines count from 1.
    pub(super) fn line(mut self, line: impl Into<Option<usize>>) -> Self {
        self.line = line.into();
        self
    }

    /// The same report, as a warning.
    pub(super) fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// The finding that this report is once its rule is known.
    pub(super) fn of(self, rule: &'static str) -> Finding {
        Finding {
            file: self.file,
            line: self.line,
            rule,
            severity: self.severity,
            message: self.message,
        }
    }
}

/// One thing to mend. Ordered by file, line and rule, which is the order of printing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Finding {
    /// The file it is about, relative to the project's root.
    pub(super) file: Option<String>,
    /// The line, counted from 1.
    pub(super) line: Option<usize>,
    /// The name of the rule.
    pub(super) rule: &'static str,
    /// How bad it is.
    pub(super) severity: Severity,
    /// One sentence that says what to do.
    pub(super) message: String,
}

impl Finding {
    pub(super) fn to_json(&self) -> serde_json::Value {
        serde_json::json!({
            "rule": self.rule,
            "severity": self.severity.name(),
            "file": self.file,
            "line": self.line,
            "message": self.message,
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(f, "{file}:{line}: ")?,
            (Some(file), None) => write!(f, "{file}: ")?,
            (None, _) => {}
        }
        if self.severity == Severity::Warning {
            f.write_str("warning: ")?;
        }
        write!(f, "{} [{}]", self.message, self.rule)
    }
}
